/** Signature algorithms by their common names; the key's curve says all the rest. */
export type SignatureAlgorithm = 'Ed25519' | 'P-256'

export interface SignatureAlgorithmEntry {
  /** What stands in signed contents (envelope v1, content 5). */
  readonly number: number
  /** Bytes of a raw public key: Ed25519's 32 (RFC 8032), or an uncompressed point `04 ‖ x ‖ y` (SEC 1 §2.3.3). */
  readonly publicKeyLength: number
  /** The DER before the raw public key in a SubjectPublicKeyInfo: RFC 8410 §4, RFC 5480 §2. */
  readonly spkiPrefix: Uint8Array
  /** What WebCrypto calls the key's algorithm. */
  readonly key: { readonly name: string; readonly namedCurve?: string }
  /** What WebCrypto calls the operation. */
  readonly operation: { readonly name: string; readonly hash?: string }
}

const bytes = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/../g) as string[], (pair) => Number.parseInt(pair, 16))

/**
 * Signatures of 64 bytes both: Ed25519 (RFC 8032), and ECDSA on P-256 with SHA-256 as r ‖ s (FIPS 186-5, IEEE P1363). Of an
 * ECDSA signature there is always a second one that verifies too, (r, n − s): a signature is no name of what it signs.
 */
export const signatureAlgorithms: Readonly<Record<SignatureAlgorithm, SignatureAlgorithmEntry>> = {
  Ed25519: {
    number: 1,
    publicKeyLength: 32,
    spkiPrefix: bytes('302a300506032b6570032100'),
    key: { name: 'Ed25519' },
    operation: { name: 'Ed25519' },
  },
  'P-256': {
    number: 2,
    publicKeyLength: 65,
    spkiPrefix: bytes('3059301306072a8648ce3d020106082a8648ce3d030107034200'),
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
