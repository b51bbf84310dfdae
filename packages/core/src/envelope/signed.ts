import type { Primitives } from '../crypto/primitives.ts'
import { signatureAlgorithm, signatureAlgorithms, signatureLength } from '../crypto/signature-algorithms.ts'
import { type Signer, VerifyingKey } from '../crypto/signing.ts'
import { signerFingerprint, type VerificationKey } from '../crypto/verification-key.ts'
import type { WebCrypto } from '../crypto/web-crypto.ts'
import { ascii, concat, readU16, sameBytes, u16 } from '../encoding/bytes.ts'
import type { Content } from './preamble.ts'

// The signature inside contents 2 to 6 (envelope v1, content 5; contents-v1 §Contents): whoever may seal to a recipient could
// make these, and the header does not say who did.
//   algorithm u16 ‖ signer's fingerprint 16 ‖ signature length u16 ‖ signature ‖ data

/** Contents that bear a signature inside, and the label it is made under, so that a signature of one content is none of another. */
const labels: Readonly<Record<SignedContent, string>> = {
  2: 'kms1/key package\0',
  3: 'kms1/backup\0',
  4: 'kms1/store key\0',
  5: 'kms1/signed\0',
  6: 'kms1/ring key\0',
}

export type SignedContent = Exclude<Content, 0 | 1>

const fingerprintAt = 2
const lengthAt = 18
const signatureAt = 20

/** Bytes before the data. */
export const signedPrefixLength: number = signatureAt + signatureLength

/** What a signature is bound to besides the data. */
export interface SignedPlace {
  readonly content: SignedContent
  /** The envelope's `C` = preamble ‖ canonical(context). */
  readonly bound: Uint8Array
}

/** `"kms1/…" ‖ 00 ‖ algorithm ‖ fingerprint ‖ C ‖ SHA-512(data)`. The fingerprint binds the key: nobody finds a second that fits. */
function signedInput(
  { content, bound }: SignedPlace,
  algorithm: number,
  fingerprint: Uint8Array,
  digest: Uint8Array,
): Uint8Array {
  return concat(ascii(labels[content]), u16(algorithm), fingerprint, bound, digest)
}

/**
 * Signs a content's data.
 * @param digest 64 bytes: SHA-512 of the data
 * @returns the 84 bytes before the data
 */
async function signedPrefix(
  place: SignedPlace,
  digest: Uint8Array,
  signer: Signer,
  primitives: Primitives,
): Promise<Uint8Array> {
  const { number } = signatureAlgorithms[signer.algorithm]
  const fingerprint = signerFingerprint(signer, primitives)
  const signature = await signer.sign(signedInput(place, number, fingerprint, digest))
  return concat(u16(number), fingerprint, u16(signatureLength), signature)
}

/**
 * Signs a content's data.
 * @returns the plaintext of the envelope, which the caller wipes
 */
export async function sign(
  place: SignedPlace,
  data: Uint8Array,
  signer: Signer,
  primitives: Primitives,
): Promise<Uint8Array> {
  return concat(await signedPrefix(place, primitives.hash('SHA-512', data), signer, primitives), data)
}

/**
 * Whether the 84 bytes before a content's data are the signature of one of the signers accepted.
 * @param digest 64 bytes: SHA-512 of the data
 * @returns that signer, or undefined: for an unknown algorithm, another signer, length or signature alike
 */
export async function verifyPrefix(
  place: SignedPlace,
  prefix: Uint8Array,
  digest: Uint8Array,
  accepted: readonly VerificationKey[],
  { primitives, crypto }: { readonly primitives: Primitives; readonly crypto: WebCrypto },
): Promise<VerificationKey | undefined> {
  if (prefix.length !== signedPrefixLength || readU16(prefix, lengthAt) !== signatureLength) return undefined
  const number = readU16(prefix, 0)
  const algorithm = signatureAlgorithm(number)
  const fingerprint = prefix.subarray(fingerprintAt, lengthAt)
  const signer = accepted.find(
    (one) => one.algorithm === algorithm && sameBytes(signerFingerprint(one, primitives), fingerprint),
  )
  if (signer === undefined) return undefined
  const key = await VerifyingKey.from(signer, crypto)
  const genuine = await key.verify(prefix.slice(signatureAt), signedInput(place, number, fingerprint, digest))
  return genuine ? signer : undefined
}

/** A content's data whose signature was checked. */
export interface Verified {
  /** A view on the plaintext. */
  readonly data: Uint8Array
  readonly signer: VerificationKey
}

/**
 * Checks a content's signature.
 * @param accepted who may have signed
 * @returns undefined for an unknown algorithm, another signer, length or signature alike
 * @throws `invalid-argument`, `unsupported` for what is no key in `accepted`
 */
export async function verify(
  place: SignedPlace,
  plaintext: Uint8Array,
  accepted: readonly VerificationKey[],
  parts: { readonly primitives: Primitives; readonly crypto: WebCrypto },
): Promise<Verified | undefined> {
  if (plaintext.length < signedPrefixLength) return undefined
  const data = plaintext.subarray(signedPrefixLength)
  const digest = parts.primitives.hash('SHA-512', data)
  const signer = await verifyPrefix(place, plaintext.subarray(0, signedPrefixLength), digest, accepted, parts)
  return signer === undefined ? undefined : { data, signer }
}
