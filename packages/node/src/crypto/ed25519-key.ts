import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
  type webcrypto,
} from 'node:crypto'

/** The DER before a raw Ed25519 public key in a SubjectPublicKeyInfo: RFC 8410 §4. */
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex')

/** An Ed25519 key as WebCrypto shows it, and what node:crypto signs or verifies with. */
export class Ed25519Key implements webcrypto.CryptoKey {
  readonly algorithm = { name: 'Ed25519' }
  readonly extractable: boolean
  readonly usages: webcrypto.KeyUsage[]
  readonly #key: KeyObject

  private constructor(key: KeyObject, extractable: boolean, usages: readonly webcrypto.KeyUsage[]) {
    this.#key = key
    this.extractable = extractable
    this.usages = [...usages]
  }

  static generate(extractable: boolean): { readonly privateKey: Ed25519Key; readonly publicKey: Ed25519Key } {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    return {
      privateKey: new Ed25519Key(privateKey, extractable, ['sign']),
      publicKey: new Ed25519Key(publicKey, true, ['verify']),
    }
  }

  /** @param data 32 bytes (`raw`), a SubjectPublicKeyInfo (`spki`) or a PrivateKeyInfo (`pkcs8`) in DER */
  static from(
    format: 'raw' | 'pkcs8' | 'spki',
    data: Uint8Array,
    extractable: boolean,
    usages: readonly webcrypto.KeyUsage[],
  ): Ed25519Key {
    switch (format) {
      case 'raw':
        return Ed25519Key.#fromRaw(data, extractable, usages)
      case 'spki':
        if (!spkiPrefix.equals(data.subarray(0, spkiPrefix.length))) throw otherAlgorithm()
        return Ed25519Key.#fromRaw(data.subarray(spkiPrefix.length), extractable, usages)
      case 'pkcs8':
        return Ed25519Key.#fromPkcs8(data, extractable, usages)
    }
  }

  static #fromRaw(raw: Uint8Array, extractable: boolean, usages: readonly webcrypto.KeyUsage[]): Ed25519Key {
    if (raw.length !== 32) throw new DOMException('An Ed25519 public key has 32 bytes.', 'DataError')
    const key = createPublicKey({ key: Buffer.concat([spkiPrefix, raw]), format: 'der', type: 'spki' })
    return new Ed25519Key(key, extractable, usages)
  }

  static #fromPkcs8(pkcs8: Uint8Array, extractable: boolean, usages: readonly webcrypto.KeyUsage[]): Ed25519Key {
    const der = Buffer.from(pkcs8.buffer, pkcs8.byteOffset, pkcs8.length)
    const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    if (key.asymmetricKeyType === 'ed25519') return new Ed25519Key(key, extractable, usages)
    throw otherAlgorithm()
  }

  get type(): webcrypto.KeyType {
    return this.#key.type as webcrypto.KeyType
  }

  /** A public key's 32 bytes or SubjectPublicKeyInfo, or an extractable private key's PKCS#8 DER. */
  export(format: string): ArrayBuffer {
    if ((format === 'raw' || format === 'spki') && this.type === 'public') {
      const der = this.#key.export({ format: 'der', type: 'spki' })
      return new Uint8Array(format === 'raw' ? der.subarray(spkiPrefix.length) : der).buffer
    }
    if (format === 'pkcs8' && this.type === 'private' && this.extractable) {
      const der = this.#key.export({ format: 'der', type: 'pkcs8' })
      const copy = new Uint8Array(der).buffer
      der.fill(0)
      return copy
    }
    throw new DOMException('This key is not given out in that form.', 'InvalidAccessError')
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
