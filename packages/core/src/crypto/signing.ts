import type { Primitives } from '../crypto/primitives.ts'
import { concat } from '../envelope/bytes.ts'
import { KmsError } from '../errors.ts'
import { Secret } from '../secret.ts'

// Ed25519 (RFC 8032) through a WebCrypto object. The DER around raw keys is fixed: RFC 8410 §4 and §7.
const pkcs8Prefix = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20)
const spkiPrefix = Uint8Array.of(0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0)
const algorithm = 'Ed25519'

/** The public half of a signing key. */
export class VerifyingKey {
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  readonly #key: CryptoKey
  readonly #crypto: Crypto

  private constructor(publicKey: Uint8Array, key: CryptoKey, crypto: Crypto) {
    this.publicKey = publicKey
    this.#key = key
    this.#crypto = crypto
  }

  /** @param publicKey 32 bytes. @throws `store-corrupt` for anything else, since public keys come from stores */
  static async fromRaw(publicKey: Uint8Array, crypto: Crypto): Promise<VerifyingKey> {
    if (publicKey.length !== 32) throw new KmsError('store-corrupt', 'An Ed25519 public key has 32 bytes.')
    const raw = publicKey.slice()
    const key = await crypto.subtle.importKey('raw', raw as BufferSource, algorithm, true, ['verify'])
    return new VerifyingKey(raw, key, crypto)
  }

  /** Whether `signature` (64 bytes) is this key's over `data`. */
  async verify(signature: Uint8Array, data: Uint8Array): Promise<boolean> {
    if (signature.length !== 64) return false
    return this.#crypto.subtle.verify(algorithm, this.#key, signature as BufferSource, data as BufferSource)
  }
}

/** An Ed25519 key that signs: a ring's or store's administration key, a log key, a session's key. */
export class SigningKey {
  readonly publicKey: Uint8Array
  readonly #key: CryptoKey
  readonly #crypto: Crypto

  private constructor(publicKey: Uint8Array, key: CryptoKey, crypto: Crypto) {
    this.publicKey = publicKey
    this.#key = key
    this.#crypto = crypto
  }

  /** A new key. The seed (32 bytes) is the caller's to protect and wipe. */
  static async generate(crypto: Crypto): Promise<{ readonly seed: Secret; readonly publicKey: Uint8Array }> {
    const pair = (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair
    const pkcs8 = new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey))
    const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey))
    const seed = Secret.copy(pkcs8.subarray(pkcs8.length - 32))
    pkcs8.fill(0)
    return { seed, publicKey }
  }

  /**
   * @param seed 32 bytes; stays the caller's
   * @param publicKey the seed's, 32 bytes: kept beside it, since WebCrypto gives it only together with the seed as text
   */
  static async fromSeed(seed: Secret, publicKey: Uint8Array, crypto: Crypto): Promise<SigningKey> {
    const pkcs8 = concat(pkcs8Prefix, seed.reveal())
    try {
      const key = await crypto.subtle.importKey('pkcs8', pkcs8 as BufferSource, algorithm, false, ['sign'])
      return new SigningKey(publicKey.slice(), key, crypto)
    } finally {
      pkcs8.fill(0)
    }
  }

  /** @returns 64 bytes */
  async sign(data: Uint8Array): Promise<Uint8Array> {
    return new Uint8Array(await this.#crypto.subtle.sign(algorithm, this.#key, data as BufferSource))
  }
}

/** SHA-256 of the SubjectPublicKeyInfo, its first 16 bytes (envelope v1, content 5). */
export function publicKeyFingerprint(publicKey: Uint8Array, primitives: Primitives): Uint8Array {
  return primitives.hash('SHA-256', concat(spkiPrefix, publicKey)).slice(0, 16)
}

/** A store's fingerprint as people compare it: SHA-256 of its first administration key's SubjectPublicKeyInfo, its first 20 bytes in hex by fours. */
export function storeFingerprint(publicKey: Uint8Array, primitives: Primitives): string {
  const hex = [...primitives.hash('SHA-256', concat(spkiPrefix, publicKey)).slice(0, 20)]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')
  return (hex.match(/.{8}/g) as string[]).join('-')
}
