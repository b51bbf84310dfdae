import type { Primitives } from '../../crypto/primitives.ts'
import { refuseWeakRsa } from '../../crypto/weak/rsa-primes.ts'
import type { WebCrypto } from '../../crypto/web-crypto.ts'
import { concat, sameBytes } from '../../encoding/bytes.ts'
import type { RecipientKeyPair } from '../../public-keys/key-pair.ts'
import type { RsaPublicKey } from '../../public-keys/public-key.ts'
import { decodeRsaSpki } from '../../public-keys/spki.ts'
import { authenticationFailed, invalidArgument } from '../../refusals.ts'
import { Secret } from '../../secret.ts'
import { rsaOaepInfo } from '../labels.ts'
import type { Opener, Recipient, Stanza } from '../recipient.ts'
import { readRecipient } from '../recipient-layouts.ts'
import { unwrapUnder, wrapUnder, zLength } from './wrapped-z.ts'

// Recipient kind 4: `Z` encrypted with RSA-OAEP (RFC 8017 §7.1; SHA-256, MGF1 with SHA-256, empty label), the content key wrapped under
// what is derived from it. Layout: key id 16 ‖ ciphertext of the modulus's length ‖ AES-256-KW of the content key 40. The key id is the
// public key's fingerprint. Kept for old systems and hardware: take HPKE where there is a choice. Envelope v1 §Mode 2.

const algorithm = { name: 'RSA-OAEP', hash: 'SHA-256' }

export interface RsaOaepOptions {
  readonly primitives: Primitives
  /** A WebCrypto object; `globalThis.crypto` unless given. */
  readonly crypto?: WebCrypto
}

/**
 * Seals to an RSA public key, with a fresh `Z` for each envelope. Kept for old systems: take HPKE where there is a choice.
 * @throws `weak-key` for a key whose private half can be found (`refuseWeakRsa`); what was sealed to one still opens
 */
export function rsaOaepRecipient(publicKey: RsaPublicKey, options: RsaOaepOptions): Recipient {
  const { primitives, crypto: platform = crypto } = options
  const { modulus, exponent } = decodeRsaSpki(publicKey.bytes)
  refuseWeakRsa(modulus, exponent, 'The RSA public key')
  return {
    kind: 4,
    async wrap(contentKey: Secret, bound: Uint8Array): Promise<Uint8Array> {
      const key = await platform.subtle.importKey('spki', publicKey.bytes as BufferSource, algorithm, false, [
        'encrypt',
      ])
      const z = Secret.take(crypto.getRandomValues(new Uint8Array(zLength)))
      try {
        const encrypted = await platform.subtle.encrypt(algorithm, key, z.reveal() as BufferSource)
        const info = rsaOaepInfo(publicKey.fingerprint, bound)
        return concat(publicKey.fingerprint, new Uint8Array(encrypted), wrapUnder(primitives, z, info, contentKey))
      } finally {
        z.wipe()
      }
    },
  }
}

/**
 * Opens what was sealed to the public half of an RSA key pair.
 * @param pair stays the caller's, who wipes it after the last use
 * @throws `unwrap` throws `invalid-argument` if the private key is no PKCS#8 of RSA
 */
export function rsaOaepOpener(pair: RecipientKeyPair, options: RsaOaepOptions): Opener {
  const { publicKey, privateKey } = pair
  if (publicKey.type !== 'rsa-oaep') throw invalidArgument('The key pair is of HPKE, not of RSA.')
  const { primitives, crypto: platform = crypto } = options
  return {
    kind: 4,
    holds(stanza: Stanza): boolean {
      const fields = readRecipient(stanza)
      if (typeof fields === 'string' || fields.name !== 'rsa-oaep') return false
      return fields.bits === publicKey.bits && sameBytes(fields.keyId, publicKey.fingerprint)
    },
    async unwrap(stanza: Stanza, bound: Uint8Array): Promise<Secret> {
      const fields = readRecipient(stanza)
      if (typeof fields === 'string' || fields.name !== 'rsa-oaep') throw authenticationFailed()
      const z = Secret.take(await decryptZ(platform, privateKey, stanza.bytes.subarray(16, -40)))
      try {
        return unwrapUnder(primitives, z, rsaOaepInfo(fields.keyId, bound), stanza.bytes.subarray(-40))
      } finally {
        z.wipe()
      }
    },
  }
}

/**
 * `Z`, or, where OAEP fails or holds something else, random bytes in its place: the same steps follow, so that an opener's time tells
 * nothing about the padding (Manger's attack).
 */
async function decryptZ(platform: WebCrypto, privateKey: Secret, encrypted: Uint8Array): Promise<Uint8Array> {
  const key = await importPrivate(platform, privateKey)
  const random = crypto.getRandomValues(new Uint8Array(zLength))
  const decrypted = await platform.subtle.decrypt(algorithm, key, encrypted as BufferSource).then(
    (z) => new Uint8Array(z),
    () => new Uint8Array(0),
  )
  const [z, other] = decrypted.length === zLength ? [decrypted, random] : [random, decrypted]
  other.fill(0)
  return z
}

async function importPrivate(platform: WebCrypto, privateKey: Secret): Promise<CryptoKey> {
  try {
    return await platform.subtle.importKey('pkcs8', privateKey.reveal() as BufferSource, algorithm, false, ['decrypt'])
  } catch {
    throw invalidArgument('The private key is no PKCS#8 of RSA.')
  }
}
