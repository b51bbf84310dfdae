import type { MessageKey, Suite } from '../crypto/key-slots.ts'
import type { Aead, Primitives } from '../crypto/primitives.ts'
import { KmsError } from '../errors.ts'
import type { Secret } from '../secret.ts'
import { concat } from './bytes.ts'
import { suites } from './preamble.ts'
import { authenticationFailed, requireBytes } from './refusals.ts'

// The body is C2SP chunked-encryption: salt ‖ commitment ‖ chunks, of which the last is always shorter than the others.

/** Bytes of plaintext in every chunk but the last, which has fewer, perhaps none. */
export const chunkLength = 16_384
export const tagLength = 16
export const sealedChunkLength: number = chunkLength + tagLength
export const saltLength = 24
const commitmentLength = 32
/** Salt and commitment: where the first chunk starts. */
export const prefixLength: number = saltLength + commitmentLength
/** C2SP chunked-encryption §Message chunking: 2³⁸ chunks, 4 PiB. */
const chunkLimit: number = 2 ** 38

const empty = new Uint8Array(0)

/**
 * The nonce of a chunk: the base nonce, its last five bytes XORed with the chunk's number (C2SP chunked-encryption §AEAD usage).
 * @param base 12 bytes
 * @param chunk 0 to 2³⁸ − 1
 * @throws `limit-exceeded` for a later chunk
 */
export function chunkNonce(base: Uint8Array, chunk: number): Uint8Array {
  if (chunk >= chunkLimit) throw new KmsError('limit-exceeded', 'A message has 4 PiB at most.')
  const nonce = base.slice()
  for (let i = 11, rest = chunk; rest > 0; i--, rest = Math.floor(rest / 256)) {
    nonce[i] = (nonce[i] as number) ^ (rest % 256)
  }
  return nonce
}

/** Cuts a stream of pieces of any length into units of one length, keeping less than a unit. */
class Cutter {
  readonly #unit: number
  readonly #kept: Uint8Array
  #length = 0

  constructor(unit: number) {
    this.#unit = unit
    this.#kept = new Uint8Array(unit)
  }

