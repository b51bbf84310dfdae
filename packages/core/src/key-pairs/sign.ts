import type { WebCrypto } from '../crypto/web-crypto.ts'
import type { ImportedHalf } from './pair-halves.ts'

/** Signs `data` as a whole. @returns as WebCrypto gives it: 64 bytes of Ed25519, r ‖ s of ECDSA, the modulus's length of RSA */
export async function signWith(half: ImportedHalf, data: Uint8Array, crypto: WebCrypto): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign(half.algorithm.operation, half.key, data as BufferSource))
}

/** Whether a signature, in the form that `signWith` gives, is of the pair whose public half this is. */
export function verifyWith(
  half: ImportedHalf,
  signature: Uint8Array,
  data: Uint8Array,
  crypto: WebCrypto,
): Promise<boolean> {
  const { operation } = half.algorithm
  return crypto.subtle.verify(operation, half.key, signature as BufferSource, data as BufferSource)
}
