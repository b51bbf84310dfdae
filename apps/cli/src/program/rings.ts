import { type Command, Option } from 'commander'
import { act, missing } from './command.ts'

export function addRings(kms: Command): void {
  const ring = kms
    .command('ring')
    .description('key rings: who can open which keys')
    .allowExcessArguments()
    .action(missing)
  ring
    .command('create')
    .argument('<name>')
    .description('make a key ring')
    .action(act(async () => (await import('../commands/ring.ts')).create))
  ring
    .command('list')
    .description('the rings, and the applications that open them')
    .action(act(async () => (await import('../commands/ring.ts')).list))
  ring
    .command('grant')
    .argument('<ring>')
    .description('let an application open one ring, with a root of its own')
    .requiredOption('--application <name>', 'what the application is called')
    .requiredOption('--to <root>', 'its root: file:PATH (made if it is not there) or env:NAME')
    .addOption(new Option('--rights <rights>', 'use, or administer').choices(['use', 'administer']).default('use'))
    .action(act(async () => (await import('../commands/ring.ts')).grant))
  const root = kms.command('root').description('what opens the store').allowExcessArguments().action(missing)
  root
    .command('list')
    .description('the roots')
    .action(act(async () => (await import('../commands/root.ts')).list))
  root
    .command('add')
    .argument('<root>', 'file:PATH (made if it is not there) or env:NAME')
    .description('one more root, which opens the store alone')
    .action(act(async () => (await import('../commands/root.ts')).add))
}
