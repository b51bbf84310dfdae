import type { Environment } from '../access/environment.ts'
import type { RingAccess } from '../access/ring-access.ts'
import { type RingSigned, readRingSigned, revisionsBelow } from '../access/ring-signed.ts'
import { inBackground } from '../background-timer.ts'
import { KmsError } from '../errors.ts'
import { usageId } from '../store/record-ids.ts'
import type { UsageRecord } from '../store/records.ts'
import { signRecords } from '../store/signed-record.ts'
import { type Counted, withCounts } from './usage-record.ts'
import { Uses } from './uses.ts'

/** Milliseconds from a first use until it is written down, and at least between two writes while uses go on. */
const soon = 1_000
const between = 10_000
/** Keys written in one commit. */
const keysPerCommit = 50
const attempts = 5
/** Counters kept for versions that are not in memory. */
const mostKnown = 1_000

/**
 * Counts the uses of a ring's keys and writes them down, for all processes together: approximate, since what a killed process counted last
 * is lost, and so is what a store that cannot be written never gets. It decides nothing (contents-v1 §Usage).
 */
export class UsageLog {
  /** UUID of this process's session. */
  readonly session: string
  readonly #environment: Environment
  readonly #access: RingAccess
  readonly #known = new Map<string, Uses>()
  readonly #pending = new Set<Uses>()
  #timer: ReturnType<typeof setTimeout> | undefined
  #writing: Promise<void> = Promise.resolve()
  #lastWrite = Number.NEGATIVE_INFINITY
  #ended = false

  constructor(environment: Environment, access: RingAccess, session: string) {
    this.#environment = environment
    this.#access = access
    this.session = session
  }

  /** What counts a version's uses. @param key UUID */
  of(key: string, version: number): Uses {
    const name = `${key} ${version}`
    const known = this.#known.get(name)
    if (known !== undefined) return known
    if (this.#known.size >= mostKnown) this.#known.clear()
    const uses = new Uses(key, version, (one) => this.#begin(one))
    this.#known.set(name, uses)
    return uses
  }

  /** Writes down what was counted until now. Failures leave it for the next time. */
  flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#writing = this.#writing.then(() => this.#flush())
    return this.#writing
  }

  /** A key's record; undefined if there is none that is genuine. @throws `store-unavailable` */
  async read(key: string): Promise<UsageRecord | undefined> {
    return (await this.#read([key])).genuine[0]
  }

  /** Writes down what is left, and counts no more. */
  async end(): Promise<void> {
    await this.flush()
    this.#ended = true
    clearTimeout(this.#timer)
  }

  #begin(uses: Uses): void {
    uses.since = this.#environment.wall()
    this.#pending.add(uses)
    if (this.#timer !== undefined || this.#ended) return
    const waited = this.#environment.monotonic() - this.#lastWrite
    this.#timer = setTimeout(() => void this.flush(), Math.max(soon, between - waited))
    inBackground(this.#timer)
  }

  async #flush(): Promise<void> {
    const byKey = byKeyOf(this.#pending)
    this.#pending.clear()
    if (byKey.size === 0) return
    this.#lastWrite = this.#environment.monotonic()
    const keys = [...byKey.keys()]
    for (let at = 0; at < keys.length; at += keysPerCommit) {
      const taken = keys
        .slice(at, at + keysPerCommit)
        .flatMap((key) => (byKey.get(key) ?? []).map((uses) => this.#take(uses)))
      if (await this.#write(taken.map(({ counted }) => counted))) continue
      if (!this.#ended) for (const { uses, counted } of taken) uses.giveBack(counted, counted.first)
    }
  }

  #take(uses: Uses): { readonly uses: Uses; readonly counted: Counted & { readonly key: string } } {
    const { key, version, since: first } = uses
    const counts = uses.take()
    const { sealed, opened, refused } = counts
    // One use was when it was counted; of many the last was some time until now.
    const last = sealed + opened + refused === 1 ? first : Math.max(first, this.#environment.wall())
    return { uses, counted: { key, version, ...counts, first, last } }
  }

  /** @returns whether it was written */
  async #write(counted: readonly (Counted & { readonly key: string })[]): Promise<boolean> {
    const { store, caller } = this.#environment
    const { record: ring, logKey } = this.#access
    const byKey = byKeyOf(counted)
    for (let attempt = 1; attempt <= attempts; attempt++) {
      try {
        const { genuine, forged } = await this.#read([...byKey.keys()])
        const before = new Map(genuine.map((record) => [record.key, record]))
        const below = await revisionsBelow(store, forged)
        const records = [...byKey].map(([key, of]) => {
          const record = withCounts(ring, key, before.get(key), of, { session: this.session, caller })
          return { ...record, revision: (below.get(record.id) ?? record.revision - 1) + 1 }
        })
        const put = await signRecords(records, logKey)
        await store.commit({ expect: [], put, remove: [], append: [] })
        return true
      } catch (error) {
        // Another process was first: its counts are added to, not replaced.
        if (!(error instanceof KmsError) || error.code !== 'conflict') return false
      }
    }
    return false
  }

  #read(keys: readonly string[]): Promise<RingSigned<UsageRecord>> {
    const { ring } = this.#access.record
    return readRingSigned(
      'usage',
      this.#environment,
      this.#access,
      keys.map((key) => usageId(ring, key)),
    )
  }
}

function byKeyOf<T extends { readonly key: string }>(items: Iterable<T>): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(item.key)
    if (group === undefined) groups.set(item.key, [item])
    else group.push(item)
  }
  return groups
}
