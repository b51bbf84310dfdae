import type { IncidentTrigger } from '@kms/core'
import { Argument, Command, Option } from 'commander'
import { incidents } from './incidents.ts'
import { invocation } from './invocation.ts'
import { keyPurposes } from './key-purposes.ts'
import { profileNames } from './profile-names.ts'
import { suites } from './suites.ts'
import { version } from './version.ts'

/** A command as its module exports it; each module is loaded when its command runs. */
// biome-ignore lint/suspicious/noExplicitAny: commander hands over what its options and arguments declare
type Action = (call: any, ...args: any[]) => Promise<void>

/**
 * The whole command tree. Completions and help are made from it.
 * @param says takes what `--help` and `--version` print
 */
export function program(says: (text: string) => void = () => {}): Command {
  const kms = new Command('kms')
    .description('Keys in a file, envelopes out: the command line of the embedded key management system.')
    .option('--store <url>', 'the key store, such as sqlite:./app.keys (KMS_STORE)')
    .option('--root <root>', 'what opens it: password, env:NAME or file:PATH (KMS_ROOT)')
    .option('--ring <name>', 'the key ring (KMS_RING)')
    .option('--password-file <file>', 'a file of mode 600 that holds the password (KMS_PASSWORD_FILE)')
    .option('--json', 'one JSON document on stdout, errors as JSON on stderr')
    .option('--verbose', 'stack traces with errors (KMS_DEBUG=1)')
    .option('--no-color', 'no colours (NO_COLOR)')
    .version(version(), '-V, --version', 'the version of kms')
    .helpOption('-h, --help', 'help for a command')
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .configureOutput({ outputError: () => {}, writeErr: () => {}, writeOut: says })
    .showSuggestionAfterError()
    .exitOverride()
  addStart(kms)
  addKeys(kms)
  addRotations(kms)
  addIncidents(kms)
  addFiles(kms)
  addPurposes(kms)
  addPairs(kms)
  addRings(kms)
  addDiagnosis(kms)
  refuseExcessArguments(kms)
  kms.addHelpText('after', '\nTopics: kms help environment, kms help exit-codes')
  return kms
}

/** Groups take excess arguments, to say which commands they have; their commands, which inherit that, must not. */
function refuseExcessArguments(command: Command): void {
  for (const one of command.commands) {
    if (one.commands.length === 0) one.allowExcessArguments(false)
    refuseExcessArguments(one)
  }
}

function addStart(kms: Command): void {
  kms
    .command('init')
    .description('create a key store and print its fingerprint')
    .option('--second-root <root>', 'another root that opens the store alone: file:PATH or env:NAME')
    .addOption(kdf())
    .option('--lease <seconds>', 'how long a process cut off from the store goes on, 2 to 600 (30)')
    .action(act(async () => (await import('./commands/init.ts')).init))
}

/** A change that a script can repeat where it does not know what came of it. */
const repeatable = (command: Command): Command =>
  command.option('--request-id <uuid>', 'yours: the same command, repeated with it, is done once')

