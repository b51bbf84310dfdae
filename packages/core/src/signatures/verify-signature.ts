import type { WebCrypto } from '../crypto/web-crypto.ts'
import { sameBytes } from '../encoding/bytes.ts'
import { plaintextBytes } from '../encoding/plaintext.ts'
import { KmsError } from '../errors.ts'
import { importPublicHalf } from '../key-pairs/pair-halves.ts'
import { type PublicKeyForm, readPublicKeyForm } from '../key-pairs/public-key-forms.ts'
import { type SignatureForm, signatureFits } from '../key-pairs/verify.ts'
import type { SpecifiedPublicKey } from '../public-keys/spki.ts'
import { requireBytes } from '../refusals.ts'
import { keySpecEntry } from '../specs/key-specs.ts'
import { type DigestedData, type Digesting, digestOf } from './digest.ts'
import { decodeSignatureFile, statementBytes } from './signature-file.ts'

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
 * @throws `authentication-failed` unless the key signed exactly this data; `invalid-argument` for a public key that is none, or that does not sign; as
 * `readPublicKeyForm` for one of another kind; `unsupported` where the platform lacks the algorithm
 */
export async function verifySignature(
  publicKey: PublicKeyForm,
  signature: Uint8Array,
  data: Uint8Array | string,
  { form = 'raw', crypto = globalThis.crypto }: VerifySignatureOptions = {},
): Promise<void> {
  const key = readSigningKey(publicKey)
  requireBytes(signature, 'The signature')
  const bytes = plaintextBytes(data)
  requireBytes(bytes, 'The data')
  await checkSignature(key, signature, form, bytes, crypto)
}

export interface VerifySignatureFileOptions {
  /** What digests the data. */
  readonly primitives: Digesting
  /** What verifies; the platform's WebCrypto unless given. */
  readonly crypto?: WebCrypto
}

/** What a genuine `.sig` file says of who signed: what its signer calls them. */
export interface SignatureFileVerification {
  /** UUID of the key. */
  readonly key: string
  /** The label of the version. */
  readonly version: string
}

/**
 * Verifies a `.sig` file (contents-v1 §Signature files) with a public key alone, over data of any length, in bounded memory.
 * @param publicKey of the version that signed, as in `verifySignature`
 * @param file what `signFile` or `kms sign` gave @param data bytes, or their parts one after another
 * @throws as `verifySignature`; `malformed`, `unsupported` for a file of a newer release, and what `data` throws
 */
export async function verifySignatureFile(
  publicKey: PublicKeyForm,
  file: string,
  data: DigestedData,
  { primitives, crypto = globalThis.crypto }: VerifySignatureFileOptions,
): Promise<SignatureFileVerification> {
  const signer = readSigningKey(publicKey)
  const { signature, ...statement } = decodeSignatureFile(file)
  const { key, spec, version, digest } = statement
  if (spec !== signer.spec || !sameBytes(await digestOf(data, primitives), digest)) throw notIts()
  await checkSignature(signer, signature, 'raw', statementBytes(statement), crypto)
  return { key, version }
}

function readSigningKey(form: PublicKeyForm): SpecifiedPublicKey {
  const key = readPublicKeyForm(form)
  if (keySpecEntry(key.spec).purposes.includes('sign')) return key
  throw new KmsError('invalid-argument', `Keys of ${key.spec} do not sign.`)
}

async function checkSignature(
  { spec, spki }: SpecifiedPublicKey,
  signature: Uint8Array,
  form: SignatureForm,
  data: Uint8Array,
  crypto: WebCrypto,
): Promise<void> {
  const half = await importPublicHalf(spki, 'sign', spec, crypto)
  if (!(await signatureFits({ spec, half, signature, form, data }, crypto))) throw notIts()
}

const notIts = (): KmsError => new KmsError('authentication-failed', 'The signature is not of that key over this data.')
