import { stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { failure, fileFailure } from '../failure.ts'
import { byteCount } from '../layout.ts'

/** What a command reads: a file, or stdin. */
export interface Input {
  /** For people. */
  readonly name: string
  /** Absent for stdin. */
  readonly path: string | undefined
  /** Bytes, where they are known beforehand. */
  readonly size: number | undefined
  /** Its bytes, in pieces of up to 1 MiB, each good until the next is asked for. Once only. */
  read(): AsyncGenerator<Uint8Array, void, undefined>
}

/**
 * Opens FILE, or stdin for `-` and no FILE.
 * @param textCommand the command, if it takes a value in text form: people give the value itself for a file
 * @throws `file-unavailable`, `invalid-argument`
 */
export async function openInput(
  file: string | undefined,
  signal: AbortSignal,
  textCommand?: 'encrypt' | 'decrypt' | 'verify' | 'index',
): Promise<Input> {
  if (file === undefined || file === '-') {
    if (process.stdin.isTTY) process.stderr.write('Reading from the terminal; Ctrl-D ends.\n')
    return { name: 'stdin', path: undefined, size: undefined, read: () => piecesOf(process.stdin, 'stdin', signal) }
  }
  const stats = await stat(file).catch(async (error) => {
    if (textCommand === 'encrypt' || textCommand === 'index' || (textCommand !== undefined && looksLikeText(file)))
      throw await valueForFile(textCommand)
    throw await fileFailure('read', file, error)
  })
  if (stats.isDirectory())
    throw await failure('file-unavailable', `Cannot read ${file}: it is a folder. Pack it first.`)
  const size = stats.isFile() ? stats.size : undefined
  async function* read(): AsyncGenerator<Uint8Array> {
    const { readPieces } = await import('@kms/node')
    yield* readPieces(file as string)
  }
  return { name: file, path: file, size, read }
}

/**
 * Refuses an output that is the input itself, by any name: what is there would be replaced, forced or not.
 * @throws `invalid-argument`
 */
export async function requireAnotherFile(input: Input, output: string): Promise<void> {
  if (input.path === undefined) return
  const [from, to] = await Promise.all(
    [input.path, output].map((path) => stat(path, { bigint: true }).catch(() => null)),
  )
  if (from == null || to == null || from.dev !== to.dev || from.ino !== to.ino) return
  throw await failure(
    'invalid-argument',
    `The output ${output} is the input itself, which would be lost. It was not touched; name another file with -o OUT.`,
  )
}

/** Whether an argument is an envelope in text form, and not the name of one. */
function looksLikeText(file: string): boolean {
  return /^\s*kms\d/.test(file)
}

/** A value where a file belongs. It is not repeated: it may be the secret itself. */
export function valueForFile(command: string): Promise<Error> {
  const options = command === 'encrypt' ? ' --text' : ''
  return failure(
    'invalid-argument',
    `There is no such file, and a value is no argument. ${command === 'encrypt' ? '--text reads a value' : `kms ${command} reads it`} from stdin: printf %s VALUE | kms ${command}${options} …`,
  )
}

async function* piecesOf(stream: Readable, name: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const stop = (): void => void stream.destroy(new Error('aborted'))
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  try {
    for await (const piece of stream) yield piece as Uint8Array
  } catch (error) {
    if (signal.aborted) throw await failure('aborted', 'Stopped.')
    throw await fileFailure('read', name, error)
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/**
 * The first bytes of an input, and all of it, the first bytes included.
 * @param length how many bytes are wanted; fewer only if the input has no more
 */
export async function peek(
  source: AsyncGenerator<Uint8Array>,
  length: number,
): Promise<{ readonly start: Uint8Array; readonly whole: AsyncGenerator<Uint8Array> }> {
  const read: Uint8Array[] = []
  for (let have = 0; have < length; ) {
    const { value, done } = await source.next()
    if (done === true) break
    // Sources reuse their buffers.
    read.push(value.slice())
    have += value.length
  }
  const start = Buffer.concat(read)
  async function* whole(): AsyncGenerator<Uint8Array> {
    if (start.length > 0) yield start
    yield* source
  }
  return { start, whole: whole() }
}

/**
 * All of an input at once, where it must be.
 * @throws `limit-exceeded`
 */
export async function readAll(source: AsyncIterable<Uint8Array>, limit: number, what: string): Promise<Uint8Array> {
  const read: Uint8Array[] = []
  let length = 0
  for await (const piece of source) {
    length += piece.length
    if (length > limit)
      throw await failure(
        'limit-exceeded',
        `${what} has more than ${limit < 2 ** 20 ? byteCount(limit) : `${limit / 2 ** 20} MiB`}.`,
      )
    read.push(piece.slice())
  }
  return Buffer.concat(read, length)
}
