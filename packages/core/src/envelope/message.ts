import { requireBytes } from '../refusals.ts'
import { chunkLength, type MessageCipher, sealedChunkLength, tagLength } from './body.ts'

// One message, in pieces of any length.

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

  /** Calls `use` with whole units, completed by `piece`; the array is valid only during the call. */
  push(piece: Uint8Array, use: (units: Uint8Array) => void): void {
    let at = 0
    if (this.#length > 0) {
      at = Math.min(this.#unit - this.#length, piece.length)
      this.#kept.set(piece.subarray(0, at), this.#length)
      this.#length += at
      if (this.#length < this.#unit) return
      this.#length = 0
      use(this.#kept)
    }
    const end = piece.length - ((piece.length - at) % this.#unit)
    if (end > at) use(piece.subarray(at, end))
    at = end
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
 * Seals one message piece by piece, in memory that does not grow with the message. The envelope is its start, then what
 * `update` and at last `final` return, in order.
 */
export class MessageSealer {
  readonly #cipher: MessageCipher
  readonly #cutter = new Cutter(chunkLength)
  #chunk = 0

  /** Takes over a cipher that has sealed nothing, and wipes it in the end. */
  constructor(cipher: MessageCipher) {
    this.#cipher = cipher
  }

  /**
   * Seals the chunks that `plaintext` completes, and keeps the rest.
   * @param plaintext any number of bytes
   * @returns a multiple of 16,400 bytes, perhaps none
   * @throws `closed` after `final` or `wipe`
   */
  update(plaintext: Uint8Array): Uint8Array {
    requireBytes(plaintext, 'The plaintext')
    this.#cipher.checkOpen()
    const sealed = new Uint8Array(this.#cutter.complete(plaintext.length) * sealedChunkLength)
    let at = 0
    this.#cutter.push(plaintext, (chunks) => {
      at += this.#cipher.seal(this.#chunk, chunks, false, sealed.subarray(at))
      this.#chunk += chunks.length / chunkLength
    })
    return sealed
  }

  /** Seals the last chunk, 16 to 16,399 bytes, and wipes the key. @throws `closed` after `final` or `wipe` */
  final(): Uint8Array {
    const rest = this.#cutter.rest()
    const last = new Uint8Array(rest.length + tagLength)
    this.#cipher.seal(this.#chunk, rest, true, last)
    this.wipe()
    return last
  }

  /** Wipes the key and what was kept. Wiping twice is no error. */
  wipe(): void {
    this.#cipher.wipe()
    this.#cutter.wipe()
  }
}

/**
 * Opens one message piece by piece, in memory that does not grow with the message. Nothing is returned from a chunk before
 * its tag is checked; what `update` returns is genuine, but whether it was all of it only `final` says.
 */
export class MessageOpener {
  readonly #cipher: MessageCipher
  readonly #cutter = new Cutter(sealedChunkLength)
  #chunk = 0

  /** Takes over a cipher whose commitment was checked, and wipes it in the end. */
  constructor(cipher: MessageCipher) {
    this.#cipher = cipher
  }

  /**
   * Opens the chunks that `sealed` completes, and keeps the rest.
   * @param sealed any number of bytes of the body, after its prefix
   * @returns a multiple of 16,384 bytes, perhaps none
   * @throws `authentication-failed`, which ends it; `closed` after `final`, `wipe` or an error
   */
  update(sealed: Uint8Array): Uint8Array {
    requireBytes(sealed, 'What is to be opened')
    this.#cipher.checkOpen()
    const plaintext = new Uint8Array(this.#cutter.complete(sealed.length) * chunkLength)
    let at = 0
    try {
      this.#cutter.push(sealed, (chunks) => {
        at += this.#cipher.open(this.#chunk, chunks, false, plaintext.subarray(at))
        this.#chunk += chunks.length / sealedChunkLength
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
    const rest = this.#cutter.rest()
    const plaintext = new Uint8Array(Math.max(0, rest.length - tagLength))
    try {
      this.#cipher.open(this.#chunk, rest, true, plaintext)
      return plaintext
    } finally {
      this.wipe()
    }
  }

  /** Wipes the key and what was kept. Wiping twice is no error. */
  wipe(): void {
    this.#cipher.wipe()
    this.#cutter.wipe()
  }
}
