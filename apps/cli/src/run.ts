import { exitCodeOf, interruptCode } from './exit-codes.ts'
import { interrupted, watchSignals } from './interrupt.ts'

/**
 * Runs one command line, printing to stdout and stderr.
 * @param args what stands after `kms`
 * @returns the exit code
 */
export async function run(args: readonly string[]): Promise<number> {
  watchSignals()
  leaveQuietlyWhenThePipeCloses()
  const said: string[] = []
  const says = (text: string): void => void said.push(text)
  try {
    await refuseSecrets(args)
    if (await inspectAtOnce(args)) return 0
    const { program } = await import('./program.ts')
    await program(says).parseAsync([...args], { from: 'user' })
    return Number(process.exitCode ?? 0)
  } catch (error) {
    if (isCommander(error) && error.exitCode === 0) return sayAsAsked(error.code, said.join(''), args)
    if (isCommander(error) && error.code === 'commander.help' && !args.includes('--json')) return await showHelp()
    const { reportError } = await import('./report-error.ts')
    const { signal } = interrupted
    const kind = await reportError(isCommander(error) ? await usageError(error) : error, args, signal)
    return signal === null ? exitCodeOf(kind) : interruptCode(signal)
  }
}

/**
 * `kms inspect [FILE] [--json]`, as scripts call it file by file, without the command tree: loading that takes as long as the
 * rest. Anything else goes the long way.
 * @returns whether it was that
 */
async function inspectAtOnce([command, ...rest]: readonly string[]): Promise<boolean> {
  const files = rest.filter((arg) => arg !== '--json')
  const [file] = files
  if (command !== 'inspect' || files.length > 1 || file?.startsWith('-') === true) return false
  const [{ inspect }, { invocation }] = await Promise.all([import('./commands/inspect.ts'), import('./invocation.ts')])
  await inspect(await invocation({ json: rest.includes('--json') }), file)
  return true
}

/** `--help` and `--version`. */
function sayAsAsked(code: string, text: string, args: readonly string[]): number {
  const document = { [code === 'commander.version' ? 'version' : 'help']: text.trimEnd() }
  process.stdout.write(args.includes('--json') ? `${JSON.stringify(document)}\n` : text)
  return 0
}

/** `kms` alone. */
async function showHelp(): Promise<number> {
  const { program } = await import('./program.ts')
  process.stderr.write(program().helpInformation())
  return exitCodeOf('usage')
}

interface CommanderFailure {
  readonly exitCode: number
  readonly code: string
  readonly message: string
}

function isCommander(error: unknown): error is CommanderFailure {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('commander.')
}

async function usageError(error: CommanderFailure): Promise<Error> {
  const { failure } = await import('./failure.ts')
  const said = error.message.replace(/^error: /, '').trim()
  if (error.code === 'commander.help')
    return failure('invalid-argument', 'A command is missing: init, key, encrypt, decrypt, inspect and others.')
  return failure('invalid-argument', /[.?)]$/.test(said) ? sentence(said) : `${sentence(said)}.`)
}

const sentence = (text: string): string =>
  text.startsWith('kms ') ? text : text.charAt(0).toUpperCase() + text.slice(1)

/**
 * A secret in the arguments is refused before anything looks at it: every user of the machine can read argument lists, and
 * shells keep them.
 */
async function refuseSecrets(args: readonly string[]): Promise<void> {
  const end = args.indexOf('--')
  const options = end === -1 ? args : args.slice(0, end)
  const found = options.find((arg) => /^--?(password|passphrase|passwd|pass|pin|secret|material)[=:]/i.test(arg))
  const root = options.some(
    (arg, i) => /^(--root=)?password[:=]/i.test(arg) && (arg.startsWith('--root=') || options[i - 1] === '--root'),
  )
  if (found === undefined && !root) return
  const { failure } = await import('./failure.ts')
  const name = found === undefined ? '--root password' : found.slice(0, found.search(/[=:]/))
  throw await failure(
    'invalid-argument',
    `${name} takes no value: other users of this machine can read the arguments of a command, and your shell keeps them. Use the prompt, --password-file FILE or KMS_PASSWORD, and replace that password.`,
  )
}

function leaveQuietlyWhenThePipeCloses(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(exitCodeOf('closed pipe'))
      process.exit(exitCodeOf('internal'))
    })
  }
}
