import type { WebCrypto } from '../crypto/web-crypto.ts'
import { KmsError } from '../errors.ts'
import { importPublicHalf } from '../key-pairs/pair-halves.ts'
import { type PublicKeyForm, readPublicKeyForm } from '../key-pairs/public-key-forms.ts'
import { plaintextBytes } from '../keys/plaintext.ts'
import { keySpecEntry } from '../specs/key-specs.ts'
import { type SignatureForm, signatureFits } from './verify.ts'

export interface VerifySignatureOptions {
  /** `raw` unless given. */
  readonly form?: SignatureForm
  /** What verifies; the platform's WebCrypto unless given. */
  readonly crypto?: WebCrypto
}

/**
 * Verifies a signature with a public key alone, for who has no store: Ed25519 (RFC 8032), ECDSA or RSA-PSS (FIPS 186-5, RFC 8017), with the hash and the
 * salt that the key's spec has here (`keySpecs`). Whose key it is, and whether that was compromised, only who gave it to you knows.
 * @param publicKey of Ed25519, P-256, P-384, P-521, or RSA of 2048, 3072 or 4096 bits: PEM, JWK, a line of OpenSSH, SubjectPublicKeyInfo in DER
 * @param signature of Ed25519 64 bytes; of ECDSA r ‖ s, or with `form: 'der'` in DER; of RSA as long as the modulus
 * @param data whole: bytes, or text as UTF-8
 * @throws `authentication-failed` unless the key signed exactly this data; `invalid-argument` for a public key that is none, or that does not sign;
 * `unsupported` for an algorithm that is not used here, or that the platform lacks
 */
export async function verifySignature(
  publicKey: PublicKeyForm,
  signature: Uint8Array,
  data: Uint8Array | string,
  { form = 'raw', crypto = globalThis.crypto }: VerifySignatureOptions = {},
): Promise<void> {
  const { spec, spki } = readPublicKeyForm(publicKey)
  if (!keySpecEntry(spec).purposes.includes('sign')) {
    throw new KmsError('invalid-argument', `Keys of ${spec} do not sign.`)
  }
  if (!(signature instanceof Uint8Array)) throw new KmsError('invalid-argument', 'A signature is a Uint8Array.')
  const half = await importPublicHalf(spki, 'sign', spec, crypto)
  if (await signatureFits({ spec, half, signature, form, data: plaintextBytes(data) }, crypto)) return
  throw new KmsError('authentication-failed', 'The signature is not of that key over this data.')
}
