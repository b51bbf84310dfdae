import { type CurveName, curveNames, curveSpki, rawOfSpki } from '../crypto/curves.ts'
import { sameBytes } from '../encoding/bytes.ts'
import { DerReader, der, derInteger, tags } from '../encoding/der.ts'
import { KmsError } from '../errors.ts'
import { invalidArgument } from '../refusals.ts'
import type { KemName } from './kems.ts'

// SubjectPublicKeyInfo (RFC 5280 §4.1.2.7) of curves and of RSA (RFC 8017 appendix A.1).

/** A public key as its spec and SubjectPublicKeyInfo. */
export interface SpecifiedPublicKey {
  readonly spec: string
  /** SubjectPublicKeyInfo in DER; of X-Wing as HPKE serialises it. */
  readonly spki: Uint8Array
}

/** The spec of a SubjectPublicKeyInfo's key. @throws `invalid-argument` for another algorithm, or no DER; `unsupported` for another length of RSA */
export function specOfSpki(spki: Uint8Array): string {
  const curve = curveNames.find((name) => rawOfSpki(spki, name) !== undefined)
  if (curve !== undefined) return curve
  const bits = rsaModulusBits(spki)
  if (bits === 2048 || bits === 3072 || bits === 4096) return `rsa-${bits}`
  throw new KmsError('unsupported', `An RSA key of ${bits} bits is not used here: 2048, 3072 or 4096.`)
}

/** Curves of HPKE's mechanisms, of which alone there is such a form. */
const kemCurves: Readonly<Partial<Record<KemName, CurveName>>> = { 'P-256': 'p-256', X25519: 'x25519' }

/** The curve of a mechanism's public keys. @throws `unsupported` for X-Wing, which is on none, and for which no form but ours is standardised */
export function curveOfKem(kem: KemName): CurveName {
  const curve = kemCurves[kem]
  if (curve !== undefined) return curve
  throw new KmsError(
    'unsupported',
    `No standard says how a public key of ${kem} is written as PEM or JWK. Use the text form, kmspk1….`,
  )
}

/** HPKE's mechanism on a curve; undefined where there is none here. */
export const kemOfCurve = (curve: CurveName): KemName | undefined =>
  (Object.keys(kemCurves) as KemName[]).find((kem) => kemCurves[kem] === curve)

/**
 * Bytes of an RSA exponent. No exponent in use has more than 64 bits, where OpenSSL stops too (FIPS 186-5 §A.1.1 has 2^16 to 2^256): a long one only costs
 * whoever seals.
 */
export const longestExponent = 8

/** 1.2.840.113549.1.1.1, rsaEncryption. */
const rsaEncryptionId = Uint8Array.of(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1)

/** The AlgorithmIdentifier of RSA keys (RFC 8017 appendix A.1). */
export const rsaEncryption: Uint8Array = der(tags.sequence, der(tags.objectId, rsaEncryptionId), der(tags.null))

/**
 * A public key of HPKE as SubjectPublicKeyInfo.
 * @throws `unsupported` for X-Wing, for which no such form is standardised
 */
export function encodeSpki(kem: KemName, bytes: Uint8Array): Uint8Array {
  return curveSpki(curveOfKem(kem), bytes)
}

/** What a SubjectPublicKeyInfo holds. @throws `invalid-argument` */
export function decodeSpki(
  spki: Uint8Array,
): { readonly type: 'hpke'; readonly kem: KemName; readonly bytes: Uint8Array } | { readonly type: 'rsa-oaep' } {
  for (const kem of Object.keys(kemCurves) as KemName[]) {
    const bytes = rawOfSpki(spki, kemCurves[kem] as CurveName)
    if (bytes !== undefined) return { type: 'hpke', kem, bytes }
  }
  rsaModulusBits(spki)
  return { type: 'rsa-oaep' }
}

/** An RSA public key as SubjectPublicKeyInfo, from modulus and exponent, big-endian without zeros before them. */
export function encodeRsaSpki(modulus: Uint8Array, exponent: Uint8Array): Uint8Array {
  const key = der(tags.sequence, derInteger(modulus), derInteger(exponent))
  return der(tags.sequence, rsaEncryption, der(tags.bitString, Uint8Array.of(0), key))
}

/** Modulus and exponent of an RSA public key, big-endian. @throws `invalid-argument` if it is none, or not in DER */
export function decodeRsaSpki(spki: Uint8Array): { readonly modulus: Uint8Array; readonly exponent: Uint8Array } {
  if (!(spki instanceof Uint8Array)) throw invalidArgument('A SubjectPublicKeyInfo is a Uint8Array.')
  const outer = new DerReader(spki)
  const info = new DerReader(outer.read(tags.sequence))
  outer.end()
  const algorithm = new DerReader(info.read(tags.sequence))
  if (!sameBytes(algorithm.read(tags.objectId), rsaEncryptionId)) {
    throw invalidArgument('The public key is of an algorithm that is not used here. kms specs shows those that are.')
  }
  algorithm.read(tags.null)
  algorithm.end()
  const bits = info.read(tags.bitString)
  info.end()
  const sequence = new DerReader(bits.subarray(1))
  const key = new DerReader(sequence.read(tags.sequence))
  sequence.end()
  const modulus = positive(key.read(tags.integer))
  const exponent = positive(key.read(tags.integer))
  key.end()
  // With the exponent 1 the ciphertext is the message. Neither number is even in any key pair.
  const isOne = exponent.length === 1 && exponent[0] === 1
  if (isEven(modulus) || isEven(exponent) || exponent.length > longestExponent || isOne) {
    throw invalidArgument(
      'The RSA public key is none: its modulus or exponent is even, or the exponent 1 or over 64 bits.',
    )
  }
  // One key has one encoding, else it had several fingerprints.
  if (!sameBytes(encodeRsaSpki(modulus, exponent), spki)) throw invalidArgument('The RSA public key is not in DER.')
  return { modulus, exponent }
}

/** Bits of an RSA public key's modulus. @throws `invalid-argument` if it is no RSA public key in DER */
export function rsaModulusBits(spki: Uint8Array): number {
  const { modulus } = decodeRsaSpki(spki)
  return modulus.length * 8 - (Math.clz32(modulus[0] as number) - 24)
}

const isEven = (integer: Uint8Array): boolean => ((integer.at(-1) as number) & 1) === 0

function positive(integer: Uint8Array): Uint8Array {
  const start = integer.length > 1 && integer[0] === 0 ? 1 : 0
  if (integer.length === 0 || (integer[start] as number) === 0)
    throw invalidArgument('The RSA public key holds a zero.')
  return integer.subarray(start)
}
