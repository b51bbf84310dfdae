import { KmsError } from '../errors.ts'
import { Secret } from '../secret.ts'
import { curvePkcs8 } from './curves.ts'
import { type SignatureAlgorithm, signatureAlgorithms, signatureLength } from './signature-algorithms.ts'
import { checkVerificationKey, type VerificationKey } from './verification-key.ts'
import type { WebCrypto } from './web-crypto.ts'

// Signatures through a WebCrypto object, so that keys in a module can take its place.

/** Who signs: a key pair from a key package, or a key that is held elsewhere. */
export interface Signer extends VerificationKey {
  /** @returns 64 bytes, over `data` as a whole */
  sign(data: Uint8Array): Promise<Uint8Array>
}

/** The public half of a signing key, ready to verify. */
export class VerifyingKey implements VerificationKey {
  readonly algorithm: SignatureAlgorithm
  readonly publicKey: Uint8Array
  /** What it verifies with. */
  readonly crypto: WebCrypto
  readonly #key: CryptoKey

  private constructor({ algorithm, publicKey }: VerificationKey, key: CryptoKey, crypto: WebCrypto) {
    this.algorithm = algorithm
    this.publicKey = publicKey
    this.#key = key
    this.crypto = crypto
  }

  /**
   * The key of a store or ring, which is always Ed25519.
   * @param publicKey 32 bytes. @throws `store-corrupt` for anything else, since these come from stores
   */
  static async fromRaw(publicKey: Uint8Array, crypto: WebCrypto): Promise<VerifyingKey> {
    try {
      return await VerifyingKey.from({ algorithm: 'Ed25519', publicKey }, crypto)
    } catch (cause) {
      if (!(cause instanceof KmsError) || cause.code !== 'invalid-argument') throw cause
      throw new KmsError('store-corrupt', 'What should be an Ed25519 public key is none.', { cause })
    }
  }

  /** @throws `invalid-argument` for what is no public key of its algorithm; `unsupported` where the platform lacks that */
  static async from(verificationKey: VerificationKey, crypto: WebCrypto): Promise<VerifyingKey> {
    const { algorithm, publicKey } = checkVerificationKey(verificationKey)
    const raw = publicKey.slice()
    const { key } = signatureAlgorithms[algorithm]
    try {
      const imported = await crypto.subtle.importKey('raw', raw as BufferSource, key, true, ['verify'])
      return new VerifyingKey({ algorithm, publicKey: raw }, imported, crypto)
    } catch (cause) {
      throw (
        lacking(algorithm, cause) ?? new KmsError('invalid-argument', `That is no ${algorithm} public key.`, { cause })
      )
    }
  }

