import { type Command, Option } from 'commander'
import { act, fernetPassword, file, kdf, missing, signatureForm } from './command.ts'

export function addPurposes(kms: Command): void {
  const keyed = (command: Command): Command => command.option('-k, --key <name>', 'the key')
  const output = (command: Command, where: string): Command =>
    command.option('-o, --output <out>', where).option('-f, --force', 'overwrite')
  const secret = (command: Command): Command =>
    output(keyed(command), 'where it goes, as raw bytes: a file of mode 600, or - for a pipe')
      .option('--length <bytes>', '16 to 64 (32)')
      .option('--key-version <version>', 'by this version of the key (the primary)')
  output(keyed(file(kms.command('sign'))), 'where to write; - is stdout (FILE.sig)')
    .description('sign a file; the signature names key and version')
    .addOption(signatureForm('how to write it: raw and der are over the file itself, up to 64 MiB'))
    .action(act(async () => (await import('../commands/sign.ts')).sign))
  keyed(file(kms.command('mac')))
    .description('the mac of a file or stdin in hex')
    .option('--verify <mac>', 'check this one instead')
    .option('--key-version <version>', 'of the one that is checked (any)')
    .action(act(async () => (await import('../commands/mac.ts')).mac))
  secret(kms.command('derive').argument('<purpose>', 'what it is for'))
    .description('a key for one purpose, from a master key')
    .action(act(async () => (await import('../commands/secret-key.ts')).derive))
  secret(kms.command('agree'))
    .description('a key that only we and the owner of a public key can compute; says nothing of who that is')
    .requiredOption('--with <file>', "the other's public key: PEM or JWK")
    .requiredOption('--info <text>', 'what the key is for; both sides say the same')
    .action(act(async () => (await import('../commands/secret-key.ts')).agree))
}

export function addPairs(kms: Command): void {
  kms
    .command('keygen')
    .argument('<file>', 'where the key pair goes, under a password or a key; never in the clear')
    .description('make a key pair and print its public half')
    .option('--sign', 'to sign with; otherwise to open what others send')
    .option('--spec <spec>', 'ed25519 or p-256 to sign; x25519, p-256, x-wing, rsa-2048, rsa-3072 or rsa-4096 to open')
    .option('--name <name>', 'whose it is (the name of the file)')
    .option('-k, --key <name>', 'under this key of the store, not a password')
    .addOption(kdf())
    .action(act(async () => (await import('../commands/keygen.ts')).keygen))
  const fernet = kms
    .command('fernet')
    .description('key files of other programs: salt and Fernet token, under a password')
    .allowExcessArguments()
    .action(missing)
  fernet
    .command('create')
    .argument('<file>', 'where it goes, of mode 600; never one that is there')
    .description('a new random key of 32 bytes, or one that is given, in such a file')
    .option('--from <file>', 'the key: a file of mode 600; - for stdin')
    .addOption(new Option('--form <form>', 'how it is written').choices(['raw', 'hex', 'base64']).default('raw'))
    .addOption(fernetPassword())
    .action(act(async () => (await import('../commands/fernet.ts')).create))
  fernet
    .command('show')
    .argument('[file]', 'a file of mode 600; - or nothing: stdin')
    .description('that it opens, and when it was made; never the key')
    .addOption(fernetPassword())
    .action(act(async () => (await import('../commands/fernet.ts')).show))
  const password = kms
    .command('password')
    .description('login passwords, for a table of users')
    .allowExcessArguments()
    .action(missing)
  password
    .command('hash')
    .description('the hash of a password, as a PHC string')
    .addOption(kdf())
    .action(act(async () => (await import('../commands/password.ts')).hash))
  password
    .command('verify')
    .argument('[hash]', 'a PHC string, in single quotes; nothing: stdin')
    .description('whether a password is the one that was hashed, and whether to hash it anew')
    .addOption(kdf())
    .action(act(async () => (await import('../commands/password.ts')).verify))
  kms
    .command('public')
    .argument('<file>', 'what kms keygen made')
    .description('the public half of a key pair')
    .addOption(new Option('--form <form>', 'how it is written').choices(['text', 'pem', 'jwk']).default('text'))
    .option('--identity-password-file <file>', 'the password of the key pair, where it is another')
    .action(act(async () => (await import('../commands/public.ts')).publicKey))
}
