import { invalidArgument } from '../envelope/refusals.ts'
import { KmsError } from '../errors.ts'
import { der, tags } from '../public-keys/der.ts'
import { Secret } from '../secret.ts'
import type { DiffieHellmanKey } from './diffie-hellman.ts'
import { isPointOn } from './nist-point.ts'
import type { WebCrypto } from './web-crypto.ts'

/** Curves of Diffie–Hellman: X25519 (RFC 7748), and ECDH on the NIST curves (SP 800-56A). */
export type EcdhCurve = 'X25519' | 'P-256' | 'P-384' | 'P-521'

interface EcdhEntry {
  /** Bytes of a raw public key: X25519's 32 (RFC 7748 §5), or an uncompressed point (SEC 1 §2.3.3). */
  readonly publicKeyLength: number
  /** Bytes of a private key, and of the shared secret: X25519's output, or the x coordinate (SEC 1 §3.3.1). */
  readonly length: number
  /** What WebCrypto calls it. */
  readonly algorithm: { readonly name: string; readonly namedCurve?: string }
  /** The contents of the object identifiers in the key's AlgorithmIdentifier: RFC 8410 §3, RFC 5480 §2.1. */
  readonly objectIds: readonly Uint8Array[]
}

/** 1.2.840.10045.2.1, id-ecPublicKey. */
const ecPublicKey = Uint8Array.of(0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1)

const nist = (name: string, length: number, ...objectId: readonly number[]): EcdhEntry => ({
  publicKeyLength: 1 + 2 * length,
  length,
  algorithm: { name: 'ECDH', namedCurve: name },
  objectIds: [ecPublicKey, Uint8Array.of(...objectId)],
})

/** The curves, with their lengths in bytes. */
const ecdhCurves: Readonly<Record<EcdhCurve, EcdhEntry>> = {
  X25519: {
    publicKeyLength: 32,
    length: 32,
    algorithm: { name: 'X25519' },
    objectIds: [Uint8Array.of(0x2b, 0x65, 0x6e)],
  },
  'P-256': nist('P-256', 32, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7),
  'P-384': nist('P-384', 48, 0x2b, 0x81, 4, 0, 0x22),
  'P-521': nist('P-521', 66, 0x2b, 0x81, 4, 0, 0x23),
}

/** A private key at work: what it has in common with a public one. Throws whatever the platform does. */
type Agree = (publicKey: Uint8Array) => Promise<Uint8Array>

/**
 * One half of a Diffie–Hellman exchange, through a WebCrypto object. The private key is a `CryptoKey` that is not extractable and cannot be
 * wiped: it goes when nothing refers to it any more.
 */
export class EcdhKey implements DiffieHellmanKey {
  readonly curve: EcdhCurve
  /** Raw: 32 bytes of X25519; 65, 97 or 133 of an uncompressed point. */
  readonly publicKey: Uint8Array
  readonly #agree: Agree

  private constructor(curve: EcdhCurve, publicKey: Uint8Array, agree: Agree) {
    this.curve = curve
    this.publicKey = publicKey
    this.#agree = agree
  }

  /**
   * A new key pair.
   * @throws `invalid-argument` for another curve; `unsupported` where the platform lacks it (X25519 is then done by `@noble/curves`)
   */
  static async generate(curve: EcdhCurve, crypto: WebCrypto = globalThis.crypto): Promise<EcdhKey> {
    const { algorithm } = entryOf(curve)
    let pair: CryptoKeyPair
    try {
      pair = (await crypto.subtle.generateKey(algorithm, false, ['deriveBits'])) as CryptoKeyPair
    } catch (cause) {
      if (!isLacking(cause)) throw cause
      if (curve !== 'X25519') throw lacking(curve, cause)
      return EcdhKey.#noble(Secret.take(crypto.getRandomValues(new Uint8Array(32))))
    }
    const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey))
    return new EcdhKey(curve, publicKey, through(crypto, curve, pair.privateKey))
  }

  /**
   * A key pair that exists. That the halves belong together, and that a scalar is below the order, is not checked on every platform.
   * @param privateKey big-endian scalar of 32, 48 or 66 bytes, or X25519's 32 bytes; stays the caller's
   * @param publicKey raw
   * @throws `invalid-argument` for what is none; `unsupported` where the platform lacks the curve
   */
  static async fromPrivate(
    curve: EcdhCurve,
    privateKey: Secret,
    publicKey: Uint8Array,
    crypto: WebCrypto = globalThis.crypto,
  ): Promise<EcdhKey> {
    const { algorithm, length } = entryOf(curve)
    checkPublicKey(curve, publicKey)
    if (privateKey.length !== length) throw invalidArgument(`A private key of ${curve} has ${length} bytes.`)
    const pkcs8 = pkcs8Of(curve, privateKey.reveal(), publicKey)
    try {
      const key = await crypto.subtle.importKey('pkcs8', pkcs8 as BufferSource, algorithm, false, ['deriveBits'])
      return new EcdhKey(curve, publicKey.slice(), through(crypto, curve, key))
    } catch (cause) {
      // Without the cause otherwise: a parser's message may quote what it could not read.
      throw isLacking(cause) ? lacking(curve, cause) : invalidArgument(`That is no private key of ${curve}.`)
    } finally {
      pkcs8.fill(0)
    }
  }

  /**
   * The shared secret, raw: not uniform, so derive keys from it, and never use it as one.
   * @param publicKey the other side's, raw; a point is checked to be on the curve (SP 800-56A §5.6.2.3.3)
   * @returns 32, 48 or 66 bytes, which the caller wipes
   * @throws `invalid-argument` for a public key that is none, or of X25519 that gives a secret of zeros (RFC 7748 §6.1)
   */
  async sharedSecret(publicKey: Uint8Array): Promise<Secret> {
    checkPublicKey(this.curve, publicKey)
    let secret: Secret
    try {
      secret = Secret.take(await this.#agree(publicKey))
    } catch (cause) {
      throw isLacking(cause) ? lacking(this.curve, cause) : weak(this.curve)
    }
    // Not every platform looks. The NIST curves have no points of small order, and points with x = 0.
    if (this.curve === 'X25519' && isZero(secret.reveal())) throw weak(this.curve)
    return secret
  }

  /** X25519 where WebCrypto lacks it. */
  static async #noble(privateKey: Secret): Promise<EcdhKey> {
    const { x25519 } = await import('@noble/curves/ed25519.js')
    const agree: Agree = async (publicKey) => x25519.getSharedSecret(privateKey.reveal(), publicKey)
    return new EcdhKey('X25519', x25519.getPublicKey(privateKey.reveal()), agree)
  }
}