  /** Bytes that complete after `more` come in whole units. */
  complete(more: number): number {
    return Math.floor((this.#length + more) / this.#unit)
  }

  /** Calls `use` with each unit completed by `piece`; the array is valid only during the call. */
  push(piece: Uint8Array, use: (unit: Uint8Array) => void): void {
    let at = 0
    if (this.#length > 0) {
      at = Math.min(this.#unit - this.#length, piece.length)
      this.#kept.set(piece.subarray(0, at), this.#length)
      this.#length += at
      if (this.#length < this.#unit) return
      this.#length = 0
      use(this.#kept)
    }
    for (; at + this.#unit <= piece.length; at += this.#unit) use(piece.subarray(at, at + this.#unit))
    this.#kept.set(piece.subarray(at))
    this.#length = piece.length - at
  }

  rest(): Uint8Array {
    return this.#kept.subarray(0, this.#length)
  }

  wipe(): void {
    this.#kept.fill(0)
    this.#length = 0
  }
}

/**
 * Seals one message piece by piece, in memory that does not grow with the message. The envelope is its header, then
 * `prefix`, then what `update` and at last `final` return, in order.
 */
export class MessageSealer {
  /** Salt ‖ commitment, 56 bytes: the start of the body. */
  readonly prefix: Uint8Array
  readonly #primitives: Primitives
  readonly #aead: Aead
  readonly #base: Uint8Array
  readonly #cutter = new Cutter(chunkLength)
  #key: Secret | undefined
  #chunk = 0

  /** Takes over `messageKey` and wipes it in the end. `salt` is the one it was derived with. */
  constructor(primitives: Primitives, suite: Suite, salt: Uint8Array, messageKey: MessageKey) {
    this.#primitives = primitives
    this.#aead = suites[suite].aead
    this.#base = messageKey.nonce.slice()
    this.#key = messageKey.key
    this.prefix = concat(salt, messageKey.commitment)
  }

  /**
   * Seals the chunks that `plaintext` completes, and keeps the rest.
   * @param plaintext any number of bytes
   * @returns a multiple of 16,400 bytes, perhaps none
   * @throws `closed` after `final` or `wipe`
   */
  update(plaintext: Uint8Array): Uint8Array {
    requireBytes(plaintext, 'The plaintext')
    const key = opened(this.#key)
    const sealed = new Uint8Array(this.#cutter.complete(plaintext.length) * sealedChunkLength)
    let at = 0
    this.#cutter.push(plaintext, (chunk) => {
      sealed.set(this.#seal(key, chunk), at)
      at += sealedChunkLength
    })
    return sealed
  }

  /** Seals the last chunk, 16 to 16,399 bytes, and wipes the key. @throws `closed` after `final` or `wipe` */
  final(): Uint8Array {
    const last = this.#seal(opened(this.#key), this.#cutter.rest())
    this.wipe()
    return last
  }

  /** Wipes the key and what was kept. Wiping twice is no error. */
  wipe(): void {
    this.#key?.wipe()
    this.#key = undefined
    this.#cutter.wipe()
  }

  #seal(key: Secret, chunk: Uint8Array): Uint8Array {
    return this.#primitives.aeadSeal(this.#aead, key.reveal(), chunkNonce(this.#base, this.#chunk++), empty, chunk)
  }
}

/**
 * Opens one message piece by piece, in memory that does not grow with the message. Nothing is returned from a chunk before
 * its tag is checked; what `update` returns is genuine, but whether it was all of it only `final` says.
 */
export class MessageOpener {
  readonly #primitives: Primitives
  readonly #aead: Aead
  readonly #base: Uint8Array
  readonly #cutter = new Cutter(sealedChunkLength)
  #key: Secret | undefined
  #chunk = 0

  /**
   * Takes over `messageKey` and wipes it in the end.
   * @param prefix the body's first 56 bytes, from whose salt `messageKey` was derived
   * @throws `authentication-failed` if the commitment is another; `messageKey` is wiped then
   */
  constructor(primitives: Primitives, suite: Suite, prefix: Uint8Array, messageKey: MessageKey) {
    this.#primitives = primitives
    this.#aead = suites[suite].aead
    this.#base = messageKey.nonce.slice()
    this.#key = messageKey.key
    if (prefix.length !== prefixLength || !primitives.equal(prefix.subarray(saltLength), messageKey.commitment)) {
      this.wipe()
      throw authenticationFailed()
    }
  }

  /**
   * Opens the chunks that `sealed` completes, and keeps the rest.
   * @param sealed any number of bytes of the body, after its prefix
   * @returns a multiple of 16,384 bytes, perhaps none
   * @throws `authentication-failed`, which ends it; `closed` after `final`, `wipe` or an error
   */
  update(sealed: Uint8Array): Uint8Array {
    requireBytes(sealed, 'What is to be opened')
    const key = opened(this.#key)
    const plaintext = new Uint8Array(this.#cutter.complete(sealed.length) * chunkLength)
    let at = 0
    try {
      this.#cutter.push(sealed, (chunk) => {
        plaintext.set(this.#open(key, chunk), at)
        at += chunkLength
      })
    } catch (error) {
      plaintext.fill(0)
      this.wipe()
      throw error
    }
    return plaintext
  }

  /**
   * Opens the last chunk and wipes the key.
   * @returns 0 to 16,383 bytes
   * @throws `authentication-failed` if the message ends too early or holds more than it should; `closed` after `final`,
   * `wipe` or an error
   */
  final(): Uint8Array {
    const key = opened(this.#key)
    try {
      return this.#open(key, this.#cutter.rest())
    } finally {
      this.wipe()
    }
  }

  /** Wipes the key and what was kept. Wiping twice is no error. */
  wipe(): void {
    this.#key?.wipe()
    this.#key = undefined
    this.#cutter.wipe()
  }

  #open(key: Secret, chunk: Uint8Array): Uint8Array {
    if (chunk.length < tagLength) throw authenticationFailed()
    try {
      return this.#primitives.aeadOpen(this.#aead, key.reveal(), chunkNonce(this.#base, this.#chunk++), empty, chunk)
    } catch (error) {
      throw error instanceof KmsError && error.code === 'authentication-failed' ? authenticationFailed() : error
    }
  }
}

function opened(key: Secret | undefined): Secret {
  if (key === undefined) throw new KmsError('closed', 'The message has ended, or failed; nothing more can follow.')
  return key
}
