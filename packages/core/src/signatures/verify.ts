import type { WebCrypto } from '../crypto/web-crypto.ts'
import { importPublicHalf } from '../key-pairs/pair-halves.ts'
import { ecdsaLength, rawSignature } from './der-signature.ts'
import { verifyWith } from './sign.ts'

/** How an ECDSA signature is written: r ‖ s, as WebCrypto and JOSE have it, or DER, as OpenSSL and X.509 do. Others have one form. */
export type SignatureForm = 'raw' | 'der'

/** A signature over data, and whose it is said to be. */
export interface Claim {
  readonly spec: string
  /** SubjectPublicKeyInfo in DER. */
  readonly publicKey: Uint8Array
  readonly signature: Uint8Array
  readonly form: SignatureForm
  readonly data: Uint8Array
}

/** Whether a signature is what it is said to be. @throws `invalid-argument` for a public key that is none, `unsupported` */
export async function signatureFits(
  { spec, publicKey, signature, form, data }: Claim,
  crypto: WebCrypto,
): Promise<boolean> {
  const half = await importPublicHalf(publicKey, 'sign', spec, crypto)
  const isEcdsa = ecdsaLength(spec) !== undefined
  const raw = form === 'der' && isEcdsa ? rawSignature(signature, spec) : signature
  // Some WebCrypto objects throw on a length that is none.
  if (isEcdsa && raw.length !== ecdsaLength(spec)) return false
  return verifyWith(half, raw, data, crypto)
}
