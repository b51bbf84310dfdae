import { invalidArgument } from '../refusals.ts'
import { chunkLength, prefixLength, tagLength } from './body.ts'
import { keyHeaderLength, macLength } from './header.ts'
import { preambleLength } from './preamble.ts'
import { wrappedLength } from './recipient-layouts.ts'

/** Bytes a recipient kind takes in a header, kind and length included, for `encryptedLength`. */
export const recipientLengths = {
  key: 63,
  passwordPbkdf2: 64,
  passwordScrypt: 63,
  passwordArgon2id: 69,
  hpkeP256: 134,
  hpkeX25519: 101,
  hpkeXWing: 1189,
  rsaOaep2048: 315,
  rsaOaep3072: 443,
  rsaOaep4096: 571,
} as const

/**
 * The same for an external recipient.
 * @param blobLength what the provider's blobs take: 0 to 65,535 bytes
 */
export function externalRecipientLength(provider: string, reference: string, blobLength: number): number {
  return 3 + 1 + provider.length + 2 + reference.length + 2 + blobLength + wrappedLength
}

/**
 * Bytes of the envelope of an n-byte message, for sizing columns and files (envelope v1 §Lengths).
 * @param n bytes of plaintext, 0 or more
 * @param recipients bytes each recipient takes (see `recipientLengths`) for mode 2; none given: modes 0 and 1
 * @throws `invalid-argument`
 */
export function encryptedLength(n: number, recipients?: readonly number[]): number {
  if (!Number.isSafeInteger(n) || n < 0) throw invalidArgument('A length is a whole number of bytes, 0 or more.')
  return headerLength(recipients) + prefixLength + n + tagLength * (Math.floor(n / chunkLength) + 1)
}

/**
 * Characters of the text form of the envelope of an n-byte message: 154 for 16 bytes in mode 0.
 * @param n bytes of plaintext, 0 or more
 * @throws `invalid-argument`
 */
export function textLength(n: number, recipients?: readonly number[]): number {
  return Math.ceil((encryptedLength(n, recipients) * 4) / 3)
}

/**
 * The other way round: bytes of plaintext in a body.
 * @returns undefined if no message has a body of that length, because it was cut
 */
export function plaintextLength(bodyLength: number): number | undefined {
  const sealed = bodyLength - prefixLength
  const last = sealed % (chunkLength + tagLength)
  if (sealed < tagLength || last < tagLength) return undefined
  return sealed - tagLength * (Math.floor(sealed / (chunkLength + tagLength)) + 1)
}

function headerLength(recipients: readonly number[] | undefined): number {
  if (recipients === undefined) return keyHeaderLength
  return recipients.reduce((sum, length) => sum + length, preambleLength + 1 + macLength)
}
