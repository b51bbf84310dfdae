import type { Change } from '../access/authority.ts'
import { RandomSupply } from '../crypto/random-bytes.ts'
import { hedgeLength } from '../envelope/salts.ts'
import { KmsError } from '../errors.ts'
import type { KeyPurpose } from '../specs/key-purposes.ts'
import { type KeySpecName, purposeAndSpec } from '../specs/key-specs.ts'
import type { StoredRecord } from '../store/key-store.ts'
import { checkName, checkText } from '../store/names.ts'
import { signRecords } from '../store/signed-record.ts'
import { asAsked } from './as-asked.ts'
import { type KeyChanges, reasonOf } from './key-changes.ts'
import type { KeyInfo } from './key-info.ts'
import { neighbouringIds, randomOfId } from './neighbouring-ids.ts'
import { keyExists, type NewKey, newKey } from './new-key.ts'
import { type PolicyOptions, policyOf, standardPolicy } from './rotation-policy.ts'

/** A key to be made. */
export interface KeySpec extends PolicyOptions {
  /** 1 to 200 bytes, unique in the ring for good. */
  readonly name: string
  /** What it is for, and does alone: `encrypt` unless given. */
  readonly purpose?: KeyPurpose
  /** What sort of key: the standard one of its purpose unless given. */
  readonly spec?: KeySpecName
  /** Whether `kms.keys.export` may give it out; false unless given, and for good. */
  readonly exportable?: boolean
  readonly description?: string
}

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

/** Random bytes of a key: its id, its material, and those that the salt of the material's envelope is made of. */
const randomOfKey = randomOfId + 32 + hedgeLength
/** And of all keys of a batch together: what their ids have in common. */
const randomOfBatch = 6

/** Its name, itself, and its first version. */
const recordsOfKey = 3

/** Batches that are on their way before the one that is committed is. */
const batchesAhead = 4

/** Keys that are made, and then signed, in one go. */
const sliceKeys = 20
const slicesAhead = 2

/** One key on its way: what refused it, or its records. Neither for the second of a name. */
interface Unsigned {
  readonly name: string
  readonly refused?: KmsError
  readonly key?: NewKey
}

interface Candidate extends Omit<Unsigned, 'key'> {
  readonly made?: { readonly key: NewKey; readonly signed: readonly StoredRecord[] }
}

/** What the keys of a batch have in common while they are made. */
interface Together {
  readonly nextId: () => string
  /** Of those before. */
  readonly names: Set<string>
  readonly random: RandomSupply
}

interface Batch {
  readonly specs: readonly KeySpec[]
  /** That of the version numbers. */
  readonly incarnation: number
  readonly candidates: readonly Candidate[]
}

/**
 * Makes many keys, up to 100 in a commit; while one is written, up to four more are made and signed.
 * @throws `invalid-argument` for what is no array or a reason that is too long, `not-permitted`
 */