/** @throws `invalid-argument` for another length, or a point that is not on the curve */
function checkPublicKey(curve: EcdhCurve, publicKey: Uint8Array): void {
  const { publicKeyLength } = entryOf(curve)
  if (!(publicKey instanceof Uint8Array) || publicKey.length !== publicKeyLength) {
    throw invalidArgument(`A raw public key of ${curve} has ${publicKeyLength} bytes.`)
  }
  if (curve !== 'X25519' && !isPointOn(curve, publicKey)) {
    throw invalidArgument(`A raw public key of ${curve} is an uncompressed point on the curve.`)
  }
}

function entryOf(curve: EcdhCurve): EcdhEntry {
  if (!Object.hasOwn(ecdhCurves, curve)) {
    throw invalidArgument(`There is no curve ${String(curve)} here: ${Object.keys(ecdhCurves).join(', ')}.`)
  }
  return ecdhCurves[curve]
}

function through(crypto: WebCrypto, curve: EcdhCurve, privateKey: CryptoKey): Agree {
  const { algorithm, length } = ecdhCurves[curve]
  return async (publicKey) => {
    const key = await crypto.subtle.importKey('raw', publicKey as BufferSource, algorithm, true, [])
    return new Uint8Array(await crypto.subtle.deriveBits({ name: algorithm.name, public: key }, privateKey, length * 8))
  }
}

/** PrivateKeyInfo (RFC 5958): RFC 8410 §7 for X25519, RFC 5915 §3 with the public key for the others. */
function pkcs8Of(curve: EcdhCurve, privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  const { objectIds } = ecdhCurves[curve]
  const version = (number: number): Uint8Array => der(tags.integer, Uint8Array.of(number))
  const algorithm = der(tags.sequence, ...objectIds.map((id) => der(tags.objectId, id)))
  // Written around zeros, so that the key is copied once, to where it is wiped.
  const room = der(tags.octetString, new Uint8Array(privateKey.length))
  const after = curve === 'X25519' ? new Uint8Array(0) : der(0xa1, der(tags.bitString, Uint8Array.of(0), publicKey))
  const inner = curve === 'X25519' ? room : der(tags.sequence, version(1), room, after)
  const pkcs8 = der(tags.sequence, version(0), algorithm, der(tags.octetString, inner))
  pkcs8.set(privateKey, pkcs8.length - after.length - privateKey.length)
  return pkcs8
}

/** Without a branch on the bytes one by one, as RFC 7748 §6.1 asks. */
function isZero(bytes: Uint8Array): boolean {
  let any = 0
  for (const byte of bytes) any |= byte
  return any === 0
}

function isLacking(cause: unknown): boolean {
  return (cause as { name?: unknown } | null)?.name === 'NotSupportedError'
}

function lacking(curve: EcdhCurve, cause: unknown): KmsError {
  return new KmsError('unsupported', `This platform's WebCrypto has no ${curve}. Use another curve.`, { cause })
}

function weak(curve: EcdhCurve): KmsError {
  return invalidArgument(`The public key of ${curve} is a weak one: it gives a shared secret that everybody knows.`)
}
