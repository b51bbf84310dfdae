import type { IncidentTrigger } from '@kms/core'
import type { Command } from 'commander'
import { incidents } from '../incidents.ts'
import { act, missing, repeatable } from './command.ts'

export function addRotations(kms: Command): void {
  const rotation = kms
    .command('rotation')
    .description('rotations under way, in six steps')
    .allowExcessArguments()
    .action(missing)
  rotation
    .command('list')
    .description('those under way, and what they wait for')
    .option('-k, --key <name>', 'of one key')
    .option('--all', 'those that ended, too')
    .action(act(async () => (await import('../commands/rotation.ts')).list))
  rotation
    .command('show')
    .argument('<rotation>')
    .description('a rotation, step by step')
    .action(act(async () => (await import('../commands/rotation.ts')).show))
  rotation
    .command('resume')
    .argument('<rotation>')
    .description('go on with it as far as it can now')
    .option('--wait', 'wait for the leases that a retirement has to outlast')
    .action(act(async () => (await import('../commands/rotation.ts')).resume))
  repeatable(rotation.command('rollback').argument('<rotation>'))
    .description('take it back, until the old version is retired')
    .option('--reason <text>', 'why, for the log')
    .option('-y, --yes', 'do not ask')
    .action(act(async () => (await import('../commands/rotation.ts')).rollback))
  repeatable(rotation.command('shorten').argument('<rotation>'))
    .description('end its transition earlier')
    .requiredOption('--reason <text>', 'why, for the log')
    .option('--days <days>', 'of the transition, from when the primary moved (0)')
    .action(act(async () => (await import('../commands/rotation.ts')).shorten))
  kms
    .command('rotate')
    .description('what policies ask for, from a timer')
    .option('--due', 'begin the rotations that are due, and go on with those that can')
    .option('--limit <number>', 'rotations begun by one run (20); the next does the rest')
    .option('--every <days>', 'days until the next run is expected (as long as since the run before)')
    .option('--retry', 'try at once what failed, and what was given up')
    .option('-n, --dry-run', 'say what is due, and do nothing')
    .action(act(async () => (await import('../commands/rotate.ts')).rotate))
  kms
    .command('profiles')
    .description('rotation profiles, with the rules that bound them')
    .action(act(async () => (await import('../commands/profiles.ts')).profiles))
  kms
    .command('sessions')
    .description('the processes that hold keys of the ring')
    .action(act(async () => (await import('../commands/sessions.ts')).sessions))
}

export function addIncidents(kms: Command): void {
  const incident = kms
    .command('incident')
    .description('events that ask for rotation now')
    .allowExcessArguments()
    .action(missing)
  for (const [trigger, says] of Object.entries(incidents)) {
    const command = repeatable(incident.command(trigger).argument('[key...]', 'the keys that it reaches'))
      .description(says)
      .option('--all', 'every key of the ring')
      .requiredOption('--reason <text>', 'why, for the log')
    if (trigger === 'compromise') {
      command
        .option('--only-version <version>', 'of one key, the version that may be known (all in use)')
        .option('--since <time>', 'when that may have begun (now)')
    } else command.option('--retire-now', 'without a transition')
    command
      .option('-n, --dry-run', 'say what would be done, and do nothing')
      .option('-y, --yes', 'do not ask')
      .action(act(async () => (await import('../commands/incident.ts')).declare(trigger as IncidentTrigger)))
  }
  incident
    .command('list')
    .description('those that were recorded')
    .action(act(async () => (await import('../commands/incident.ts')).list))
  incident
    .command('resume')
    .argument('<incident>')
    .description('go on with one that was interrupted')
    .action(act(async () => (await import('../commands/incident.ts')).resume))
}
