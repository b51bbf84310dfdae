import type { CurveName } from './curves.ts'

/** Signature algorithms by their common names; the key's curve says all the rest. */
export type SignatureAlgorithm = 'Ed25519' | 'P-256'

export interface SignatureAlgorithmEntry {
  /** What stands in signed contents (envelope v1, content 5). */
  readonly number: number
  readonly curve: CurveName
  /** What WebCrypto calls the key's algorithm. */
  readonly key: { readonly name: string; readonly namedCurve?: string }
  /** What WebCrypto calls the operation. */
  readonly operation: { readonly name: string; readonly hash?: string }
}

/**
 * Signatures of 64 bytes both: Ed25519 (RFC 8032), and ECDSA on P-256 with SHA-256 as r ‖ s (FIPS 186-5, IEEE P1363). Of an
 * ECDSA signature there is always a second one that verifies too, (r, n − s): a signature is no name of what it signs.
 */
export const signatureAlgorithms: Readonly<Record<SignatureAlgorithm, SignatureAlgorithmEntry>> = {
  Ed25519: {
    number: 1,
    curve: 'ed25519',
    key: { name: 'Ed25519' },
    operation: { name: 'Ed25519' },
  },
  'P-256': {
    number: 2,
    curve: 'p-256',
    key: { name: 'ECDSA', namedCurve: 'P-256' },
    operation: { name: 'ECDSA', hash: 'SHA-256' },
  },
}

/** Bytes of a signature, of either algorithm. */
export const signatureLength = 64

/** The algorithm of a number in signed contents; undefined for one this release does not know. */
export function signatureAlgorithm(number: number): SignatureAlgorithm | undefined {
  return (Object.keys(signatureAlgorithms) as SignatureAlgorithm[]).find(
    (name) => signatureAlgorithms[name].number === number,
  )
}
