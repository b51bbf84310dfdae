import { concat } from '../encoding/bytes.ts'
import { KmsError } from '../errors.ts'
import { requireBytes } from '../refusals.ts'
import { beginOpening, beginSealing, longestStart, type OpenOptions, type SealOptions } from './envelope.ts'
import { MessageOpener, MessageSealer } from './message.ts'

/** A piece of more is worked through in steps, so that memory is bounded by what the source gives at once. */
const stepLength = 1 << 20

export interface PieceOptions {
  /** Stops with `aborted`. */
  readonly signal?: AbortSignal | undefined
  /** Told after each piece how many bytes of the source are done. */
  readonly onProgress?: ((done: number) => void) | undefined
}

/**
 * Seals a message piece by piece to recipients (envelope v1, mode 2), in memory that does not grow with it.
 * @param source pieces of any length; each is used before the next is asked for
 * @returns the envelope, in pieces
 * @throws as `sealEnvelope`, `aborted`; what the source throws
 */
export async function* sealPieces(
  source: AsyncIterable<Uint8Array>,
  options: SealOptions & PieceOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { start, cipher } = await beginSealing(options)
  const sealer = new MessageSealer(cipher)
  try {
    yield start
    for await (const step of steps(source, options)) {
      const sealed = sealer.update(step)
      if (sealed.length > 0) yield sealed
    }
    checkAborted(options.signal)
    yield sealer.final()
  } finally {
    sealer.wipe()
  }
}

/**
 * Opens an envelope to recipients piece by piece. Each piece it gives is authentic and in its place; that nothing is missing at
 * the end is known only when it ends without an error, so keep what it gives apart until then.
 * @param source pieces of any length; each is used before the next is asked for
 * @throws as `openEnvelope`, `aborted`; what the source throws
 */
export async function* openPieces(
  source: AsyncIterable<Uint8Array>,
  options: OpenOptions & PieceOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const pieces = steps(source, options)
  try {
    const head = await readHead(pieces)
    const { startLength, cipher } = await beginOpening(head, options)
    const opener = new MessageOpener(cipher)
    try {
      const first = opener.update(head.subarray(startLength))
      if (first.length > 0) yield first
      for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) {
        const opened = opener.update(next.value)
        if (opened.length > 0) yield opened
      }
      checkAborted(options.signal)
      const last = opener.final()
      if (last.length > 0) yield last
    } finally {
      opener.wipe()
    }
  } finally {
    await pieces.return()
  }
}

/** The source's bytes, at most 1 MiB at a time. */
async function* steps(
  source: AsyncIterable<Uint8Array>,
  { signal, onProgress }: PieceOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  let done = 0
  for await (const piece of source) {
    requireBytes(piece, 'A piece')
    for (let at = 0; at < piece.length; at += stepLength) {
      checkAborted(signal)
      yield piece.subarray(at, at + stepLength)
    }
    done += piece.length
    onProgress?.(done)
  }
}

/** As much as the longest header takes, or all there is. */
async function readHead(pieces: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  while (length < longestStart) {
    const next = await pieces.next()
    if (next.done === true) break
    // Sources reuse their buffers.
    parts.push(next.value.slice())
    length += next.value.length
  }
  return concat(...parts)
}

function checkAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw aborted()
}

/** @returns `aborted` */
export function aborted(): KmsError {
  return new KmsError('aborted', 'Cancelled before it was done. Nothing was left half-written.')
}
