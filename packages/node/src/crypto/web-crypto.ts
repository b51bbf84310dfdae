import { createPrivateKey, createPublicKey, type KeyObject, sign, verify, type webcrypto } from 'node:crypto'
import { Crypto as PeculiarCrypto } from '@peculiar/webcrypto'

type Crypto = typeof globalThis.crypto
type Subtle = webcrypto.SubtleCrypto
type CryptoKey = webcrypto.CryptoKey
type BufferSource = webcrypto.BufferSource
type AlgorithmIdentifier = webcrypto.AlgorithmIdentifier
type KeyUsage = webcrypto.KeyUsage

/** The DER before a raw Ed25519 public key in a SubjectPublicKeyInfo: RFC 8410 §4. */
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex')

/** From so many on at once, signatures are made and checked beside the main thread: waking a thread takes longer than a few of them. */
const manyAtOnce = 8

interface Job {
  readonly here: () => void
  readonly beside: () => void
}
let jobs: Job[] = []

/** Does a piece of work when all that is asked for at the same time is known. */
function inTurn<T>(here: () => T, beside: (done: (error: Error | null, result: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    if (jobs.length === 0) queueMicrotask(runJobs)
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

/** An Ed25519 key as WebCrypto shows it, and what node:crypto signs or verifies with. */
class Ed25519Key implements CryptoKey {
  readonly algorithm = { name: 'Ed25519' }
  readonly extractable: boolean
  readonly usages: KeyUsage[]
  readonly #key: KeyObject

  constructor(key: KeyObject, extractable: boolean, usages: readonly KeyUsage[]) {
    this.#key = key
    this.extractable = extractable
    this.usages = [...usages]
  }

  get type(): webcrypto.KeyType {
    return this.#key.type as webcrypto.KeyType
  }

  raw(): ArrayBuffer {
    return new Uint8Array(this.#key.export({ format: 'der', type: 'spki' }).subarray(spkiPrefix.length)).buffer
  }

  sign(data: BufferSource): Promise<ArrayBuffer> {
    return inTurn(
      () => sign(null, view(data), this.#key),
      (done) => sign(null, view(data), this.#key, done),
    ).then((signature) => new Uint8Array(signature).buffer)
  }

  verify(signature: BufferSource, data: BufferSource): Promise<boolean> {
    return inTurn(
      () => verify(null, view(data), this.#key, view(signature)),
      (done) => verify(null, view(data), this.#key, view(signature), done),
    )
  }
}

/**
 * @peculiar/webcrypto, but for Ed25519 keys that are imported raw or as PKCS#8, as stores have them. With those it would parse a key from text
 * with each signature, which takes ten times as long as signing and leaves private keys in strings; node:crypto takes them parsed.
 */
export function createNodeWebCrypto(): Crypto {
  // @peculiar/webcrypto is typed against its own copy of the DOM's types.
  const crypto = new PeculiarCrypto() as unknown as Crypto
  const { subtle } = crypto
  const own = {
    async importKey(...parameters: Parameters<Subtle['importKey']>): Promise<CryptoKey> {
      const [format, data, algorithm, extractable, usages] = parameters as unknown as ImportParameters
      if (nameOf(algorithm) !== 'Ed25519' || (format !== 'raw' && format !== 'pkcs8')) {
        return subtle.importKey(...parameters)
      }
      return new Ed25519Key(format === 'raw' ? publicKey(view(data)) : privateKey(view(data)), extractable, usages)
    },
    async exportKey(format: 'raw', key: CryptoKey): Promise<ArrayBuffer | webcrypto.JsonWebKey> {
      if (!(key instanceof Ed25519Key)) return subtle.exportKey(format, key)
      if (format === 'raw' && key.type === 'public') return key.raw()
      throw new DOMException('Only public keys are exported, and only as raw bytes.', 'NotSupportedError')
    },
    async sign(algorithm: AlgorithmIdentifier, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer> {
      return key instanceof Ed25519Key ? key.sign(data) : subtle.sign(algorithm, key, data)
    },
    async verify(
      algorithm: AlgorithmIdentifier,
      key: CryptoKey,
      signature: BufferSource,
      data: BufferSource,
    ): Promise<boolean> {
      return key instanceof Ed25519Key ? key.verify(signature, data) : subtle.verify(algorithm, key, signature, data)
    },
  }
  Object.defineProperty(crypto, 'subtle', { value: Object.assign(Object.create(subtle), own) })
  return crypto
}

type ImportParameters = [string, BufferSource, AlgorithmIdentifier, boolean, readonly KeyUsage[]]

const nameOf = (algorithm: AlgorithmIdentifier): string => (typeof algorithm === 'string' ? algorithm : algorithm.name)

const view = (data: BufferSource): Uint8Array =>
  ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data as ArrayBuffer)

function publicKey(raw: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([spkiPrefix, raw]), format: 'der', type: 'spki' })
}

function privateKey(pkcs8: Uint8Array): KeyObject {
  const key = createPrivateKey({
    key: Buffer.from(pkcs8.buffer, pkcs8.byteOffset, pkcs8.length),
    format: 'der',
    type: 'pkcs8',
  })
  if (key.asymmetricKeyType === 'ed25519') return key
  throw new DOMException('That is a key of another algorithm.', 'DataError')
}
