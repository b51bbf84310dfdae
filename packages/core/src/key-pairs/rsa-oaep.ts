import type { WebCrypto } from '../crypto/web-crypto.ts'
import { KmsError } from '../errors.ts'
import { Secret } from '../secret.ts'
import { type ImportedHalf, importPrivateHalf, importPublicHalf } from './pair-halves.ts'
import { type PublicKeyForm, readPublicKeyForm } from './public-key-forms.ts'

// RSA-OAEP (RFC 8017 §7.1) with SHA-256 and MGF1 with SHA-256: what keys of purpose `transport` do, and the same raw.

export interface RsaOaepOptions {
  /** Authenticated with the ciphertext, and not in it; empty unless given. */
  readonly label?: Uint8Array
  /** What encrypts; the platform's WebCrypto unless given. */
  readonly crypto?: WebCrypto
}

/**
 * RSA-OAEP to a public key, raw. **It has no forward secrecy and says nothing of who sent it.** Take `encrypt` with a recipient, or a key of purpose
 * `transport`.
 * @param publicKey RSA of 2048, 3072 or 4096 bits, in any form of `PublicKeyForm`
 * @param plaintext at most 66 bytes shorter than the modulus; a key, not data
 * @returns as long as the modulus
 * @throws `invalid-argument` for another key or a longer plaintext, `unsupported` for RSA of another length
 */
export async function rsaOaepEncrypt(
  publicKey: PublicKeyForm,
  plaintext: Uint8Array,
  { label, crypto = globalThis.crypto }: RsaOaepOptions = {},
): Promise<Uint8Array> {
  const { spec, spki } = readPublicKeyForm(publicKey)
  if (!spec.startsWith('rsa-')) throw new KmsError('invalid-argument', 'The public key is of no RSA.')
  const half = await importPublicHalf(spki, 'transport', spec, crypto)
  const longest = Number(spec.slice('rsa-'.length)) / 8 - 66
  if (plaintext.length > longest) {
    throw new KmsError('invalid-argument', `RSA-OAEP takes at most ${longest} bytes with a key of ${spec}.`)
  }
  return encryptOaep(half, plaintext, crypto, label)
}

/**
 * Undoes `rsaOaepEncrypt`, raw. All failures are one: **tell nobody more**, neither by words nor by time, or Manger's attack decrypts anything.
 * @param privateKey PKCS#8 (RFC 5958) in DER, of 2048, 3072 or 4096 bits; stays the caller's
 * @returns the plaintext, the caller's to wipe
 * @throws `authentication-failed` for what was not encrypted to that key with that label; `invalid-argument` for what is no private key of RSA,
 * `unsupported` for one of another length
 */
export async function rsaOaepDecrypt(
  privateKey: Secret,
  ciphertext: Uint8Array,
  { label, crypto = globalThis.crypto }: RsaOaepOptions = {},
): Promise<Secret> {
  // The algorithm is one for all lengths of RSA; the imported key says which it has.
  const half = await importPrivateHalf(privateKey, 'transport', 'rsa-2048', crypto)
  const { modulusLength } = half.key.algorithm as { readonly modulusLength?: number }
  if (modulusLength !== 2048 && modulusLength !== 3072 && modulusLength !== 4096) {
    throw new KmsError('unsupported', 'A private key of RSA has 2048, 3072 or 4096 bits here.')
  }
  const plaintext = await decryptOaep(half, ciphertext, crypto, label)
  if (plaintext !== undefined) return plaintext
  throw new KmsError('authentication-failed', 'That was not encrypted to this key, or with another label.')
}

/** @param half a public one to transport with */
export async function encryptOaep(
  half: ImportedHalf,
  plaintext: Uint8Array,
  crypto: WebCrypto,
  label?: Uint8Array,
): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.encrypt(labelled(half, label), half.key, plaintext as BufferSource))
}

/** @param half a private one to transport with. @returns undefined for whatever does not decrypt */
export async function decryptOaep(
  half: ImportedHalf,
  ciphertext: Uint8Array,
  crypto: WebCrypto,
  label?: Uint8Array,
): Promise<Secret | undefined> {
  try {
    return Secret.take(
      new Uint8Array(await crypto.subtle.decrypt(labelled(half, label), half.key, ciphertext as BufferSource)),
    )
  } catch {
    return undefined
  }
}

const labelled = ({ algorithm }: ImportedHalf, label: Uint8Array | undefined) =>
  label === undefined ? algorithm.operation : { ...algorithm.operation, label: label as BufferSource }
