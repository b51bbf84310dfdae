import type { Hash, Primitives } from '../crypto/primitives.ts'
import { KmsError } from '../errors.ts'
import { invalidArgument } from '../refusals.ts'

export interface HkdfOptions {
  readonly primitives: Primitives
  /** Not secret. Empty unless given, which RFC 5869 §2.2 takes as a hash's length of zeros. */
  readonly salt?: Uint8Array
  /** What the output is for. Two uses of one input differ in it. Empty unless given. */
  readonly info?: Uint8Array
  /** Bytes of output, 1 to 255 hash lengths; one hash length unless given. */
  readonly length?: number
}

/** 128 bits: no key here has fewer. */
const leastInput = 16

const hashLengths: Readonly<Record<Hash, number>> = { 'SHA-256': 32, 'SHA-384': 48, 'SHA-512': 64 }

/**
 * HKDF, extract and expand, byte for byte RFC 5869 §2. It takes keys and shared secrets, which nobody can guess: it is fast, and so is who
 * guesses. A password goes through `deriveKey`.
 * @param inputKey 16 bytes or more
 * @returns fresh bytes, which the caller wipes
 * @throws `invalid-argument` for a string, another hash or a length out of range; `weak-key` for a short `inputKey`
 */
export function hkdf(
  hash: Hash,
  inputKey: Uint8Array,
  { primitives, salt = new Uint8Array(0), info = new Uint8Array(0), length = hashLengths[hash] }: HkdfOptions,
): Uint8Array {
  if (typeof inputKey === 'string') {
    throw invalidArgument(
      'HKDF is no password hash: it is fast, and so is whoever guesses. deriveKey makes a key of a password.',
    )
  }
  for (const [name, bytes] of Object.entries({ inputKey, salt, info })) {
    if (!(bytes instanceof Uint8Array)) throw invalidArgument(`The ${name} of HKDF is a Uint8Array.`)
  }
  if (inputKey.length < leastInput) {
    throw new KmsError(
      'weak-key',
      `HKDF spreads what its input holds, and adds nothing: an input of ${inputKey.length} bytes can be guessed. Give ${leastInput} or more.`,
    )
  }
  return primitives.hkdf(hash, inputKey, salt, info, length)
}
