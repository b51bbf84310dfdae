import { type Command, Option } from 'commander'
import { keyPurposes } from '../key-purposes.ts'
import { act, collect, fernetPassword, reason } from './command.ts'

/** What enters the ring from elsewhere, and what leaves it. */
export function addKeyMovement(key: Command): void {
  reason(key.command('import').argument('[file]', 'a file of mode 600; - or nothing: stdin'))
    .description('material made elsewhere, as a new key or as a version of one; weak material is refused')
    .option('--as <name>', 'a new key of this name')
    .addOption(new Option('--purpose <purpose>', 'of a new key (encrypt)').choices(keyPurposes))
    .option('--spec <spec>', 'of a new key; of a private key, its own')
    .option('--exportable', 'of a new key: kms key export may give it out; for good')
    .option('--as-version-of <name>', 'a version of this key; kms key rotate --to makes it the primary')
    .addOption(
      new Option(
        '--form <form>',
        'how it is written; pkcs8: a private key in PEM; fernet: salt and Fernet token, under a password',
      )
        .choices(['raw', 'hex', 'base64', 'pkcs8', 'jwk', 'fernet'])
        .default('raw'),
    )
    .addOption(fernetPassword())
    .option('--key-password-file <file>', 'the password of an encrypted private key, where it is another')
    .action(act(async () => (await import('../commands/key-import.ts')).importKey))
  const bound = (command: Command): Command =>
    reason(command)
      .option('--environment <name>', 'what it may be used in: both sides say the same')
      .option('--classification <name>', 'likewise')
      .option('--identity-password-file <file>', 'the password of the key pair, where it is another')
  bound(key.command('send').argument('<name>'))
    .description('seal an exportable key to a verified recipient, and record who got which version')
    .option('--to <publickey>', "the recipient's public key: its text, or a file")
    .option('--fingerprint <digits>', 'as the recipient told you: 32 hexadecimal digits')
    .option('--to-certificate <file>', "the recipient's certificate, and those between it and an authority")
    .option('--authority <file>', 'whom to believe; again for more', collect)
    .option('--name <name>', 'who must be in the certificate; whose key it is')
    .option('--from-key <name>', 'who sends it: a key of the ring that signs')
    .option('--from <file>', 'or a key pair of kms keygen --sign')
    .option('--key-version <version>', 'its label; again for more (the primary)', collect)
    .option('--all-versions', 'all that may be used')
    .option('--pass-on', 'the recipient may send it on')
    .option('-o, --output <file>', 'where the package goes; - for stdout')
    .option('--force', 'replace the output if it exists')
    .action(act(async () => (await import('../commands/key-distribution.ts')).send))
  bound(key.command('receive').argument('[file]', 'the package; - or nothing: stdin'))
    .description('take a key that somebody sent')
    .requiredOption('--from <publickey>', 'whose signature is accepted; again for more', collect)
    .option('-k, --key <name>', 'what it was sealed to: a key of the ring that agrees')
    .option('--identity <file>', 'or a key pair of kms keygen')
    .option('--as <name>', "its name here (the sender's)")
    .addOption(new Option('--purpose <purpose>', 'what it must be for').choices(keyPurposes))
    .action(act(async () => (await import('../commands/key-distribution.ts')).receive))
  key
    .command('sent')
    .argument('<name>')
    .description('whom its versions were sent to')
    .action(act(async () => (await import('../commands/key-distribution.ts')).sent))
  reason(key.command('export').argument('<name>'))
    .description('give out the material of a key that was made exportable; the log says so')
    .option('-o, --output <out>', 'where it goes')
    .option('-f, --force', 'overwrite')
    .option('--to <key>', 'sealed to this public key: kmspk1…, or a file of it; again for more', collect)
    .option('--to-key <name>', 'sealed to this key of the store')
    .option('--key-password-file <file>', 'otherwise as PKCS#8 under this password (asked for)')
    .option('--key-version <version>', 'this version (the primary)')
    .option('-y, --yes', 'do not ask')
    .action(act(async () => (await import('../commands/key-export.ts')).exportKey))
}
