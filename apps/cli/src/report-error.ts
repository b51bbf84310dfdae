import { type ErrorKind, errorCodes, KmsError } from '@kms/core'
import { paint } from './colour.ts'
import { exitCodeOf, interruptCode } from './exit-codes.ts'
import { hintFor } from './hints.ts'
import { interrupted } from './interrupt.ts'
import { printable } from './layout.ts'

/**
 * Says what went wrong, once: a line `kms: …` and what to do next, or one JSON document with `--json`, on stderr.
 * @returns the kind of error, for the exit code
 */
export async function reportError(
  error: unknown,
  args: readonly string[],
  signal: NodeJS.Signals | null,
): Promise<ErrorKind> {
  const known = signal === null ? understood(error) : stopped(error)
  const { kind } = errorCodes[known.code]
  const hint = signal === null ? hintFor(known, await commandPath(args), args) : undefined
  const verbose = args.includes('--verbose') || (process.env.KMS_DEBUG ?? '0') !== '0'
  if (args.includes('--json')) {
    const { code, message, retry, keyIds, version } = known
    const exit = signal === null ? exitCodeOf(kind) : interruptCode(signal)
    const document = {
      code,
      kind,
      message,
      retry,
      exit,
      keyIds,
      version,
      hint: hint === '' ? undefined : hint,
      ...(verbose && { stack: stacks(error) }),
    }
    process.stderr.write(`${JSON.stringify({ error: document })}\n`)
    return kind
  }
  const colour = await paint(process.stderr, args)
  process.stderr.write(`${colour.red('kms:')} ${printable(known.message)}\n`)
  if (hint !== undefined && hint !== '') process.stderr.write(colour.dim(`     ${hint}\n`))
  if (verbose) process.stderr.write(colour.dim(`${stacks(error)}\n`))
  return kind
}

/** The command that `args` call, such as `kms key list`: of what was typed, only names that are in the command tree. */
async function commandPath(args: readonly string[]): Promise<string> {
  const { program } = await import('./program.ts')
  let command = program()
  const path = ['kms']
  for (const arg of args) {
    const next = command.commands.find((one) => one.name() === arg)
    if (next === undefined) continue
    command = next
    path.push(arg)
  }
  return path.join(' ')
}

function understood(error: unknown): KmsError {
  if (error instanceof KmsError) return error
  const message = error instanceof Error ? error.message : String(error)
  return new KmsError('internal', `Something went wrong that should not: ${message}`, { cause: error })
}

function stopped(error: unknown): KmsError {
  return new KmsError('aborted', interrupted.kept ?? 'Stopped. Nothing half-written is left.', { cause: error })
}

function stacks(error: unknown): string {
  const lines: string[] = []
  for (let at: unknown = error; at instanceof Error; at = at.cause) lines.push(at.stack ?? at.message)
  return lines.join('\ncaused by ')
}
