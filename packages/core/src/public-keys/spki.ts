import { concat, sameBytes } from '../envelope/bytes.ts'
import { invalidArgument } from '../envelope/refusals.ts'
import { KmsError } from '../errors.ts'
import { DerReader, der, derInteger, tags } from './der.ts'
import type { KemName } from './kems.ts'

// SubjectPublicKeyInfo (RFC 5280 §4.1.2.7): P-256 (RFC 5480), X25519 (RFC 8410), RSA (RFC 8017 appendix A.1).

// What stands before the key's own bytes is fixed for these two.
const prefixes: Readonly<Partial<Record<KemName, Uint8Array>>> = {
  'P-256': Uint8Array.of(
    ...[0x30, 0x59, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1],
    ...[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7, 3, 0x42, 0],
  ),
  X25519: Uint8Array.of(0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 3, 0x21, 0),
}

/** 1.2.840.113549.1.1.1, rsaEncryption. */
const rsaEncryption = Uint8Array.of(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1)

/**
 * A public key of HPKE as SubjectPublicKeyInfo.
 * @throws `unsupported` for X-Wing, for which no such form is standardised
 */
export function encodeSpki(kem: KemName, bytes: Uint8Array): Uint8Array {
  const prefix = prefixes[kem]
  if (prefix === undefined) throw noStandardForm(kem)
  return concat(prefix, bytes)
}

/** What a SubjectPublicKeyInfo holds. @throws `invalid-argument` */
export function decodeSpki(
  spki: Uint8Array,
): { readonly type: 'hpke'; readonly kem: KemName; readonly bytes: Uint8Array } | { readonly type: 'rsa-oaep' } {
  for (const kem of ['P-256', 'X25519'] as const) {
    const prefix = prefixes[kem] as Uint8Array
    const length = prefix[1] as number
    if (spki.length === length + 2 && sameBytes(spki.subarray(0, prefix.length), prefix)) {
      return { type: 'hpke', kem, bytes: spki.subarray(prefix.length) }
    }
  }
  rsaModulusBits(spki)
  return { type: 'rsa-oaep' }
}

/** An RSA public key as SubjectPublicKeyInfo, from modulus and exponent, big-endian without zeros before them. */
export function encodeRsaSpki(modulus: Uint8Array, exponent: Uint8Array): Uint8Array {
  const key = der(tags.sequence, derInteger(modulus), derInteger(exponent))
  const algorithm = der(tags.sequence, der(tags.objectId, rsaEncryption), der(tags.null))
  return der(tags.sequence, algorithm, der(tags.bitString, Uint8Array.of(0), key))
}

/** Modulus and exponent of an RSA public key, big-endian. @throws `invalid-argument` if it is none, or not in DER */
export function decodeRsaSpki(spki: Uint8Array): { readonly modulus: Uint8Array; readonly exponent: Uint8Array } {
  if (!(spki instanceof Uint8Array)) throw invalidArgument('A SubjectPublicKeyInfo is a Uint8Array.')
  const outer = new DerReader(spki)
  const info = new DerReader(outer.read(tags.sequence))
  outer.end()
  const algorithm = new DerReader(info.read(tags.sequence))
  if (!sameBytes(algorithm.read(tags.objectId), rsaEncryption)) {
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
  // With the exponent 1 the ciphertext is the message. Neither number is even in any key pair, and no exponent in use has more than 64 bits (FIPS 186-5 has
  // 2^16 to 2^256; OpenSSL stops there): a long one only costs whoever seals.
  if (isEven(modulus) || isEven(exponent) || exponent.length > 8 || (exponent.length === 1 && exponent[0] === 1)) {
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

export function noStandardForm(kem: KemName): KmsError {
  return new KmsError(
    'unsupported',
    `No standard says how a public key of ${kem} is written as PEM or JWK. Use the text form, kmspk1….`,
  )
}
