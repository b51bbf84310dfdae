import { KmsError } from '../errors.ts'
import { invalidArgument } from '../refusals.ts'
import { Secret } from '../secret.ts'
import { curvePkcs8, curves, type NistCurveName } from './curves.ts'
import type { DiffieHellmanKey } from './diffie-hellman.ts'
import { isPointOn } from './nist-point.ts'
import type { WebCrypto } from './web-crypto.ts'

/** Curves of Diffie–Hellman: X25519 (RFC 7748), and ECDH on the NIST curves (SP 800-56A). */
export type EcdhCurve = 'X25519' | 'P-256' | 'P-384' | 'P-521'

interface EcdhEntry {
  readonly name: 'x25519' | NistCurveName
  /** What WebCrypto calls it. */
  readonly algorithm: { readonly name: string; readonly namedCurve?: string }
}

const nist = (namedCurve: string, name: NistCurveName): EcdhEntry => ({ name, algorithm: { name: 'ECDH', namedCurve } })

/** A shared secret is as long as a private key: X25519's output, or the x coordinate (SEC 1 §3.3.1). */
const ecdhCurves: Readonly<Record<EcdhCurve, EcdhEntry>> = {
  X25519: { name: 'x25519', algorithm: { name: 'X25519' } },
  'P-256': nist('P-256', 'p-256'),
  'P-384': nist('P-384', 'p-384'),
  'P-521': nist('P-521', 'p-521'),
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
    const { algorithm, name } = entryOf(curve)
    const { length } = curves[name]
    checkPublicKey(curve, publicKey)
    if (privateKey.length !== length) throw invalidArgument(`A private key of ${curve} has ${length} bytes.`)
    const pkcs8 = curvePkcs8(name, privateKey.reveal(), publicKey)
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
  const { name } = entryOf(curve)
  const { publicKeyLength } = curves[name]
  if (!(publicKey instanceof Uint8Array) || publicKey.length !== publicKeyLength) {
    throw invalidArgument(`A raw public key of ${curve} has ${publicKeyLength} bytes.`)
  }
  if (name !== 'x25519' && !isPointOn(name, publicKey)) {
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
  const { algorithm, name } = ecdhCurves[curve]
  const { length } = curves[name]
  return async (publicKey) => {
    const key = await crypto.subtle.importKey('raw', publicKey as BufferSource, algorithm, true, [])
    return new Uint8Array(await crypto.subtle.deriveBits({ name: algorithm.name, public: key }, privateKey, length * 8))
  }
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
