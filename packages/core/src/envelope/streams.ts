import type { OpenOptions, SealOptions } from './envelope.ts'
import { aborted, openPieces, type PieceOptions, sealPieces } from './pieces.ts'

// Web Streams, as browsers, Workers, Deno, Bun and Node have them.

/**
 * Seals a stream to recipients (envelope v1, mode 2), in memory that does not grow with it.
 *
 * Nothing is read before somebody reads the result, and no more than that asks for. Cancelling the result, an abort and an error of
 * the source wipe the key; the source is then cancelled, and the result ends in an error, never as if it were whole.
 * @param plaintext pieces of any length; taken over, and locked
 * @returns the envelope. It errors with what `sealEnvelope` throws, `aborted`, or what the source errored with
 */
export function sealStream(
  plaintext: ReadableStream<Uint8Array>,
  options: SealOptions & PieceOptions,
): ReadableStream<Uint8Array> {
  return through(plaintext, options.signal, (pieces) => sealPieces(pieces, options))
}

/**
 * Opens a stream that `sealStream` or any other writer of envelopes to recipients made.
 *
 * Every piece it gives is authentic and in its place. That nothing is missing is known only when it closes: one that was cut ends in
 * `authentication-failed`. So keep what it gives apart until then, or act on none of it.
 * @param envelope pieces of any length; taken over, and locked
 * @returns the plaintext. It errors with what `openEnvelope` throws, `aborted`, or what the source errored with
 */
export function openStream(
  envelope: ReadableStream<Uint8Array>,
  options: OpenOptions & PieceOptions,
): ReadableStream<Uint8Array> {
  return through(envelope, options.signal, (pieces) => openPieces(pieces, options))
}

function through(
  source: ReadableStream<Uint8Array>,
  signal: AbortSignal | undefined,
  work: (pieces: AsyncIterable<Uint8Array>) => AsyncGenerator<Uint8Array, void, undefined>,
): ReadableStream<Uint8Array> {
  const reader = source.getReader()
  const pieces = work(read(reader))
  let ended = false
  let stop = (): void => {}

  /** Ends both sides. Cancelling the source settles a read under way, so that the work comes to its end and wipes its key. */
  async function end(reason: unknown): Promise<void> {
    ended = true
    signal?.removeEventListener('abort', stop)
    await reader.cancel(reason).catch(() => {})
    await pieces.return().catch(() => {})
    reader.releaseLock()
  }

  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        stop = () => {
          if (ended) return
          const error = aborted()
          controller.error(error)
          void end(error)
        }
        if (signal?.aborted === true) stop()
        else signal?.addEventListener('abort', stop, { once: true })
      },
      async pull(controller) {
        try {
          const next = await pieces.next()
          if (ended) return
          if (next.done !== true) return controller.enqueue(next.value)
          await end(undefined)
          controller.close()
        } catch (error) {
          if (ended) return
          controller.error(error)
          await end(error)
        }
      },
      cancel: end,
    },
    // Nothing is read, derived or decrypted ahead of whoever reads.
    { highWaterMark: 0 },
  )
}

async function* read(reader: ReadableStreamDefaultReader<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value
}
