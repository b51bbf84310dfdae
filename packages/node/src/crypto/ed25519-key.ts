import { type KeyObject, sign, verify } from 'node:crypto'
import { checkUsage, ed25519, generateOkp, importOkp, type OkpRights } from './okp-forms.ts'
import { OkpKey } from './okp-key.ts'

/** An Ed25519 key as WebCrypto shows it, and what node:crypto signs or verifies with. */
export class Ed25519Key extends OkpKey {
  readonly #key: KeyObject

  private constructor(key: KeyObject, rights: OkpRights) {
    super(ed25519, key, rights)
    this.#key = key
  }

  static generate(rights: OkpRights): { readonly privateKey: Ed25519Key; readonly publicKey: Ed25519Key } {
    const { privateKey, publicKey } = generateOkp(ed25519, rights)
    return { privateKey: new Ed25519Key(...privateKey), publicKey: new Ed25519Key(...publicKey) }
  }

  /** As `importOkp`. */
  static from(format: string, data: Uint8Array, rights: OkpRights): Ed25519Key {
    return new Ed25519Key(importOkp(ed25519, format, data, rights.usages), rights)
  }

  /** @param data is read at the call, as WebCrypto does: the caller may change or wipe it afterwards */
  async sign(data: Uint8Array): Promise<ArrayBuffer> {
    checkUsage(this, 'sign')
    const copy = data.slice()
    const signature = await inTurn(
      () => sign(null, copy, this.#key),
      (done) => sign(null, copy, this.#key, done),
    )
    return new Uint8Array(signature).buffer
  }

  /** Checks a signature without waiting. */
  verifyNow(signature: Uint8Array, data: Uint8Array): boolean {
    checkUsage(this, 'verify')
    return verify(null, data, this.#key, signature)
  }

  /** Both are read at the call. */
  async verify(signature: Uint8Array, data: Uint8Array): Promise<boolean> {
    checkUsage(this, 'verify')
    const [given, copy] = [signature.slice(), data.slice()]
    return inTurn(
      () => verify(null, copy, this.#key, given),
      (done) => verify(null, copy, this.#key, given, done),
    )
  }
}

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
