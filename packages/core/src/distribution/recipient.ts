import { toHex } from '../encoding/bytes.ts'
import { KmsError } from '../errors.ts'
import { type PublicJwk, type RecipientPublicKey, readPublicKey } from '../public-keys/index.ts'
import { invalidArgument } from '../refusals.ts'
import { checkName } from '../store/names.ts'

/** A recipient whose public key the sender has verified: read aloud, compared, handed over. */
export interface RecipientByFingerprint {
  /** `kmspk1…`, SubjectPublicKeyInfo in PEM (text) or DER (bytes), JWK, or as `readPublicKey` gives it. */
  readonly publicKey: string | Uint8Array | PublicJwk | RecipientPublicKey
  /** Said again, from where it was verified and not from the key: 32 hexadecimal digits. A file that was exchanged is noticed by it. */
  readonly fingerprint: string
  /** Whose it is, for the record: up to 200 bytes. */
  readonly name?: string
}

/** What a verified certificate says. */
export interface CertifiedRecipient {
  readonly publicKey: RecipientPublicKey
  /** The name that was asked for and is in the certificate. */
  readonly name: string
  /** SHA-256 of the certificate in DER: 64 hexadecimal digits. */
  readonly certificate: string
}

/**
 * Verifies a certificate of a recipient: its chain up to authorities of the caller's, validity at a time, usage, and name. `certificateRecipient`
 * of `@kms/node/certificates` is one. It throws where anything is not as it must be.
 */
export type CertificateCheck = (at: Date) => CertifiedRecipient | Promise<CertifiedRecipient>

/** Whom a key is sent to. */
export type SendTo = RecipientByFingerprint | { readonly certificate: CertificateCheck }

/** A recipient, verified. */
export interface VerifiedRecipient {
  readonly publicKey: RecipientPublicKey
  readonly fingerprint: string
  readonly name: string
  /** Empty without one. */
  readonly certificate: string
}

/**
 * @param at when a certificate must be valid
 * @throws `invalid-argument`, `authentication-failed` for a fingerprint that is not the key's; what a certificate's check throws
 */
export async function verifiedRecipient(to: SendTo, at: Date): Promise<VerifiedRecipient> {
  if ('certificate' in to) {
    const { publicKey, name, certificate } = await to.certificate(at)
    return { publicKey, fingerprint: toHex(publicKey.fingerprint), name: checkName(name, 'A recipient'), certificate }
  }
  const { publicKey: form, fingerprint: said, name } = to
  const publicKey =
    typeof form === 'object' && 'fingerprint' in form ? form : await readPublicKey(form as string | Uint8Array | object)
  const wanted = typeof said === 'string' ? said.replace(/[\s:-]/g, '').toLowerCase() : ''
  if (!/^[0-9a-f]{32}$/.test(wanted)) {
    throw invalidArgument(
      "Say the recipient's fingerprint, 32 hexadecimal digits, as they told it to you: kms key public and kms public show it.",
    )
  }
  const fingerprint = toHex(publicKey.fingerprint)
  if (fingerprint !== wanted) {
    throw new KmsError(
      'authentication-failed',
      'The public key has another fingerprint than the one that was said: it is not the recipient’s, or one of the two was mistaken. Ask them again.',
    )
  }
  return { publicKey, fingerprint, name: name === undefined ? '' : checkName(name, 'A recipient'), certificate: '' }
}
