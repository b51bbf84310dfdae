import type { WebCrypto } from '../crypto/web-crypto.ts'
import { ecdsaLength, rawSignature } from './der-signature.ts'
import type { ImportedHalf } from './pair-halves.ts'
import { verifyWith } from './sign.ts'

/** How an ECDSA signature is written: r ‖ s, as WebCrypto and JOSE have it, or DER, as OpenSSL and X.509 do. Others have one form. */
export type SignatureForm = 'raw' | 'der'

/** A signature over data, and whose it is said to be. */
export interface Claim {
  readonly spec: string
  /** The public one. */
  readonly half: ImportedHalf
  readonly signature: Uint8Array
  readonly form: SignatureForm
  readonly data: Uint8Array
}

/** Whether a signature is what it is said to be. @throws `authentication-failed` for what is no signature in DER */
export async function signatureFits({ spec, half, signature, form, data }: Claim, crypto: WebCrypto): Promise<boolean> {
  const isEcdsa = ecdsaLength(spec) !== undefined
  const raw = form === 'der' && isEcdsa ? rawSignature(signature, spec) : signature
  // Some WebCrypto objects throw on a length that is none.
  if (isEcdsa && raw.length !== ecdsaLength(spec)) return false
  return verifyWith(half, raw, data, crypto)
}