function addKeys(kms: Command): void {
  const key = kms.command('key').description('the keys of the ring').allowExcessArguments().action(missing)
  const reason = (command: Command): Command => repeatable(command.option('--reason <text>', 'why, for the log'))
  const policy = (command: Command): Command =>
    command
      .addOption(new Option('--profile <profile>', 'periods and ceilings by name (data-key)').choices(profileNames))
      .option('--no-profile', 'periods of your own, without a ceiling')
      .option('--rotation-days <days>', 'days until a new version is due (365)')
      .option('--no-rotation-days', 'never due for rotation')
      .option('--processing-days <days>', 'days for which a version opens old data before it is named as overdue')
      .option('--no-processing-days', 'without end')
      .option('--transition-days <days>', 'days for which an old version stays active beside a new one (30)')
  repeatable(policy(key.command('create').argument('[name]')))
    .description('make a key, or many at once')
    .addOption(new Option('--purpose <purpose>', 'what it is for, and does alone (encrypt)').choices(keyPurposes))
    .option('--spec <spec>', 'what sort of key: kms specs (the standard one of its purpose)')
    .option('--exportable', 'kms key export may give it out; for good')
    .option('--description <text>', 'what it is for')
    .option('--if-absent', 'no error if the key is there already')
    .option('--names-from <file>', 'keys with the names in this file, one a line; - for stdin')
    .action(act(async () => (await import('./commands/key.ts')).create))
  key
    .command('list')
    .description('the keys, their primary versions, and what is due')
    .option('--limit <keys>', 'a page of at most so many, 1 to 1,000, in the order of ids (all, by name)')
    .option('--after <id>', 'the page after the key of this id')
    .action(act(async () => (await import('./commands/key.ts')).list))
  key
    .command('show')
    .argument('<name>')
    .description('a key with all its versions')
    .action(act(async () => (await import('./commands/key.ts')).show))
  key
    .command('usage')
    .argument('<name>')
    .description('how often its versions sealed and opened, and who sealed lately')
    .action(act(async () => (await import('./commands/key.ts')).usage))
  repeatable(key.command('describe').argument('<name>').argument('<text>'))
    .description('change what a key says it is for')
    .action(act(async () => (await import('./commands/key.ts')).describe))
  policy(reason(key.command('policy').argument('<name>')))
    .description('how long versions protect and open; shown, or changed')
    .action(act(async () => (await import('./commands/key.ts')).policy))
  repeatable(key.command('rename').argument('<name>').argument('<to>'))
    .description('give a key another name; its id, and what it sealed, stay')
    .action(act(async () => (await import('./commands/key.ts')).rename))
  reason(key.command('rotate').argument('<name>'))
    .description('make a new version that protects new data; the old ones still open')
    .option('--to <version>', 'a version that is there and pre-active, such as an imported one')
    .option('--urgent', 'do not wait until every process has the new version')
    .action(act(async () => (await import('./commands/key.ts')).rotate))
  reason(key.command('retire').argument('<name>').argument('<version>'))
    .description('a version protects no new data, and still opens the old')
    .action(act(async () => (await import('./commands/key.ts')).retire))
  reason(key.command('disable').argument('<name>').argument('[version]'))
    .description('a version, or all: neither encrypts nor decrypts')
    .option('-y, --yes', 'do not ask')
    .action(act(async () => (await import('./commands/key.ts')).disable))
  reason(key.command('enable').argument('<name>').argument('[version]'))
    .description('undo disable')
    .action(act(async () => (await import('./commands/key.ts')).enable))
  reason(key.command('compromise').argument('<name>').argument('[version]'))
    .description('a version, or all, known to others: for good, it opens only to be re-encrypted')
    .option('--since <time>', 'when that may have begun (now)')
    .option('-y, --yes', 'do not ask')
    .action(act(async () => (await import('./commands/key.ts')).compromise))
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
    .action(act(async () => (await import('./commands/key.ts')).destroy))
  reason(key.command('cancel-destruction').argument('<name>').argument('<version>'))
    .description('call back what is to be destroyed')
    .action(act(async () => (await import('./commands/key.ts')).cancelDestruction))
  key
    .command('version')
    .argument('<name>')
    .argument('[version]')
    .description('one version of a key: the one named, or the one that protects new data')
    .action(act(async () => (await import('./commands/key.ts')).version))
  key
    .command('public')
    .argument('<name>')
    .argument('[version]')
    .description('the public half of a key that signs, agrees or transports')
    .addOption(new Option('--form <form>', 'how it is written').choices(['pem', 'jwk', 'ssh']).default('pem'))
    .action(act(async () => (await import('./commands/key-public.ts')).publicKey))
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
    .action(act(async () => (await import('./commands/key-import.ts')).importKey))
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
    .action(act(async () => (await import('./commands/key-distribution.ts')).send))
  bound(key.command('receive').argument('[file]', 'the package; - or nothing: stdin'))
    .description('take a key that somebody sent')
    .requiredOption('--from <publickey>', 'whose signature is accepted; again for more', collect)
    .option('-k, --key <name>', 'what it was sealed to: a key of the ring that agrees')
    .option('--identity <file>', 'or a key pair of kms keygen')
    .option('--as <name>', "its name here (the sender's)")
    .addOption(new Option('--purpose <purpose>', 'what it must be for').choices(keyPurposes))
    .action(act(async () => (await import('./commands/key-distribution.ts')).receive))
  key
    .command('sent')
    .argument('<name>')
    .description('whom its versions were sent to')
    .action(act(async () => (await import('./commands/key-distribution.ts')).sent))
  reason(key.command('export').argument('<name>'))
    .description('give out the material of a key that was made exportable; the log says so')
    .option('-o, --output <out>', 'where it goes')
    .option('-f, --force', 'overwrite')
    .option('--to <key>', 'sealed to this public key: kmspk1…, or a file of it; again for more', collect)
    .option('--to-key <name>', 'sealed to this key of the store')
    .option('--key-password-file <file>', 'otherwise as PKCS#8 under this password (asked for)')
    .option('--key-version <version>', 'this version (the primary)')
    .option('-y, --yes', 'do not ask')
    .action(act(async () => (await import('./commands/key-export.ts')).exportKey))
}

