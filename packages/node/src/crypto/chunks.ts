import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { NativeKey } from './raw-keys.ts'

// Of node:crypto alone: a thread that seals loads nothing else, so that collecting its garbage is cheap.

export const tagLength = 16
const nonceLength = 12
const options = { authTagLength: tagLength } as const

/**
 * Writes ciphertext ‖ tag to `target` at `at`. Lengths are the caller's business.
 * @param cipher OpenSSL's name of an AEAD
 * @returns the array that node:crypto made for it and that nobody needs any more
 */
export function sealChunk(
  cipher: string,
  key: NativeKey,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  target: Uint8Array,
  at: number,
  aad?: Uint8Array,
): Uint8Array {
  const sealing = createCipheriv(cipher as 'aes-256-gcm', key, nonce, options)
  if (aad !== undefined) sealing.setAAD(aad, { plaintextLength: plaintext.length })
  const sealed = sealing.update(plaintext)
  target.set(sealed, at)
  sealing.final()
  target.set(sealing.getAuthTag(), at + plaintext.length)
  return sealed
}

/**
 * Writes the plaintext to `target` at `at`.
 * @returns undefined, and nothing is written, if it is not genuine; else the array, wiped, that node:crypto made for it
 */
export function openChunk(
  cipher: string,
  key: NativeKey,
  nonce: Uint8Array,
  sealed: Uint8Array,
  target: Uint8Array,
  at: number,
): Uint8Array | undefined {
  const length = sealed.length - tagLength
  if (length < 0) return undefined
  const opening = createDecipheriv(cipher as 'aes-256-gcm', key, nonce, options)
  opening.setAuthTag(sealed.subarray(length))
  const opened = opening.update(sealed.subarray(0, length))
  try {
    opening.final()
    target.set(opened, at)
    return opened
  } catch {
    return undefined
  } finally {
    opened.fill(0)
  }
}

/** One piece of work of many chunks. */
export interface ChunkWork {
  readonly opens: boolean
  /** 12 bytes for each chunk. */
  readonly nonces: Uint8Array
  readonly source: Uint8Array
  /** Bytes of plaintext of each chunk but the last. */
  readonly length: number
  readonly target: Uint8Array
}

/**
 * @param spend takes the arrays that are no longer needed
 * @returns whether all chunks were genuine; what is sealed always is
 */
export function workThrough(
  cipher: string,
  key: NativeKey,
  { opens, nonces, source, length, target }: ChunkWork,
  spend: (arrays: readonly Uint8Array[]) => void = () => {},
): boolean {
  const [taken, made] = opens ? [length + tagLength, length] : [length, length + tagLength]
  const doChunk = opens ? openChunk : sealChunk
  const spent: Uint8Array[] = []
  for (let i = 0; i * nonceLength < nonces.length; i++) {
    const nonce = nonces.subarray(i * nonceLength, (i + 1) * nonceLength)
    const array = doChunk(cipher, key, nonce, source.subarray(i * taken, (i + 1) * taken), target, i * made)
    if (array === undefined) return false
    spent.push(array)
  }
  spend(spent)
  return true
}
