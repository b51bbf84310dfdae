import { concat, readU16, sameBytes, u16 } from '../encoding/bytes.ts'
import { fromText, toText } from '../encoding/text.ts'
import { KmsError } from '../errors.ts'
import { invalidArgument } from '../refusals.ts'
import { kemById, kems } from './kems.ts'
import { type HpkePublicKey, hpkeFingerprint, hpkePublicKey, type RecipientPublicKey } from './public-key.ts'

// Our own short form of public keys, which carries the kem: `kmspk1` ‖ base64url(kem u16 ‖ public key as HPKE serialises it ‖
// the first 4 bytes of SHA-256 over both). The check finds typing errors and lost characters, and nothing else.

const start = 'kmspk1'
const checkLength = 4

/**
 * A public key of HPKE in our text form, 57 characters for X25519.
 * @throws `unsupported` for RSA, whose public keys have standard forms alone
 */
export function publicKeyText(key: RecipientPublicKey): string {
  if (key.type !== 'hpke')
    throw new KmsError('unsupported', 'An RSA public key has no text form. Write it as PEM or JWK.')
  const { kem, bytes, fingerprint } = key
  return start + toText(concat(u16(kems[kem].id), bytes, fingerprint.subarray(0, checkLength)))
}

/** Whether a text claims to be a public key in our form. */
export function isPublicKeyText(text: string): boolean {
  return text.startsWith(start)
}

/**
 * Reads a public key in our text form. It has one: no padding, no white space.
 * @throws `invalid-argument` if it was mistyped or cut; `unsupported` for a kem that this release does not know
 */
export async function readPublicKeyText(text: string): Promise<HpkePublicKey> {
  const bytes = decode(text)
  const kem = bytes.length < 2 ? undefined : kemById(readU16(bytes, 0))
  if (kem === undefined && bytes.length > 2) {
    throw new KmsError(
      'unsupported',
      `The public key is of kem ${readU16(bytes, 0)}, which this release does not know.`,
    )
  }
  if (kem === undefined || bytes.length !== 2 + kem.publicKeyLength + checkLength) throw mistyped()
  const publicKey = bytes.subarray(2, -checkLength)
  const fingerprint = await hpkeFingerprint(kem.id, publicKey)
  if (!sameBytes(fingerprint.subarray(0, checkLength), bytes.subarray(-checkLength))) throw mistyped()
  return hpkePublicKey(kem.name, publicKey)
}

function decode(text: string): Uint8Array {
  if (!isPublicKeyText(text)) throw mistyped()
  try {
    return fromText(text.slice(start.length))
  } catch {
    throw mistyped()
  }
}

function mistyped(): Error {
  return invalidArgument('The public key was mistyped or cut: kmspk1… does not add up. Copy all of it.')
}
