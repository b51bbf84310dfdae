import { KmsError } from '../errors.ts'
import { authenticationFailed, invalidArgument } from '../refusals.ts'
import {
  type BegunOpening,
  chunkLength,
  type MessageCipher,
  prefixLength,
  sealedChunkLength,
  tagLength,
} from './body.ts'
import { type Context, canonicalContext } from './context.ts'
import { beginOpening, longestStart, type OpenOptions } from './envelope.ts'
import { parseHeader } from './header.ts'

// Any byte range of an envelope of modes 0 and 2, without the rest (envelope v1 §Body).

/** Where an envelope lies, to be read anywhere: a file, a Blob, an HTTP resource, a column read by parts. */
export interface RandomAccessSource {
  /** Bytes of the envelope. */
  readonly length: number
  /**
   * Bytes that stay as they are until the next call.
   * @param offset 0 or more
   * @param length 1 or more; `offset + length` is never over the source's length
   * @returns exactly `length` bytes; fewer are taken for an envelope that was cut
   */
  read(offset: number, length: number): Promise<Uint8Array>
  /**
   * Another beginning, asked for once where this one does not open: a header that an interrupted rewrap left elsewhere.
   * @returns undefined if there is none
   */
  otherStart?(start: Uint8Array): Promise<Uint8Array | undefined>
  /** Lets go of what it holds open. */
  close?(): Promise<void>
}

/** A key version, or a handle, that sealed the envelope (mode 0). */
export interface OpenWithKeyOptions {
  readonly key: { beginOpening(start: Uint8Array, context: Context): BegunOpening | Promise<BegunOpening> }
  readonly context: Context
}

/** How an envelope is opened for its ranges: by a key (mode 0), or by openers (mode 2). */
export type RandomAccessOptions = OpenWithKeyOptions | OpenOptions

/** Read first: a header of some tens of recipients. Longer ones take a second read. */
const firstRead = 4096
/** Chunks read at a time: 1 MiB. */
const chunksAtOnce = 64

/**
 * Opens an envelope for random access. It reads the header and the last chunk, which fixes the length: what is claimed about it
 * elsewhere, and an envelope that was cut or extended, is found out here.
 * @param source taken over: closed with the result, and if this fails
 * @throws as `openEnvelope`; `unsupported` for a deterministic envelope (mode 1), which is opened whole or not at all; what the
 * source throws
 */
export async function openRandomAccess(
  source: RandomAccessSource,
  options: RandomAccessOptions,
): Promise<RandomAccess> {
  let cipher: MessageCipher | undefined
  try {
    canonicalContext(options.context)
    const start = await readStart(source)
    const begin = async (from: Uint8Array): Promise<BegunOpening> =>
      'key' in options ? options.key.beginOpening(from, options.context) : beginOpening(from, options)
    const begun = await begin(start).catch(async (error) => {
      const other = await source.otherStart?.(start)
      if (other === undefined) throw error
      return begin(other)
    })
    cipher = begun.cipher
    return new RandomAccess(source, begun, await openLast(source, begun))
  } catch (error) {
    cipher?.wipe()
    await source.close?.().catch(() => {})
    throw error
  }
}

/** An envelope's plaintext, any part of which can be had alone. From `openRandomAccess`; close it when done, or `await using`. */
export class RandomAccess {
  /** Bytes of plaintext. Authenticated: the last chunk was opened. */
  readonly length: number
  readonly #source: RandomAccessSource
  readonly #begun: BegunOpening

  /** Use `openRandomAccess`. */
  constructor(source: RandomAccessSource, begun: BegunOpening, length: number) {
    this.#source = source
    this.#begun = begun
    this.length = length
  }

  /**
   * Opens the plaintext from `start` up to `end`, as `slice` counts: negative numbers are from the end, what lies outside is clipped.
   * Only the chunks (of 16 KiB) it lies in are read and decrypted.
   * @throws `authentication-failed`, and nothing of the range; `limit-exceeded` for more than an array holds; `closed`, `invalid-argument`; what the source throws
   */
  async openRange(start: number, end: number = this.length): Promise<Uint8Array> {
    this.#begun.cipher.checkOpen()
    const from = this.#position(start)
    const to = Math.max(from, this.#position(end))
    const range = room(to - from)
    const lastChunk = Math.floor(this.length / chunkLength)
    let opened: Uint8Array | undefined
    try {
      for (let at = from; at < to; ) {
        const first = Math.floor(at / chunkLength)
        const next = Math.min(first + chunksAtOnce, Math.floor((to - 1) / chunkLength) + 1)
        const isLast = next > lastChunk
        const sealed = await this.#read(first, next)
        opened = new Uint8Array(sealed.length)
        const length = this.#begun.cipher.open(first, sealed, isLast, opened)
        const skipped = at - first * chunkLength
        const taken = opened.subarray(skipped, Math.min(length, skipped + to - at))
        range.set(taken, at - from)
        at += taken.length
        opened.fill(0)
      }
      return range
    } catch (error) {
      range.fill(0)
      opened?.fill(0)
      throw error
    }
  }

  /** Wipes the key and closes the source. Closing twice is no error. */
  async close(): Promise<void> {
    this.#begun.cipher.wipe()
    await this.#source.close?.()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Sealed chunks from `first` up to `next`, of which the message's last is shorter. */
  #read(first: number, next: number): Promise<Uint8Array> {
    const at = this.#begun.startLength + first * sealedChunkLength
    const end = Math.min(this.#source.length, this.#begun.startLength + next * sealedChunkLength)
    return readExactly(this.#source, at, end - at)
  }

  #position(index: number): number {
    if (!Number.isSafeInteger(index)) throw invalidArgument('A range is given in whole bytes.')
    return index < 0 ? Math.max(0, this.length + index) : Math.min(index, this.length)
  }
}

async function readStart(source: RandomAccessSource): Promise<Uint8Array> {
  if (source.length === 0) return new Uint8Array(0)
  const start = await readExactly(source, 0, Math.min(firstRead, source.length))
  if (start.length === source.length) return start
  try {
    if (parseHeader(start).length + prefixLength <= start.length) return start
  } catch {
    // A longer header, or a wrong one: all of it tells.
  }
  return readExactly(source, 0, Math.min(longestStart, source.length))
}

/** Opens the last chunk. @returns bytes of plaintext in all */
async function openLast(source: RandomAccessSource, { startLength, cipher }: BegunOpening): Promise<number> {
  const body = source.length - startLength
  const chunk = Math.floor(body / sealedChunkLength)
  const at = chunk * sealedChunkLength
  if (body - at < tagLength) throw authenticationFailed()
  const sealed = await readExactly(source, startLength + at, body - at)
  const opened = new Uint8Array(sealed.length)
  const length = cipher.open(chunk, sealed, true, opened)
  opened.fill(0)
  return chunk * chunkLength + length
}

async function readExactly(source: RandomAccessSource, offset: number, length: number): Promise<Uint8Array> {
  const bytes = await source.read(offset, length)
  if (bytes.length !== length) throw authenticationFailed()
  return bytes
}

/** Arrays have a limit that differs from engine to engine. */
function room(length: number): Uint8Array {
  try {
    return new Uint8Array(length)
  } catch (cause) {
    throw new KmsError('limit-exceeded', `No array here holds a range of ${length} bytes. Open it in several ranges.`, {
      cause,
    })
  }
}
