import { Argument, type Command } from 'commander'
import { act, missing } from './command.ts'

export function addDiagnosis(kms: Command): void {
  kms
    .command('config')
    .description('which store and root, and from where each setting comes')
    .action(act(async () => (await import('../commands/config.ts')).config))
  kms
    .command('doctor')
    .description('check this machine and the store')
    .action(act(async () => (await import('../commands/doctor.ts')).doctor))
  kms
    .command('specs')
    .description('sorts of keys: what each is for, its strength, and whether to take it, from which sources')
    .option('--kdf', 'key derivation functions instead')
    .option('--storage', 'places for keys instead')
    .action(act(async () => (await import('../commands/specs.ts')).specs))
  kms
    .command('explain')
    .argument('[code]')
    .description('what an error code means, and what to do')
    .action(act(async () => (await import('../commands/explain.ts')).explain))
  const clock = kms
    .command('clock')
    .description("this machine's clock against what is written down")
    .allowExcessArguments()
    .action(missing)
  clock
    .command('show')
    .description('how the clock stands')
    .action(act(async () => (await import('../commands/clock.ts')).show))
  clock
    .command('accept')
    .description('the clock is right, though it seems to have jumped')
    .requiredOption('--reason <text>', 'why, for the log')
    .option('-y, --yes', 'do not ask')
    .action(act(async () => (await import('../commands/clock.ts')).accept))
  const restore = kms
    .command('restore')
    .description('after a backup was put back')
    .allowExcessArguments()
    .action(missing)
  restore
    .command('accept')
    .description('take the older state of the store for the present one')
    .requiredOption('--reason <text>', 'why, for the log')
    .option('-y, --yes', 'do not ask')
    .action(act(async () => (await import('../commands/restore.ts')).accept))
  kms
    .command('completion')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .description('the completion script of a shell')
    .action(act(async () => (await import('../commands/completion.ts')).completion, kms))
  kms
    .command('help')
    .argument('[topic...]')
    .description('help for a command; environment; exit-codes')
    .action(act(async () => (await import('../commands/help.ts')).help, kms))
}