export async function createMany(
  changes: KeyChanges,
  specs: readonly KeySpec[],
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

  async create(specs: readonly KeySpec[]): Promise<readonly CreatedKey[]> {
    const results: CreatedKey[] = []
    const { signal, onProgress } = this.#options
    const prepared: Promise<Batch>[] = []
    let begun = 0
    while (results.length < specs.length) {
      for (; prepared.length < batchesAhead && begun < specs.length; begun += batchKeys) {
        const batch = this.#prepare(specs.slice(begun, begun + batchKeys))
        // It may not be waited for.
        batch.catch(() => {})
        prepared.push(batch)
      }
      const batch = (await prepared.shift()) as Batch
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

  async #prepare(specs: readonly KeySpec[]): Promise<Batch> {
    const { authority } = this.#changes.ring
    const { incarnation } = authority.head.record
    const random = new RandomSupply(randomOfBatch + specs.length * randomOfKey)
    try {
      const together = { nextId: neighbouringIds(random.take), names: new Set<string>(), random }
      const slices: Promise<readonly Candidate[]>[] = []
      for (let at = 0; at < specs.length; at += sliceKeys) {
        const made = await Promise.all(specs.slice(at, at + sliceKeys).map((spec) => this.#make(spec, together)))
        // Threads sign some slices while the next one is made here, and the store is heard in between.
        await slices[slices.length - slicesAhead]
        const signed = this.#sign(made)
        // What fails is seen when it is waited for.
        signed.catch(() => {})
        slices.push(signed)
      }
      return { specs, incarnation, candidates: (await Promise.all(slices)).flat() }
    } finally {
      random.wipe()
    }
  }

  /** A key's records, or what refuses it. */
  async #make(spec: KeySpec, { nextId, names, random }: Together): Promise<Unsigned> {
    const { ring } = this.#changes
    try {
      if (typeof spec !== 'object' || spec === null) {
        throw new KmsError('invalid-argument', 'A key to be made is an object with a name.')
      }
      const name = checkName(spec.name)
      // The second of a name meets the first, as it would in a commit of its own.
      if (names.has(name)) return { name }
      const policy = policyOf(spec, standardPolicy, ring.environment.wall())
      const use = purposeAndSpec(spec.purpose, spec.spec)
      const description = checkText(spec.description ?? '', 'A description')
      names.add(name)
      const exportable = spec.exportable === true
      const key = await newKey(ring, {
        id: nextId(),
        random: random.take,
        name,
        description,
        policy,
        use,
        exportable,
        reason: this.#reason,
      })
      return { name, key }
    } catch (error) {
      if (!(error instanceof KmsError)) throw error
      return { name: nameOf(spec), refused: error }
    }
  }

  async #sign(slice: readonly Unsigned[]): Promise<readonly Candidate[]> {
    const signing = this.#changes.ring.authority.checkAdministers()
    const records = slice.flatMap(({ key }) => (key === undefined ? [] : [key.claim, key.key, key.version]))
    const signed = await signRecords(records, signing)
    let at = 0
    return slice.map(({ key, ...candidate }) => {
      if (key === undefined) return candidate
      at += recordsOfKey
      return { ...candidate, made: { key, signed: signed.slice(at - recordsOfKey, at) } }
    })
  }

  async #commit(prepared: Batch): Promise<readonly CreatedKey[]> {
    const { authority } = this.#changes.ring
    let batch = prepared
    let taken = new Set<string>()
    const [first] = batch.candidates
    const claims = batch.candidates.flatMap(({ made }) => (made === undefined ? [] : [made.key.claim.id]))
    const build = async (claimed: readonly StoredRecord[]): Promise<Change | undefined> => {
      // A restore that was accepted meanwhile numbers versions anew.
      if (authority.head.record.incarnation !== batch.incarnation) batch = await this.#prepare(batch.specs)
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
    const results: CreatedKey[] = []
    for (const [at, { name, refused, made }] of batch.candidates.entries()) {
      if (refused !== undefined) results.push({ ok: false, name, error: refused })
      else if (made === undefined || taken.has(made.key.claim.id))
        results.push(await this.#there(name, batch.specs[at] as KeySpec))
      else results.push({ ok: true, key: this.#told(made.key), created: true })
    }
    return results
  }

  #told({ key, version }: NewKey): KeyInfo {
    const info = this.#changes.info(key, [version])
    this.#changes.onChange('key.create', info.name, info.id, info.primary ?? undefined)
    return info
  }

  /** A key whose name is taken. */
  async #there(name: string, spec: KeySpec): Promise<CreatedKey> {
    if (this.#options.ifAbsent !== true) return { ok: false, name, error: keyExists(name) }
    try {
      return { ok: true, key: asAsked(await this.#changes.summary(name), spec), created: false }
    } catch (error) {
      if (!(error instanceof KmsError)) throw error
      // The name of a key that was renamed.
      return { ok: false, name, error: error.code === 'key-not-found' ? keyExists(name) : error }
    }
  }
}

/** As it was given, whatever that was. */
const nameOf = (spec: KeySpec | null | undefined): string => String(spec?.name ?? '')
