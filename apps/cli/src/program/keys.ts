import { type Command, Option } from 'commander'
import { keyPurposes } from '../key-purposes.ts'
import { profileNames } from '../profile-names.ts'
import { act, missing, reason, repeatable } from './command.ts'

/** @returns `kms key`, for what follows in it */
export function addKeys(kms: Command): Command {
  const key = kms.command('key').description('the keys of the ring').allowExcessArguments().action(missing)
  repeatable(policy(key.command('create').argument('[name]')))
    .description('make a key, or many at once')
    .addOption(new Option('--purpose <purpose>', 'what it is for, and does alone (encrypt)').choices(keyPurposes))
    .option('--spec <spec>', 'what sort of key: kms specs (the standard one of its purpose)')
    .option('--exportable', 'kms key export may give it out; for good')
    .option('--description <text>', 'what it is for')
    .option('--if-absent', 'no error if the key is there already')
    .option('--names-from <file>', 'keys with the names in this file, one a line; - for stdin')
    .action(act(async () => (await import('../commands/key-create.ts')).create))
  key
    .command('list')
    .description('the keys, their primary versions, and what is due')
    .option('--limit <keys>', 'a page of at most so many, 1 to 1,000, in the order of ids (all, by name)')
    .option('--after <id>', 'the page after the key of this id')
    .action(act(async () => (await import('../commands/key-show.ts')).list))
  key
    .command('show')
    .argument('<name>')
    .description('a key with all its versions')
    .action(act(async () => (await import('../commands/key-show.ts')).show))
  key
    .command('usage')
    .argument('<name>')
    .description('how often its versions sealed and opened, and who sealed lately')
    .action(act(async () => (await import('../commands/key-show.ts')).usage))
  repeatable(key.command('describe').argument('<name>').argument('<text>'))
    .description('change what a key says it is for')
    .action(act(async () => (await import('../commands/key-name.ts')).describe))
  policy(reason(key.command('policy').argument('<name>')))
    .description('how long versions protect and open; shown, or changed')
    .action(act(async () => (await import('../commands/key-policy.ts')).policy))
  repeatable(key.command('rename').argument('<name>').argument('<to>'))
    .description('give a key another name; its id, and what it sealed, stay')
    .action(act(async () => (await import('../commands/key-name.ts')).rename))
  reason(key.command('rotate').argument('<name>'))
    .description('make a new version that protects new data; the old ones still open')
    .option('--to <version>', 'a version that is there and pre-active, such as an imported one')
    .option('--urgent', 'do not wait until every process has the new version')
    .action(act(async () => (await import('../commands/key-rotate.ts')).rotate))
  reason(key.command('retire').argument('<name>').argument('<version>'))
    .description('a version protects no new data, and still opens the old')
    .action(act(async () => (await import('../commands/key-states.ts')).retire))
  reason(key.command('disable').argument('<name>').argument('[version]'))
    .description('a version, or all: neither encrypts nor decrypts')
    .option('-y, --yes', 'do not ask')
    .action(act(async () => (await import('../commands/key-states.ts')).disable))
  reason(key.command('enable').argument('<name>').argument('[version]'))
    .description('undo disable')
    .action(act(async () => (await import('../commands/key-states.ts')).enable))
  reason(key.command('compromise').argument('<name>').argument('[version]'))
    .description('a version, or all, known to others: for good, it opens only to be re-encrypted')
    .option('--since <time>', 'when that may have begun (now)')
    .option('-y, --yes', 'do not ask')
    .action(act(async () => (await import('../commands/key-states.ts')).compromise))
  reason(key.command('destroy').argument('<name>').argument('<version>'))
    .description(
      'destroy a version that never protected data, the private half of one that signed, or one whose uses nobody can count',
    )
    .option(
      '--declare <text>',
      'nothing needs it any more, and why: of keys that agree, transport, derive or make macs',
    )
    .option('--wait-days <days>', 'in which it can be called back, 0 to 365 (0)')
    .option('-y, --yes', 'do not ask')
    .action(act(async () => (await import('../commands/key-states.ts')).destroy))
  reason(key.command('cancel-destruction').argument('<name>').argument('<version>'))
    .description('call back what is to be destroyed')
    .action(act(async () => (await import('../commands/key-states.ts')).cancelDestruction))
  key
    .command('version')
    .argument('<name>')
    .argument('[version]')
    .description('one version of a key: the one named, or the one that protects new data')
    .action(act(async () => (await import('../commands/key-show.ts')).version))
  key
    .command('public')
    .argument('<name>')
    .argument('[version]')
    .description('the public half of a key that signs, agrees or transports')
    .addOption(new Option('--form <form>', 'how it is written').choices(['pem', 'jwk', 'ssh']).default('pem'))
    .action(act(async () => (await import('../commands/key-public.ts')).publicKey))
  return key
}

/** Periods of a policy. */
const policy = (command: Command): Command =>
  command
    .addOption(new Option('--profile <profile>', 'periods and ceilings by name (data-key)').choices(profileNames))
    .option('--no-profile', 'periods of your own, without a ceiling')
    .option('--rotation-days <days>', 'days until a new version is due (365)')
    .option('--no-rotation-days', 'never due for rotation')
    .option('--processing-days <days>', 'days for which a version opens old data before it is named as overdue')
    .option('--no-processing-days', 'without end')
    .option('--transition-days <days>', 'days for which an old version stays active beside a new one (30)')
