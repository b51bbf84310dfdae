import type { Change } from '../access/authority.ts'
import { KmsError } from '../errors.ts'
import type { StoredRecord } from '../store/key-store.ts'
import { asAsked } from './existing-key.ts'
import { type KeyBatch, type KeyToCreate, nameOf, prepareBatch } from './key-batch.ts'
import { type KeyChanges, reasonOf } from './key-changes.ts'
import type { KeyInfo } from './key-info.ts'
import { keyExists, type NewKey } from './new-key.ts'

export interface CreateManyOptions {
  /** Why, for the log: up to 2,000 characters. */
  readonly reason?: string
  /** Gives keys that are there already as they are: so a call that was interrupted is repeated. */
  readonly ifAbsent?: boolean
  /** Ends the work between two commits; the keys that were not made yet are `aborted`. */
  readonly signal?: AbortSignal
  /** Told after each commit how many keys of how many are through, made or refused. */
  readonly onProgress?: (done: number, total: number) => void
}

/** What became of one key of many, in the place that it had. */
export type CreatedKey =
  | { readonly ok: true; readonly key: KeyInfo; readonly created: boolean }
  | { readonly ok: false; readonly name: string; readonly error: KmsError }

/** Keys of one commit: its log entry names three records of each, 477 bytes, beside a reason, and has 64 KiB. */
const batchKeys = 100

/** Batches on their way at a time: the one that is committed, and those after it. */
const batchesAtOnce = 4

/**
 * Makes many keys, up to 100 in a commit; while one is written, up to three more are made and signed.
 * @throws `invalid-argument` for what is no array or a reason that is too long, `not-permitted`
 */
export async function createMany(
  changes: KeyChanges,
  specs: readonly KeyToCreate[],
  options: CreateManyOptions = {},
): Promise<readonly CreatedKey[]> {
  if (!Array.isArray(specs)) throw new KmsError('invalid-argument', 'Keys to be made are an array.')
  return new ManyKeys(changes, options).create(specs)
}

class ManyKeys {
  readonly #changes: KeyChanges
  readonly #options: CreateManyOptions
  readonly #reason: string

  constructor(changes: KeyChanges, options: CreateManyOptions) {
    changes.ring.authority.checkAdministers()
    this.#changes = changes
    this.#options = options
    this.#reason = reasonOf(options)
  }

  async create(specs: readonly KeyToCreate[]): Promise<readonly CreatedKey[]> {
    const results: CreatedKey[] = []
    const { signal, onProgress } = this.#options
    const prepared: Promise<KeyBatch>[] = []
    let begun = 0
    while (results.length < specs.length) {
      for (; prepared.length < batchesAtOnce && begun < specs.length; begun += batchKeys) {
        const batch = prepareBatch(this.#changes.ring, specs.slice(begun, begun + batchKeys), this.#reason)
        // It may not be waited for.
        batch.catch(() => {})
        prepared.push(batch)
      }
      const batch = (await prepared.shift()) as KeyBatch
      try {
        if (signal?.aborted === true) throw new KmsError('aborted', 'No more keys were made: the work was interrupted.')
        results.push(...(await this.#commit(batch)))
      } catch (error) {
        // What fails for one batch, such as a store that does not answer, fails for those after it.
        if (!(error instanceof KmsError)) throw error
        for (const spec of specs.slice(results.length)) results.push({ ok: false, name: nameOf(spec), error })
      }
      onProgress?.(results.length, specs.length)
    }
    return results
  }

  async #commit(prepared: KeyBatch): Promise<readonly CreatedKey[]> {
    const { authority } = this.#changes.ring
    let batch = prepared
    let taken = new Set<string>()
    const [first] = batch.candidates
    const claims = batch.candidates.flatMap(({ made }) => (made === undefined ? [] : [made.key.claim.id]))
    const build = async (claimed: readonly StoredRecord[]): Promise<Change | undefined> => {
      // A restore that was accepted meanwhile numbers versions anew.
      if (authority.head.record.incarnation !== batch.incarnation)
        batch = await prepareBatch(this.#changes.ring, batch.specs, this.#reason)
      taken = new Set(claimed.map(({ id }) => id))
      const signed = batch.candidates.flatMap(({ made }) =>
        made === undefined || taken.has(made.key.claim.id) ? [] : made.signed,
      )
      return signed.length === 0 ? undefined : { reason: this.#reason, records: [], signed }
    }
    // The store compares: names that are taken are looked for where it refuses them. Reading all of them first took a tenth of the time.
    const claimed = (attempt: number): readonly string[] =>
      attempt === 1 && this.#options.ifAbsent !== true ? [] : claims
    await authority.commit('key.create', first?.name ?? '', undefined, build, claimed)
    const isTaken = ({ refused, made }: KeyBatch['candidates'][number]): boolean =>
      refused === undefined && (made === undefined || taken.has(made.key.claim.id))
    const there = await this.#there(batch.candidates.filter(isTaken).map(({ name }) => name))
    return batch.candidates.map((candidate, at) => {
      const { name, refused, made } = candidate
      if (refused !== undefined) return { ok: false, name, error: refused }
      if (made === undefined || isTaken(candidate)) return found(there.get(name), name, batch.specs[at] as KeyToCreate)
      return { ok: true, key: this.#told(made.key), created: true }
    })
  }

  #told({ key, version }: NewKey): KeyInfo {
    const info = this.#changes.info(key, [version])
    this.#changes.onChange('key.create', info.name, info.id, info.primary ?? undefined)
    return info
  }

  /** Keys whose names are taken, where they are to be given as they are. A name of a key that was renamed has none. */
  async #there(names: readonly string[]): Promise<ReadonlyMap<string, KeyInfo>> {
    if (this.#options.ifAbsent !== true || names.length === 0) return new Map()
    const { records } = this.#changes.ring
    const keys = [...(await records.byNames(names)).values()]
    const versions = await records.newestOfMany(keys)
    return new Map(keys.map((key, i) => [key.name, this.#changes.info(key, versions[i] ?? [])]))
  }
}

/** What becomes of a key whose name is taken. */
function found(there: KeyInfo | undefined, name: string, spec: KeyToCreate): CreatedKey {
  if (there === undefined) return { ok: false, name, error: keyExists(name) }
  try {
    return { ok: true, key: asAsked(there, spec), created: false }
  } catch (error) {
    if (!(error instanceof KmsError)) throw error
    return { ok: false, name, error }
  }
}
