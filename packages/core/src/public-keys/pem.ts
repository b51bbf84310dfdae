import { invalidArgument } from '../envelope/refusals.ts'
import { fromBase64, toBase64 } from './base64.ts'
import { privateHalf } from './jwk.ts'
import { hpkePublicKey, type RecipientPublicKey, rsaPublicKey } from './public-key.ts'
import { decodeSpki, encodeSpki } from './spki.ts'

// The textual form of SubjectPublicKeyInfo (RFC 7468 §13).

/** A block of PEM (RFC 7468 §3): its label, and base64 with white space in it. */
export const pemBlock: RegExp = /^\s*-----BEGIN ([A-Z0-9 ]+)-----\s([A-Za-z0-9+/=\s]*)-----END \1-----\s*$/

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

/** A DER in PEM, in lines of 64 characters (RFC 7468 §2). */
export function pemText(label: string, der: Uint8Array): string {
  const lines = toBase64(der).match(/.{1,64}/g) as string[]
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

/** Whether a text claims to be PEM. */
export function isPem(text: string): boolean {
  return text.trimStart().startsWith('-----BEGIN ')
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