function addRotations(kms: Command): void {
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
    .action(act(async () => (await import('./commands/rotation.ts')).list))
  rotation
    .command('show')
    .argument('<rotation>')
    .description('a rotation, step by step')
    .action(act(async () => (await import('./commands/rotation.ts')).show))
  rotation
    .command('resume')
    .argument('<rotation>')
    .description('go on with it as far as it can now')
    .option('--wait', 'wait for the leases that a retirement has to outlast')
    .action(act(async () => (await import('./commands/rotation.ts')).resume))
  repeatable(rotation.command('rollback').argument('<rotation>'))
    .description('take it back, until the old version is retired')
    .option('--reason <text>', 'why, for the log')
    .option('-y, --yes', 'do not ask')
    .action(act(async () => (await import('./commands/rotation.ts')).rollback))
  repeatable(rotation.command('shorten').argument('<rotation>'))
    .description('end its transition earlier')
    .requiredOption('--reason <text>', 'why, for the log')
    .option('--days <days>', 'of the transition, from when the primary moved (0)')
    .action(act(async () => (await import('./commands/rotation.ts')).shorten))
  kms
    .command('rotate')
    .description('what policies ask for, from a timer')
    .option('--due', 'begin the rotations that are due, and go on with those that can')
    .option('--limit <number>', 'rotations begun by one run (20); the next does the rest')
    .option('--every <days>', 'days until the next run is expected (as long as since the run before)')
    .option('--retry', 'try at once what failed, and what was given up')
    .option('-n, --dry-run', 'say what is due, and do nothing')
    .action(act(async () => (await import('./commands/rotate.ts')).rotate))
  kms
    .command('profiles')
    .description('rotation profiles, with the rules that bound them')
    .action(act(async () => (await import('./commands/profiles.ts')).profiles))
  kms
    .command('sessions')
    .description('the processes that hold keys of the ring')
    .action(act(async () => (await import('./commands/sessions.ts')).sessions))
}

function addIncidents(kms: Command): void {
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
      .action(act(async () => (await import('./commands/incident.ts')).declare(trigger as IncidentTrigger)))
  }
  incident
    .command('list')
    .description('those that were recorded')
    .action(act(async () => (await import('./commands/incident.ts')).list))
  incident
    .command('resume')
    .argument('<incident>')
    .description('go on with one that was interrupted')
    .action(act(async () => (await import('./commands/incident.ts')).resume))
}

function addFiles(kms: Command): void {
  const file = (command: Command): Command => command.addArgument(new Argument('[file]', 'a file; - or nothing: stdin'))
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
    .action(act(async () => (await import('./commands/encrypt.ts')).encrypt))
  output(context(file(kms.command('decrypt'))), 'FILE without .kms')
    .description('decrypt a file or stdin, in either form')
    .option('-k, --key <name>', 'only with this key; otherwise the one it names')
    .addOption(password)
    .addOption(identity)
    .addOption(identityPassword)
    .addOption(from)
    .addOption(resume())
    .action(act(async () => (await import('./commands/decrypt.ts')).decrypt))
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
    .action(act(async () => (await import('./commands/decrypt.ts')).verify))
  context(output(file(kms.command('reencrypt')), 'stdout'))
    .description('seal anew under the newest version of its key; the data is written nowhere')
    .addOption(new Option('--suite <suite>', 'the cipher (as it is)').choices(Object.keys(suites)))
    .action(act(async () => (await import('./commands/reencrypt.ts')).reencrypt))
  context(file(kms.command('index')))
    .description('the blind index of a value in hex, for a column that is searched and holds no value')
    .option('-k, --key <name>', 'the key')
    .option('--length <bytes>', 'of the index, 8 to 32 (16)')
    .option('--all-versions', 'what to look for, a line for each version')
    .action(act(async () => (await import('./commands/blind-index.ts')).index))
  context(kms.command('rewrap').argument('<file...>', 'envelopes of files'))
    .description('change who can open files, in their headers alone: to the newest versions of their keys')
    .option('--add-key <name>', 'a key that opens them too; again for more', collect)
    .option('--to <key>', 'a public key that opens them too: kmspk1…, or a file of it; again for more', collect)
    .option('--remove <id>', 'a key id, as kms inspect shows it, or password; again for more', collect)
    .option('--password', 'they open with a password')
    .option('--identity <file>', 'they open with the key pair in this file (kms keygen)')
    .option('--identity-password-file <file>', 'the password of the key pair, where it is another')
    .option('-n, --dry-run', 'say what would be done, and do nothing')
    .action(act(async () => (await import('./commands/rewrap.ts')).rewrap))
  kms
    .command('census')
    .argument('<path...>', 'files and folders')
    .description('count envelopes by key version, in files and in text, without any key')
    .action(act(async () => (await import('./commands/census.ts')).census))
  file(kms.command('inspect'))
    .description('what an envelope says without any key')
    .action(act(async () => (await import('./commands/inspect.ts')).inspect))
}

