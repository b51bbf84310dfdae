import type { MessageKey, Suite } from '../crypto/key-slots.ts'
import type { Aead, AeadCipher, Primitives } from '../crypto/primitives.ts'
import { KmsError } from '../errors.ts'
import { authenticationFailed } from '../refusals.ts'
import { suites } from './preamble.ts'

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

/**
 * Seals and opens the chunks of one message by their numbers, between buffers of the caller's: what whole streams, files and
 * ranges are made of. Nothing here keeps count. Whoever seals must never seal two plaintexts under one number, and must end
 * with a chunk shorter than the others.
 */
export class MessageCipher {
  /** 32 bytes; the second part of the body's prefix. */
  readonly commitment: Uint8Array
  readonly #primitives: Primitives
  readonly #base: Uint8Array
  #cipher: AeadCipher | undefined

  /** Takes over `messageKey` and wipes it. */
  constructor(primitives: Primitives, suite: Suite, messageKey: MessageKey) {
    this.commitment = messageKey.commitment
    this.#primitives = primitives
    this.#base = messageKey.nonce.slice()
    const { aead } = suites[suite]
    const key = messageKey.key.reveal()
    this.#cipher = primitives.aeadCipher?.(aead, key) ?? chunkByChunk(primitives, aead, key.slice())
    messageKey.key.wipe()
  }

  /**
   * Checks the commitment, before anything is opened.
   * @param prefix the body's first 56 bytes
   * @throws `authentication-failed`, and wipes the key, if it is another
   */
  checkCommitment(prefix: Uint8Array): void {
    if (prefix.length === prefixLength && this.#primitives.equal(prefix.subarray(saltLength), this.commitment)) return
    this.wipe()
    throw authenticationFailed()
  }

  /**
   * Seals chunk after chunk.
   * @param first the number of the first one
   * @param plaintext a multiple of 16,384 bytes, unless `last`
   * @param last whether the message ends here: the chunk that ends it is sealed too, of what is left, 0 to 16,383 bytes
   * @param target where the sealed chunks are written, from its start on; not overlapping `plaintext`
   * @returns bytes written
   * @throws `closed` after `wipe`; `limit-exceeded` past 4 PiB
   */
  seal(first: number, plaintext: Uint8Array, last: boolean, target: Uint8Array): number {
    const cipher = this.#held()
    const whole = Math.floor(plaintext.length / chunkLength)
    let at = 0
    for (let i = 0; i < whole; i++, at += sealedChunkLength) {
      const chunk = plaintext.subarray(i * chunkLength, (i + 1) * chunkLength)
      cipher.seal(chunkNonce(this.#base, first + i), chunk, target, at)
    }
    if (!last) return at
    const rest = plaintext.subarray(whole * chunkLength)
    cipher.seal(chunkNonce(this.#base, first + whole), rest, target, at)
    return at + rest.length + tagLength
  }

  /**
   * Opens chunk after chunk.
   * @param first the number of the first one
   * @param sealed a multiple of 16,400 bytes, unless `last`
   * @param last whether the message ends here: a chunk of 16 to 16,399 bytes must then be left
   * @param target where the plaintext is written, from its start on; not overlapping `sealed`
   * @returns bytes written
   * @throws `authentication-failed`, and wipes `target`; `closed` after `wipe`
   */
  open(first: number, sealed: Uint8Array, last: boolean, target: Uint8Array): number {
    const cipher = this.#held()
    const whole = Math.floor(sealed.length / sealedChunkLength)
    try {
      let at = 0
      for (let i = 0; i < whole; i++, at += chunkLength) {
        const chunk = sealed.subarray(i * sealedChunkLength, (i + 1) * sealedChunkLength)
        cipher.open(chunkNonce(this.#base, first + i), chunk, target, at)
      }
      if (!last) return at
      const rest = sealed.subarray(whole * sealedChunkLength)
      if (rest.length < tagLength) throw authenticationFailed()
      cipher.open(chunkNonce(this.#base, first + whole), rest, target, at)
      return at + rest.length - tagLength
    } catch (error) {
      throw refused(target, error)
    }
  }

  /**
   * As `seal`, on another thread if the primitives have one. Until it is done, `plaintext` and `target` are in its hands; calls are
   * worked through in their order.
   */
  async sealAside(first: number, plaintext: Uint8Array, last: boolean, target: Uint8Array): Promise<number> {
    const { aside } = this.#held()
    if (aside === undefined) return this.seal(first, plaintext, last, target)
    const chunks = Math.floor(plaintext.length / chunkLength) + (last ? 1 : 0)
    await aside.seal(this.#nonces(first, chunks), plaintext, chunkLength, target)
    return plaintext.length + chunks * tagLength
  }

  /** As `open`, on another thread if the primitives have one; else as `sealAside`. */
  async openAside(first: number, sealed: Uint8Array, last: boolean, target: Uint8Array): Promise<number> {
    const { aside } = this.#held()
    if (aside === undefined) return this.open(first, sealed, last, target)
    const chunks = Math.floor(sealed.length / sealedChunkLength) + (last ? 1 : 0)
    try {
      if (last && sealed.length % sealedChunkLength < tagLength) throw authenticationFailed()
      await aside.open(this.#nonces(first, chunks), sealed, chunkLength, target)
    } catch (error) {
      throw refused(target, error)
    }
    return sealed.length - chunks * tagLength
  }

  #nonces(first: number, count: number): Uint8Array {
    const nonces = new Uint8Array(count * this.#base.length)
    for (let i = 0; i < count; i++) nonces.set(chunkNonce(this.#base, first + i), i * this.#base.length)
    return nonces
  }

  /** @throws `closed` after `wipe` */
  checkOpen(): void {
    this.#held()
  }

  /** Wipes the key. Wiping twice is no error. */
  wipe(): void {
    this.#cipher?.wipe()
    this.#cipher = undefined
  }

  #held(): AeadCipher {
    if (this.#cipher !== undefined) return this.#cipher
    throw new KmsError('closed', 'The message has ended, or failed; nothing more can follow.')
  }
}

/** Nothing is left of what was opened before the chunk that did not open. @returns the error to throw */
function refused(target: Uint8Array, error: unknown): unknown {
  target.fill(0)
  return error instanceof KmsError && error.code === 'authentication-failed' ? authenticationFailed() : error
}

/** The start of an envelope that is opened chunk by chunk. */
export interface BegunOpening {
  /** Bytes of header ‖ salt ‖ commitment; the first chunk starts there. */
  readonly startLength: number
  /** Opens the chunks. Its commitment was checked. Wipe it in the end. */
  readonly cipher: MessageCipher
}

/** An `AeadCipher` of primitives that have none. Takes over `key`. */
function chunkByChunk(primitives: Primitives, aead: Aead, key: Uint8Array): AeadCipher {
  return {
    seal: (nonce, plaintext, target, at) => target.set(primitives.aeadSeal(aead, key, nonce, empty, plaintext), at),
    open(nonce, sealed, target, at) {
      const opened = primitives.aeadOpen(aead, key, nonce, empty, sealed)
      target.set(opened, at)
      opened.fill(0)
    },
    wipe: () => void key.fill(0),
  }
}
