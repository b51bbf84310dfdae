import { concat, sameBytes, u16 } from '../encoding/bytes.ts'
import { KmsError } from '../errors.ts'
import { invalidArgument } from '../refusals.ts'
import { type KemName, kems } from './kems.ts'
import { rsaModulusBits } from './spki.ts'

/** A public key of HPKE. */
export interface HpkePublicKey {
  readonly type: 'hpke'
  readonly kem: KemName
  /** As HPKE serialises it (RFC 9180 §7.1.1): 65, 32 or 1,216 bytes. */
  readonly bytes: Uint8Array
  /** `SHA-256(kem u16 ‖ bytes)[0..16]`: what envelopes name it by. */
  readonly fingerprint: Uint8Array
}

/** Bits of RSA moduli that envelopes are sealed to. */
export type RsaBits = 2048 | 3072 | 4096

/** A public key of RSA-OAEP: kept for old systems and hardware. */
export interface RsaPublicKey {
  readonly type: 'rsa-oaep'
  readonly bits: RsaBits
  /** SubjectPublicKeyInfo (RFC 5280 §4.1.2.7, RFC 8017 appendix A.1), DER. */
  readonly bytes: Uint8Array
  /** `SHA-256(bytes)[0..16]`: what envelopes name it by. */
  readonly fingerprint: Uint8Array
}

/** A public key that envelopes are sealed to. */
export type RecipientPublicKey = HpkePublicKey | RsaPublicKey

const p256 = { name: 'ECDH', namedCurve: 'P-256' }

/**
 * A public key of HPKE from its serialised bytes. A point of P-256 is checked to be on the curve; a public key of X25519 that gives
 * a shared secret of zeros, or of X-Wing that is none, is refused when something is sealed to it.
 * @throws `invalid-argument`
 */
export async function hpkePublicKey(kem: KemName, bytes: Uint8Array): Promise<HpkePublicKey> {
  if (!Object.hasOwn(kems, kem)) throw invalidArgument(`There is no kem ${String(kem)}: P-256, X25519 or X-Wing.`)
  const { id, publicKeyLength } = kems[kem]
  if (!(bytes instanceof Uint8Array) || bytes.length !== publicKeyLength) {
    throw invalidArgument(`A public key of ${kem} has ${publicKeyLength} bytes.`)
  }
  const own = bytes.slice() as Uint8Array<ArrayBuffer>
  if (kem === 'P-256') await requirePoint(own)
  return { type: 'hpke', kem, bytes: own, fingerprint: await hpkeFingerprint(id, own) }
}

/** `SHA-256(kem u16 ‖ public key)[0..16]`. */
export function hpkeFingerprint(kemId: number, publicKey: Uint8Array): Promise<Uint8Array> {
  return fingerprint(concat(u16(kemId), publicKey))
}

/**
 * A public key of RSA-OAEP from its SubjectPublicKeyInfo.
 * @throws `invalid-argument` if it is none; `unsupported` for a modulus of other than 2048, 3072 or 4096 bits
 */
export async function rsaPublicKey(spki: Uint8Array): Promise<RsaPublicKey> {
  const bits = rsaModulusBits(spki)
  if (bits !== 2048 && bits !== 3072 && bits !== 4096) {
    throw new KmsError('unsupported', `An RSA key of ${bits} bits is not used here: 2048, 3072 or 4096.`)
  }
  const own = spki.slice()
  return { type: 'rsa-oaep', bits, bytes: own, fingerprint: await fingerprint(own) }
}

/** Whether two public keys are the same one. */
export function samePublicKey(a: RecipientPublicKey, b: RecipientPublicKey): boolean {
  return a.type === b.type && sameBytes(a.bytes, b.bytes)
}

async function requirePoint(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  // SEC 1 §2.3.4: HPKE's keys are uncompressed points, which start with 4.
  if (bytes[0] !== 4) throw invalidArgument('A public key of P-256 is an uncompressed point.')
  try {
    await crypto.subtle.importKey('raw', bytes, p256, true, [])
  } catch (cause) {
    throw new KmsError('invalid-argument', 'The public key is no point on P-256.', { cause })
  }
}

async function fingerprint(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as BufferSource)).slice(0, 16)
}
