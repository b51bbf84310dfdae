import { KmsError } from '../errors.ts'
import { curveSpki, curves } from './curves.ts'
import { isPointOn } from './nist-point.ts'
import type { Primitives } from './primitives.ts'
import { type SignatureAlgorithm, signatureAlgorithms } from './signature-algorithms.ts'

/** Whose signatures are accepted: the public half of a signing key. */
export interface VerificationKey {
  readonly algorithm: SignatureAlgorithm
  /** Raw: 32 bytes of Ed25519, or the 65 of an uncompressed point of P-256. */
  readonly publicKey: Uint8Array
}

/** @throws `invalid-argument` for an algorithm, a length or a point that is none */
export function checkVerificationKey(key: VerificationKey): VerificationKey {
  const { algorithm, publicKey } = (key ?? {}) as Partial<VerificationKey>
  if (algorithm === undefined || !Object.hasOwn(signatureAlgorithms, algorithm) || !(publicKey instanceof Uint8Array)) {
    throw new KmsError('invalid-argument', 'A verification key has an algorithm, Ed25519 or P-256, and a public key.')
  }
  const { publicKeyLength } = curves[signatureAlgorithms[algorithm].curve]
  if (publicKey.length !== publicKeyLength) {
    throw new KmsError('invalid-argument', `A raw ${algorithm} public key has ${publicKeyLength} bytes.`)
  }
  if (algorithm === 'P-256' && !isPointOn('p-256', publicKey)) {
    throw new KmsError('invalid-argument', 'A raw P-256 public key is an uncompressed point on the curve.')
  }
  return { algorithm, publicKey }
}

/** DER of the SubjectPublicKeyInfo (RFC 5280 §4.1.2.7). */
export function spkiOf(key: VerificationKey): Uint8Array {
  const { algorithm, publicKey } = checkVerificationKey(key)
  return curveSpki(signatureAlgorithms[algorithm].curve, publicKey)
}

/** SHA-256 of the SubjectPublicKeyInfo, its first 16 bytes (envelope v1, content 5). */
export function signerFingerprint(key: VerificationKey, primitives: Primitives): Uint8Array {
  return primitives.hash('SHA-256', spkiOf(key)).slice(0, 16)
}