function addPurposes(kms: Command): void {
  const keyed = (command: Command): Command => command.option('-k, --key <name>', 'the key')
  const file = (command: Command): Command => command.addArgument(new Argument('[file]', 'a file; - or nothing: stdin'))
  const output = (command: Command, where: string): Command =>
    command.option('-o, --output <out>', where).option('-f, --force', 'overwrite')
  const secret = (command: Command): Command =>
    output(keyed(command), 'where it goes, as raw bytes: a file of mode 600, or - for a pipe')
      .option('--length <bytes>', '16 to 64 (32)')
      .option('--key-version <version>', 'by this version of the key (the primary)')
  output(keyed(file(kms.command('sign'))), 'where to write; - is stdout (FILE.sig)')
    .description('sign a file; the signature names key and version')
    .addOption(signatureForm('how to write it: raw and der are over the file itself, up to 64 MiB'))
    .action(act(async () => (await import('./commands/sign.ts')).sign))
  keyed(file(kms.command('mac')))
    .description('the mac of a file or stdin in hex')
    .option('--verify <mac>', 'check this one instead')
    .option('--key-version <version>', 'of the one that is checked (any)')
    .action(act(async () => (await import('./commands/mac.ts')).mac))
  secret(kms.command('derive').argument('<purpose>', 'what it is for'))
    .description('a key for one purpose, from a master key')
    .action(act(async () => (await import('./commands/secret-key.ts')).derive))
  secret(kms.command('agree'))
    .description('a key that only we and the owner of a public key can compute; says nothing of who that is')
    .requiredOption('--with <file>', "the other's public key: PEM or JWK")
    .requiredOption('--info <text>', 'what the key is for; both sides say the same')
    .action(act(async () => (await import('./commands/secret-key.ts')).agree))
}

function signatureForm(says: string): Option {
  return new Option('--form <form>', `${says} (file)`).choices(['file', 'raw', 'der'])
}

function addPairs(kms: Command): void {
  kms
    .command('keygen')
    .argument('<file>', 'where the key pair goes, under a password or a key; never in the clear')
    .description('make a key pair and print its public half')
    .option('--sign', 'to sign with; otherwise to open what others send')
    .option('--spec <spec>', 'ed25519 or p-256 to sign; x25519, p-256, x-wing, rsa-2048, rsa-3072 or rsa-4096 to open')
    .option('--name <name>', 'whose it is (the name of the file)')
    .option('-k, --key <name>', 'under this key of the store, not a password')
    .addOption(kdf())
    .action(act(async () => (await import('./commands/keygen.ts')).keygen))
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
    .action(act(async () => (await import('./commands/fernet.ts')).create))
  fernet
    .command('show')
    .argument('[file]', 'a file of mode 600; - or nothing: stdin')
    .description('that it opens, and when it was made; never the key')
    .addOption(fernetPassword())
    .action(act(async () => (await import('./commands/fernet.ts')).show))
  const password = kms
    .command('password')
    .description('login passwords, for a table of users')
    .allowExcessArguments()
    .action(missing)
  password
    .command('hash')
    .description('the hash of a password, as a PHC string')
    .addOption(kdf())
    .action(act(async () => (await import('./commands/password.ts')).hash))
  password
    .command('verify')
    .argument('[hash]', 'a PHC string, in single quotes; nothing: stdin')
    .description('whether a password is the one that was hashed, and whether to hash it anew')
    .addOption(kdf())
    .action(act(async () => (await import('./commands/password.ts')).verify))
  kms
    .command('public')
    .argument('<file>', 'what kms keygen made')
    .description('the public half of a key pair')
    .addOption(new Option('--form <form>', 'how it is written').choices(['text', 'pem', 'jwk']).default('text'))
    .option('--identity-password-file <file>', 'the password of the key pair, where it is another')
    .action(act(async () => (await import('./commands/public.ts')).publicKey))
}

