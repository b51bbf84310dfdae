import { once } from 'node:events'
import type { Opener } from '@kms/core'
import { failure } from '../failure.ts'
import { interrupted } from '../interrupt.ts'

/** Where bytes go. Either `commit` or `discard` ends it. */
export interface Sink {
  /** Where it ends up, for people; undefined for stdout and what keeps nothing. */
  readonly path: string | undefined
  write(bytes: Uint8Array): Promise<void>
  commit(): Promise<void>
  /** Opens the input's file into it instead, where that can be gone on with. @returns bytes of the message */
  openFile?(openers: readonly Opener[]): Promise<number>
  /** Leaves nothing behind. What went to a pipe cannot be taken back. */
  discard(): Promise<void>
}

/** A file that has its name only when it is whole; mode 600. @throws `file-exists`, `file-unavailable` */
export async function fileSink(path: string, force: boolean): Promise<Sink> {
  const { NewFile } = await import('@kms/node')
  const file = await NewFile.create(path, { force })
  return {
    path,
    write: (bytes) => file.write(bytes),
    commit: () => file.commit(),
    discard: () => file.discard(),
  }
}

/** Writes all there is and ends the sink; nothing is left of it if that fails. */
export async function writeWhole(sink: Sink, bytes: Uint8Array): Promise<void> {
  try {
    await sink.write(bytes)
    await sink.commit()
  } catch (error) {
    await sink.discard()
    throw error
  }
}

/** A pipe, or a file that the shell opened. */
export function pipeSink(): Sink {
  return {
    path: undefined,
    async write(bytes) {
      if (process.stdout.write(bytes) || interrupted.abort.aborted) return
      await once(process.stdout, 'drain', { signal: interrupted.abort }).catch(() => {})
    },
    commit: async () => {},
    discard: async () => {},
  }
}

/**
 * The user's terminal: text only. Escape sequences in a file could rewrite what the terminal shows, and in some make it type.
 */
export function terminalSink(): Sink {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const refuse = (): Promise<Error> =>
    failure(
      'invalid-argument',
      'This is not text, and is not written to a terminal. Name a file with -o OUT, pipe it, or force it with --force.',
    )
  const pipe = pipeSink()
  let endsLine = true
  return {
    ...pipe,
    async write(bytes) {
      let text: string
      try {
        text = decoder.decode(bytes, { stream: true })
      } catch {
        throw await refuse()
      }
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      if (/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/.test(text)) throw await refuse()
      if (text !== '') endsLine = text.endsWith('\n')
      process.stdout.write(text)
    },
    async commit() {
      // The prompt that follows starts on a line of its own.
      if (!endsLine) process.stdout.write('\n')
    },
  }
}

/** Keeps nothing: for looking whether something opens. */
export function nowhere(): Sink {
  return { path: undefined, write: async () => {}, commit: async () => {}, discard: async () => {} }
}

/** Keeps all of it, for what becomes part of a JSON document. */
export function memorySink(limit: number): Sink & { bytes(): Uint8Array } {
  const pieces: Uint8Array[] = []
  let length = 0
  return {
    ...nowhere(),
    async write(bytes) {
      length += bytes.length
      if (length > limit)
        throw await failure('limit-exceeded', 'This is too much for a JSON document: name a file with -o OUT.')
      pieces.push(bytes.slice())
    },
    bytes: () => Buffer.concat(pieces),
  }
}
