import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
  type webcrypto,
} from 'node:crypto'

/** Curves whose keys are octet key pairs (RFC 8037): one signs, one agrees. */
export type OkpCurve = 'Ed25519' | 'X25519'

interface CurveEntry {
  /** The DER before a raw public key in a SubjectPublicKeyInfo: RFC 8410 §4. */
  readonly spkiPrefix: Buffer
  readonly usages: { readonly private: webcrypto.KeyUsage[]; readonly public: webcrypto.KeyUsage[] }
}

const curves: Readonly<Record<OkpCurve, CurveEntry>> = {
  Ed25519: {
    spkiPrefix: Buffer.from('302a300506032b6570032100', 'hex'),
    usages: { private: ['sign'], public: ['verify'] },
  },
  X25519: {
    spkiPrefix: Buffer.from('302a300506032b656e032100', 'hex'),
    usages: { private: ['deriveBits'], public: [] },
  },
}

/** The curve that WebCrypto calls by a name; undefined for another algorithm. */
export const okpCurve = (name: string): OkpCurve | undefined =>
  Object.hasOwn(curves, name) ? (name as OkpCurve) : undefined

/** A key of Ed25519 or X25519 as WebCrypto shows it, and what node:crypto does with it. */
export class OkpKey implements webcrypto.CryptoKey {
  readonly algorithm: { readonly name: OkpCurve }
  readonly extractable: boolean
  readonly usages: webcrypto.KeyUsage[]
  readonly #key: KeyObject

  private constructor(curve: OkpCurve, key: KeyObject, extractable: boolean, usages: readonly webcrypto.KeyUsage[]) {
    this.algorithm = { name: curve }
    this.#key = key
    this.extractable = extractable
    this.usages = [...usages]
  }

  static generate(curve: OkpCurve, extractable: boolean): { readonly privateKey: OkpKey; readonly publicKey: OkpKey } {
    // Typed for each curve alone.
    const { privateKey, publicKey } =
      curve === 'Ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('x25519')
    const { usages } = curves[curve]
    return {
      privateKey: new OkpKey(curve, privateKey, extractable, usages.private),
      publicKey: new OkpKey(curve, publicKey, true, usages.public),
    }
  }

  /** @param data 32 bytes (`raw`), a SubjectPublicKeyInfo (`spki`) or a PrivateKeyInfo (`pkcs8`) in DER */
  static from(
    curve: OkpCurve,
    format: 'raw' | 'pkcs8' | 'spki',
    data: Uint8Array,
    extractable: boolean,
    usages: readonly webcrypto.KeyUsage[],
  ): OkpKey {
    const { spkiPrefix } = curves[curve]
    switch (format) {
      case 'raw':
        return new OkpKey(curve, publicOf(curve, data), extractable, usages)
      case 'spki':
        if (!spkiPrefix.equals(data.subarray(0, spkiPrefix.length))) throw otherAlgorithm()
        return new OkpKey(curve, publicOf(curve, data.subarray(spkiPrefix.length)), extractable, usages)
      case 'pkcs8':
        return new OkpKey(curve, privateOf(curve, data), extractable, usages)
      default:
        throw new DOMException('Keys of that curve are read as raw, spki and pkcs8.', 'NotSupportedError')
    }
  }

  get type(): webcrypto.KeyType {
    return this.#key.type as webcrypto.KeyType
  }

  /** A public key's 32 bytes or SubjectPublicKeyInfo, or an extractable private key's PKCS#8 DER. */
  export(format: string): ArrayBuffer {
    if ((format === 'raw' || format === 'spki') && this.type === 'public') {
      const der = this.#key.export({ format: 'der', type: 'spki' })
      return new Uint8Array(format === 'raw' ? der.subarray(curves[this.algorithm.name].spkiPrefix.length) : der).buffer
    }
    if (format === 'pkcs8' && this.type === 'private' && this.extractable) {
      const der = this.#key.export({ format: 'der', type: 'pkcs8' })
      const copy = new Uint8Array(der).buffer
      der.fill(0)
      return copy
    }
    throw new DOMException('This key is not given out in that form.', 'InvalidAccessError')
  }

  /**
   * The secret that this private key and a public one have (RFC 7748 §6.1). At once: it takes 35 µs.
   * @param other of the same curve; one of small order is refused
   */
  deriveBits(other: unknown, bits: number | null): ArrayBuffer {
    if (this.algorithm.name !== 'X25519' || !(other instanceof OkpKey) || other.algorithm.name !== 'X25519') {
      throw new DOMException('Only keys of X25519 agree, and with each other.', 'InvalidAccessError')
    }
    if (bits !== null && bits !== 256) throw new DOMException('X25519 gives 256 bits.', 'OperationError')
    const secret = diffieHellman({ privateKey: this.#key, publicKey: other.#key })
    const copy = new Uint8Array(secret).buffer
    secret.fill(0)
    return copy
  }

  async sign(data: Uint8Array): Promise<ArrayBuffer> {
    const signature = await inTurn(
      () => sign(null, data, this.#key),
      (done) => sign(null, data, this.#key, done),
    )
    return new Uint8Array(signature).buffer
  }

  /** Checks a signature without waiting. */
  verifyNow(signature: Uint8Array, data: Uint8Array): boolean {
    return verify(null, data, this.#key, signature)
  }

  verify(signature: Uint8Array, data: Uint8Array): Promise<boolean> {
    return inTurn(
      () => verify(null, data, this.#key, signature),
      (done) => verify(null, data, this.#key, signature, done),
    )
  }
}

function publicOf(curve: OkpCurve, raw: Uint8Array): KeyObject {
  if (raw.length !== 32) throw new DOMException(`A public key of ${curve} has 32 bytes.`, 'DataError')
  return createPublicKey({ key: Buffer.concat([curves[curve].spkiPrefix, raw]), format: 'der', type: 'spki' })
}

function privateOf(curve: OkpCurve, pkcs8: Uint8Array): KeyObject {
  const der = Buffer.from(pkcs8.buffer, pkcs8.byteOffset, pkcs8.length)
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  if (key.asymmetricKeyType === curve.toLowerCase()) return key
  throw otherAlgorithm()
}

const otherAlgorithm = (): DOMException => new DOMException('That is a key of another algorithm.', 'DataError')

/** From so many on at once, signatures are made and checked beside the main thread: waking a thread takes longer than a few of them. */
const manyAtOnce = 8

interface Job {
  readonly here: () => void
  readonly beside: () => void
}
let jobs: Job[] = []

/** Does a piece of work when it is known what else is asked for at the same time. */
function inTurn<T>(here: () => T, beside: (done: (error: Error | null, result: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    // Not by queueMicrotask, which makes a resource for async_hooks of each call.
    if (jobs.length === 0) void Promise.resolve().then(runJobs)
    jobs.push({
      here() {
        try {
          resolve(here())
        } catch (error) {
          reject(error)
        }
      },
      beside: () => beside((error, result) => (error === null ? resolve(result) : reject(error))),
    })
  })
}

function runJobs(): void {
  const all = jobs
  jobs = []
  for (const { here, beside } of all) all.length < manyAtOnce ? here() : beside()
}