  /** Whether `signature` (64 bytes) is this key's over `data`. */
  async verify(signature: Uint8Array, data: Uint8Array): Promise<boolean> {
    if (signature.length !== signatureLength) return false
    const { operation } = signatureAlgorithms[this.algorithm]
    return this.crypto.subtle.verify(operation, this.#key, signature as BufferSource, data as BufferSource)
  }

  /** `verify` without waiting, for Ed25519. @returns undefined where the platform cannot */
  verifyNow(signature: Uint8Array, data: Uint8Array): boolean | undefined {
    if (signature.length !== signatureLength) return false
    return this.algorithm === 'Ed25519' ? this.crypto.verifyNow?.(this.#key, signature, data) : undefined
  }
}

/** A key that signs: a ring's or store's administration key, a log key, a session's key, a person's. */
export class SigningKey implements Signer {
  readonly algorithm: SignatureAlgorithm
  readonly publicKey: Uint8Array
  readonly #key: CryptoKey
  readonly #crypto: WebCrypto

  private constructor({ algorithm, publicKey }: VerificationKey, key: CryptoKey, crypto: WebCrypto) {
    this.algorithm = algorithm
    this.publicKey = publicKey
    this.#key = key
    this.#crypto = crypto
  }

  /** A new Ed25519 key. The seed (32 bytes) is the caller's to protect and wipe. */
  static async generate(crypto: WebCrypto): Promise<{ readonly seed: Secret; readonly publicKey: Uint8Array }> {
    const { pkcs8, publicKey } = await generateSigningKey('Ed25519', crypto)
    const seed = Secret.copy(pkcs8.reveal().subarray(pkcs8.length - 32))
    pkcs8.wipe()
    return { seed, publicKey }
  }

  /**
   * @param seed 32 bytes, Ed25519; stays the caller's
   * @param publicKey the seed's, 32 bytes: kept beside it, since WebCrypto gives it only together with the seed as text
   */
  static async fromSeed(seed: Secret, publicKey: Uint8Array, crypto: WebCrypto): Promise<SigningKey> {
    const pkcs8 = Secret.take(curvePkcs8('ed25519', seed.reveal(), publicKey))
    try {
      return await SigningKey.fromPkcs8(pkcs8, { algorithm: 'Ed25519', publicKey }, crypto)
    } finally {
      pkcs8.wipe()
    }
  }

  /**
   * @param pkcs8 DER of a PrivateKeyInfo (RFC 5958); stays the caller's
   * @param verificationKey its public half, kept beside it
   * @throws `invalid-argument` for what is no private key of that algorithm; `unsupported` where the platform lacks that
   */
  static async fromPkcs8(pkcs8: Secret, verificationKey: VerificationKey, crypto: WebCrypto): Promise<SigningKey> {
    const { algorithm, publicKey } = checkVerificationKey(verificationKey)
    const { key } = signatureAlgorithms[algorithm]
    try {
      const imported = await crypto.subtle.importKey('pkcs8', pkcs8.reveal() as BufferSource, key, false, ['sign'])
      return new SigningKey({ algorithm, publicKey: publicKey.slice() }, imported, crypto)
    } catch (cause) {
      // Without the cause: a parser's message may quote what it could not read.
      throw lacking(algorithm, cause) ?? new KmsError('invalid-argument', `That is no ${algorithm} private key.`)
    }
  }

  /** @returns 64 bytes */
  async sign(data: Uint8Array): Promise<Uint8Array> {
    const { operation } = signatureAlgorithms[this.algorithm]
    return new Uint8Array(await this.#crypto.subtle.sign(operation, this.#key, data as BufferSource))
  }

  /** @returns 64 bytes for each of `data`, in order; all of it is read until then */
  async signMany(data: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
    const { signMany } = this.#crypto
    if (this.algorithm === 'Ed25519' && signMany !== undefined) return signMany(this.#key, data)
    return Promise.all(data.map((one) => this.sign(one)))
  }
}

/**
 * A new key pair.
 * @returns the private half as PKCS#8 DER, the caller's to protect and wipe, and the raw public half
 * @throws `unsupported` where the platform lacks the algorithm
 */
export async function generateSigningKey(
  algorithm: SignatureAlgorithm,
  crypto: WebCrypto,
): Promise<{ readonly pkcs8: Secret; readonly publicKey: Uint8Array }> {
  const { key } = signatureAlgorithms[algorithm]
  try {
    const pair = (await crypto.subtle.generateKey(key, true, ['sign', 'verify'])) as CryptoKeyPair
    const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey))
    const pkcs8 = Secret.take(new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey)))
    return { pkcs8, publicKey }
  } catch (cause) {
    throw lacking(algorithm, cause) ?? cause
  }
}

/** Older browsers have no Ed25519; WebCrypto says so with a `NotSupportedError`. */
function lacking(algorithm: SignatureAlgorithm, cause: unknown): KmsError | undefined {
  if ((cause as { name?: unknown } | null)?.name !== 'NotSupportedError') return undefined
  return new KmsError('unsupported', `This platform's WebCrypto has no ${algorithm}. Upgrade it, or use a P-256 key.`, {
    cause,
  })
}
