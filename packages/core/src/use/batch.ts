import type { Context } from '../envelope/context.ts'
import { KmsError } from '../errors.ts'

/** What is to be sealed, and what it is bound to. */
export interface SealItem {
  /** Bytes, or text as UTF-8. */
  readonly data: Uint8Array | string
  readonly context: Context
}

/** What is to be opened, and what it is bound to. */
export interface OpenItem {
  /** The envelope's bytes or its text form. */
  readonly envelope: Uint8Array | string
  readonly context: Context
}

/** What became of one item of a batch, in the place that the item had. */
export type ItemResult =
  | { readonly ok: true; readonly value: Uint8Array }
  | { readonly ok: false; readonly error: KmsError }

/** What a batch needs of the handle it runs on. */
export interface BatchWork<I> {
  readonly monotonic: () => number
  /** Gives way to what else the process has to do, such as a renewal that learns of a revocation. */
  readonly giveWay: () => Promise<void>
  readonly run: (item: I) => Uint8Array
  /** @throws as `EncryptionKey.renew` */
  readonly renew: () => Promise<void>
  /** Brings the version that an item names into memory. @throws as `EncryptionKey.load` */
  readonly load: (item: I) => Promise<void>
}

/** Milliseconds of work after which a batch gives way. */
const slice = 20
/** Items after which a batch looks at the clock. */
const stride = 16
/** Times that one item is begun: a lease may end while a version is loaded. */
const attempts = 4

/**
 * Does one thing with many items. What fails for one item is its result; what fails for all, such as a store that cannot be reached when
 * the lease has ended, is the result of each that was not done.
 * @throws `invalid-argument` for items that are no array
 */
export async function runBatch<I>(items: readonly I[], work: BatchWork<I>): Promise<readonly ItemResult[]> {
  if (!Array.isArray(items)) throw new KmsError('invalid-argument', 'A batch is an array of items.')
  const results: ItemResult[] = []
  const batch = new Batch(work)
  let began = work.monotonic()
  for (const [index, item] of (items as readonly I[]).entries()) {
    if (index % stride === 0 && work.monotonic() - began > slice) {
      await work.giveWay()
      began = work.monotonic()
    }
    let result = batch.attempt(item)
    for (let done = 1; done < attempts && batch.canMend(result); done++) result = await batch.mend(item, result)
    results.push(result)
  }
  return results
}

class Batch<I> {
  readonly #work: BatchWork<I>
  /** Why nothing more is done. */
  #failure: KmsError | undefined
  /** Versions that could not be loaded: they are not asked for again by each item. */
  readonly #refused = new Map<string | undefined, KmsError>()

  constructor(work: BatchWork<I>) {
    this.#work = work
  }

  attempt(item: I): ItemResult {
    if (this.#failure !== undefined) return failed(this.#failure)
    if (typeof item !== 'object' || item === null) {
      return failed(new KmsError('invalid-argument', 'An item of a batch is an object.'))
    }
    try {
      return { ok: true, value: this.#work.run(item) }
    } catch (error) {
      return this.#refuse(error)
    }
  }

  canMend(result: ItemResult): result is Refused {
    if (result.ok || result.error === this.#failure) return false
    const { code, version } = result.error
    return code === 'lease-expired' || (code === 'version-not-loaded' && !this.#refused.has(version))
  }

  /** Renews the lease or loads the version, as the refusal asks for, and does the item again. */
  async mend(item: I, { error: { code, version } }: Refused): Promise<ItemResult> {
    try {
      await (code === 'lease-expired' ? this.#work.renew() : this.#work.load(item))
      return this.attempt(item)
    } catch (error) {
      const refusal = this.#refuse(error)
      if (code === 'lease-expired') this.#failure = refusal.error
      else this.#refused.set(version, refusal.error)
      return refusal
    }
  }

  #refuse(error: unknown): Refused {
    if (!(error instanceof KmsError)) throw error
    if (error.code === 'closed') this.#failure = error
    return failed(this.#refused.get(error.version) ?? error)
  }
}

type Refused = Extract<ItemResult, { ok: false }>

const failed = (error: KmsError): Refused => ({ ok: false, error })