function addRings(kms: Command): void {
  const ring = kms
    .command('ring')
    .description('key rings: who can open which keys')
    .allowExcessArguments()
    .action(missing)
  ring
    .command('create')
    .argument('<name>')
    .description('make a key ring')
    .action(act(async () => (await import('./commands/ring.ts')).create))
  ring
    .command('list')
    .description('the rings, and the applications that open them')
    .action(act(async () => (await import('./commands/ring.ts')).list))
  ring
    .command('grant')
    .argument('<ring>')
    .description('let an application open one ring, with a root of its own')
    .requiredOption('--application <name>', 'what the application is called')
    .requiredOption('--to <root>', 'its root: file:PATH (made if it is not there) or env:NAME')
    .addOption(new Option('--rights <rights>', 'use, or administer').choices(['use', 'administer']).default('use'))
    .action(act(async () => (await import('./commands/ring.ts')).grant))
  const root = kms.command('root').description('what opens the store').allowExcessArguments().action(missing)
  root
    .command('list')
    .description('the roots')
    .action(act(async () => (await import('./commands/root.ts')).list))
  root
    .command('add')
    .argument('<root>', 'file:PATH (made if it is not there) or env:NAME')
    .description('one more root, which opens the store alone')
    .action(act(async () => (await import('./commands/root.ts')).add))
}

function addDiagnosis(kms: Command): void {
  kms
    .command('config')
    .description('which store and root, and from where each setting comes')
    .action(act(async () => (await import('./commands/config.ts')).config))
  kms
    .command('doctor')
    .description('check this machine and the store')
    .action(act(async () => (await import('./commands/doctor.ts')).doctor))
  kms
    .command('specs')
    .description('sorts of keys: what each is for, its strength, and whether to take it, from which sources')
    .option('--kdf', 'key derivation functions instead')
    .option('--storage', 'places for keys instead')
    .action(act(async () => (await import('./commands/specs.ts')).specs))
  kms
    .command('explain')
    .argument('[code]')
    .description('what an error code means, and what to do')
    .action(act(async () => (await import('./commands/explain.ts')).explain))
  const clock = kms
    .command('clock')
    .description("this machine's clock against what is written down")
    .allowExcessArguments()
    .action(missing)
  clock
    .command('show')
    .description('how the clock stands')
    .action(act(async () => (await import('./commands/clock.ts')).show))
  clock
    .command('accept')
    .description('the clock is right, though it seems to have jumped')
    .requiredOption('--reason <text>', 'why, for the log')
    .option('-y, --yes', 'do not ask')
    .action(act(async () => (await import('./commands/clock.ts')).accept))
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
    .action(act(async () => (await import('./commands/restore.ts')).accept))
  kms
    .command('completion')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .description('the completion script of a shell')
    .action(act(async () => (await import('./commands/completion.ts')).completion, kms))
  kms
    .command('help')
    .argument('[topic...]')
    .description('help for a command; environment; exit-codes')
    .action(act(async () => (await import('./commands/help.ts')).help, kms))
}

function fernetPassword(): Option {
  return new Option('--fernet-password-file <file>', 'the password of a Fernet key file, where it is another')
}

function kdf(): Option {
  return new Option('--kdf <kdf>', 'what a password is stretched with').choices(['argon2id', 'scrypt', 'pbkdf2'])
}

/**
 * Runs a command with its options and the global ones, in one object.
 * @param more what it takes after its own arguments
 */
function act(load: () => Promise<Action>, ...more: readonly unknown[]): (...given: unknown[]) => Promise<void> {
  return async (...given) => {
    const command = given.pop() as Command
    given.pop()
    const run = await load()
    await run(await invocation(command.optsWithGlobals()), ...given, ...more)
  }
}

/** A group such as `kms key` alone shows its commands, and is an error. */
function missing(this: Command, _options: unknown, command: Command): void {
  const names = command.commands.map((one) => one.name()).join(', ')
  const [unknown] = command.args
  command.error(
    unknown === undefined
      ? `kms ${command.name()} needs a command: ${names}.`
      : `kms ${command.name()} has no such command. There are ${names}.`,
  )
}

function collect(pair: string, before: readonly string[] | boolean | undefined): readonly string[] {
  return Array.isArray(before) ? [...before, pair] : [pair]
}
