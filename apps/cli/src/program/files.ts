import { type Command, Option } from 'commander'
import { suites } from '../suites.ts'
import { act, collect, file, kdf, signatureForm } from './command.ts'

export function addFiles(kms: Command): void {
  const context = (command: Command): Command =>
    command
      .option('--context <name=value>', 'what the data is bound to; again for more pairs', collect)
      .option('--no-context', 'no context, said out loud')
  const output = (command: Command, standard: string): Command =>
    command
      .option('-o, --output <out>', `where to write; - is stdout (${standard})`)
      .option('-f, --force', 'overwrite; write binary to a terminal')
  const password = new Option('--password', 'to a password, without a store')
  const identity = new Option('--identity <file>', 'with the key pair in this file (kms keygen), without a store')
  const from = new Option(
    '--from <key>',
    'only signed by this key: kmsvk1…, or a file of it; again for more',
  ).argParser(collect)
  const identityPassword = new Option(
    '--identity-password-file <file>',
    'the password of a key pair, where it is another',
  )
  const resume = (): Option => new Option('--resume', 'stopped, keep what is done; run again, go on from there')
  output(context(file(kms.command('encrypt'))), 'FILE.kms')
    .description('encrypt a file or stdin')
    .option('-k, --key <name>', 'the key to encrypt to')
    .option('--to <key>', 'a public key to encrypt to: kmspk1…, or a file of it; again for more', collect)
    .addOption(password)
    .addOption(kdf())
    .option('--from <file>', 'sign it as the key pair in this file (kms keygen --sign); up to 64 MiB')
    .addOption(identityPassword)
    .option('--text', 'a value in text form, for a database column; needs a context')
    .option('--deterministic', 'with --text: equal values look equal, for searching; says so to all who see them')
    .option('--all-versions', 'with --deterministic: what to look for, a line for each version and suite')
    .addOption(
      new Option('--suite <suite>', 'the cipher (aes-256-gcm); decrypt opens both').choices(Object.keys(suites)),
    )
    .addOption(resume())
    .action(act(async () => (await import('../commands/encrypt.ts')).encrypt))
  output(context(file(kms.command('decrypt'))), 'FILE without .kms')
    .description('decrypt a file or stdin, in either form')
    .option('-k, --key <name>', 'only with this key; otherwise the one it names')
    .addOption(password)
    .addOption(identity)
    .addOption(identityPassword)
    .addOption(from)
    .addOption(resume())
    .action(act(async () => (await import('../commands/decrypt.ts')).decrypt))
  context(file(kms.command('verify')))
    .description('open it and write nothing; with --signature, check who signed it')
    .option('--signature <file>', 'a signature of kms sign')
    .option('--allow-compromised', 'a signature of a compromised version too: you have seen it before')
    .addOption(signatureForm('how the signature is written'))
    .option('-k, --key <name>', 'only with this key; otherwise the one it names')
    .addOption(password)
    .addOption(identity)
    .addOption(identityPassword)
    .addOption(from)
    .action(act(async () => (await import('../commands/decrypt.ts')).verify))
  context(output(file(kms.command('reencrypt')), 'stdout'))
    .description('seal anew under the newest version of its key; the data is written nowhere')
    .addOption(new Option('--suite <suite>', 'the cipher (as it is)').choices(Object.keys(suites)))
    .action(act(async () => (await import('../commands/reencrypt.ts')).reencrypt))
  context(file(kms.command('index')))
    .description('the blind index of a value in hex, for a column that is searched and holds no value')
    .option('-k, --key <name>', 'the key')
    .option('--length <bytes>', 'of the index, 8 to 32 (16)')
    .option('--all-versions', 'what to look for, a line for each version')
    .action(act(async () => (await import('../commands/blind-index.ts')).index))
  context(kms.command('rewrap').argument('<file...>', 'envelopes of files'))
    .description('change who can open files, in their headers alone: to the newest versions of their keys')
    .option('--add-key <name>', 'a key that opens them too; again for more', collect)
    .option('--to <key>', 'a public key that opens them too: kmspk1…, or a file of it; again for more', collect)
    .option('--remove <id>', 'a key id, as kms inspect shows it, or password; again for more', collect)
    .option('--password', 'they open with a password')
    .option('--identity <file>', 'they open with the key pair in this file (kms keygen)')
    .option('--identity-password-file <file>', 'the password of the key pair, where it is another')
    .option('-n, --dry-run', 'say what would be done, and do nothing')
    .action(act(async () => (await import('../commands/rewrap.ts')).rewrap))
  kms
    .command('census')
    .argument('<path...>', 'files and folders')
    .description('count envelopes by key version, in files and in text, without any key')
    .action(act(async () => (await import('../commands/census.ts')).census))
  file(kms.command('inspect'))
    .description('what an envelope says without any key')
    .action(act(async () => (await import('../commands/inspect.ts')).inspect))
}
