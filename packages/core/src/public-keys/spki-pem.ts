import { fromBase64 } from '../encoding/base64.ts'
import { pemBlock, pemText } from '../encoding/pem.ts'
import { invalidArgument, privateHalf } from '../refusals.ts'
import { hpkePublicKey, type RecipientPublicKey, rsaPublicKey } from './public-key.ts'
import { decodeSpki, encodeSpki } from './spki.ts'

// The textual form of SubjectPublicKeyInfo (RFC 7468 §13).

/**
 * A public key as SubjectPublicKeyInfo in PEM.
 * @throws `unsupported` for X-Wing, for which no such form is standardised
 */
export function publicKeyPem(key: RecipientPublicKey): string {
  return spkiPem(key.type === 'hpke' ? encodeSpki(key.kem, key.bytes) : key.bytes)
}

/** A SubjectPublicKeyInfo in PEM. @param spki DER */
export function spkiPem(spki: Uint8Array): string {
  return pemText('PUBLIC KEY', spki)
}

/**
 * Reads a SubjectPublicKeyInfo in PEM: P-256 (RFC 5480, uncompressed), X25519 (RFC 8410), RSA (rsaEncryption).
 * @throws `invalid-argument` if it is none, or a private key; `unsupported` for RSA of other than 2048, 3072 or 4096 bits
 */
export async function readPublicKeyPem(pem: string): Promise<RecipientPublicKey> {
  return readSpki(spkiOfPem(pem))
}

/** The DER of a SubjectPublicKeyInfo in PEM. @throws `invalid-argument` if it is none, or a private key */
export function spkiOfPem(pem: string): Uint8Array {
  const [, label, body] = pemBlock.exec(pem) ?? []
  if (label === undefined || body === undefined) throw invalidArgument('The PEM block is cut or damaged.')
  if (label.endsWith('PRIVATE KEY')) throw privateHalf()
  if (label !== 'PUBLIC KEY') {
    throw invalidArgument('The PEM block is not a PUBLIC KEY. openssl x509 -pubkey takes one out of a certificate.')
  }
  return decode(body)
}

/** Reads a SubjectPublicKeyInfo in DER. @throws as `readPublicKeyPem` */
export async function readSpki(spki: Uint8Array): Promise<RecipientPublicKey> {
  const key = decodeSpki(spki)
  return key.type === 'hpke' ? hpkePublicKey(key.kem, key.bytes) : rsaPublicKey(spki)
}

function decode(body: string): Uint8Array {
  try {
    return fromBase64(body.replace(/\s+/g, ''))
  } catch {
    throw invalidArgument('The PEM block is not base64.')
  }
}
