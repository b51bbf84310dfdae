import { Command } from 'commander'
import { act, kdf } from './program/command.ts'
import { addDiagnosis } from './program/diagnosis.ts'
import { addFiles } from './program/files.ts'
import { addKeyMovement } from './program/key-movement.ts'
import { addKeys } from './program/keys.ts'
import { addPairs, addPurposes } from './program/purposes.ts'
import { addRings } from './program/rings.ts'
import { addIncidents, addRotations } from './program/rotations.ts'
import { version } from './version.ts'

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
  addKeyMovement(addKeys(kms))
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
