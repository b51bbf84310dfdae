import { tolerated } from '../access/ring-clock.ts'
import { WorkClaim } from '../access/work-claim.ts'
import { readWork } from '../access/work-record.ts'
import { day } from '../durations.ts'
import { concernsOne, KmsError } from '../errors.ts'
import { KeyChanges, type OnChange } from '../keys/key-changes.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { settledAfter } from '../keys/retirement-wait.ts'
import { administeredRecords } from '../store/administered-records.ts'
import type { StoredRecord } from '../store/key-store.ts'
import { keyPrefix } from '../store/record-ids.ts'
import type { KeyRecord, RotationRecord, VersionRecord } from '../store/records.ts'
import type { Distribution } from './advance.ts'
import { Attempts, itemName } from './attempts.ts'
import { type DueItem, dueOfKey, dueOfRotation } from './due-items.ts'
import type { RotationInfo } from './rotation-info.ts'
import { RotationRecords } from './rotation-records.ts'
import { Rotations } from './rotations.ts'

const damaged: ReadonlySet<string> = new Set(['store-corrupt', 'store-rolled-back', 'version-lost', 'key-not-found'])

export interface WorkOptions {
  /** Rotations begun by one run, at most, 1 to 1,000: the rest is done by the next. 20 unless given. */
  readonly limit?: number
  /**
   * Milliseconds after which the next run is expected, 60,000 to 31,622,400,000 (366 days); unless given, as long as it was since the
   * run before, a day at least and 31 days at most.
   */
  readonly interval?: number
  /** Tries what failed at once, and what was given up. */
  readonly retry?: boolean
  /** Told of each item before it is done. */
  readonly onItem?: (item: DueItem) => void
}

/** What a run did. */
export interface WorkReport {
  /** False if another process does the work: nothing was done here, nor looked at. */
  readonly elected: boolean
  readonly done: readonly {
    readonly kind: DueItem['kind']
    readonly key: string
    readonly rotation: string
    readonly step: string
  }[]
  readonly failed: readonly {
    readonly kind: DueItem['kind']
    readonly key: string
    readonly code: string
    readonly message: string
  }[]
  /** Items that are left: for the next run, for a pause that has to pass, or for a person. */
  readonly left: readonly DueItem[]
}

/** When due work was last done, and how long after that the next run is expected, milliseconds. */
export interface LastRun {
  readonly time: number
  readonly interval: number
  /** `idle`, or `running` as long as it has not ended. */
  readonly state: string
}

const page = 200

/**
 * What policies ask for, done by exactly one process (requirement R3): the one that has claimed the work's record and goes on changing it,
 * which each of its commits expects. It rotates and retires, and never destroys.
 */
export class DueWork {
  readonly #ring: KeyRing
  readonly #claim: WorkClaim
  readonly #rotations: Rotations
  #running: Promise<WorkReport> | undefined
  #ended = false

  /** Use `kms.due` and `kms.work`. */
  constructor(ring: KeyRing, onChange: OnChange, distribution: Distribution) {
    this.#ring = ring
    this.#claim = new WorkClaim(ring.environment, ring.access, settledAfter(ring.lease))
    this.#rotations = new Rotations(new KeyChanges(ring, onChange, () => this.#claim.expectation()), distribution)
  }

  /** What is due, or soon will be. */
  async due(): Promise<readonly DueItem[]> {
    const { environment, access, authority } = this.#ring
    await authority.refresh()
    const attempts = new Attempts((await readWork(environment, access))?.attempts ?? [])
    const items: DueItem[] = []
    for await (const item of this.#items()) items.push(attempts.describe(item))
    return items
  }

  /** Does what is due; a run that is under way in this process is shared. */
  async work(options: WorkOptions = {}): Promise<WorkReport> {
    const { limit = 20, interval } = options
    if (!Number.isInteger(limit) || limit < 1 || limit > 1_000) {
      throw new KmsError('invalid-argument', 'limit is a number of rotations from 1 to 1,000.')
    }
    if (interval !== undefined && (!Number.isInteger(interval) || interval < 60_000 || interval > 366 * day)) {
      throw new KmsError('invalid-argument', 'interval has 60,000 to 31,622,400,000 milliseconds: 366 days.')
    }
    this.#ring.authority.checkAdministers()
    this.#running ??= this.#work({ ...options, limit }).finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  /** The last run; undefined if there was none. */
  async last(): Promise<LastRun | undefined> {
    return readWork(this.#ring.environment, this.#ring.access)
  }

  /** Ends a run under way after the commit it is at, and gives the work back, so that nobody waits for it. */
  async end(): Promise<void> {
    this.#ended = true
    if (this.#claim.held) await this.#claim.release(this.#claim.attempts).catch(() => {})
  }

  async #work(options: WorkOptions & { readonly limit: number }): Promise<WorkReport> {
    const { authority, clock, environment } = this.#ring
    await clock.check('Nothing was rotated.', tolerated.rotation)
    const last = await this.last()
    const passed = last === undefined ? 0 : environment.wall() - last.time
    const { interval = Math.min(Math.max(passed, day), 31 * day) } = options
    if (!(await this.#claim.take({ interval, size: authority.head.record.size }))) {
      return { elected: false, done: [], failed: [], left: [] }
    }
    // The Kms may have been closed while this process waited for another.
    if (this.#ended) await this.end()
    const attempts = new Attempts(this.#claim.attempts)
    const due = new Set<string>()
    try {
      const report = await this.#run(options, attempts, due)
      await this.#claim.release(attempts.kept(due))
      return report
    } catch (error) {
      await this.#claim.release(this.#claim.attempts).catch(() => {})
      throw error
    }
  }

  async #run(
    { limit, retry = false, onItem }: WorkOptions & { readonly limit: number },
    attempts: Attempts,
    due: Set<string>,
  ): Promise<WorkReport> {
    const { environment, lease } = this.#ring
    const done: WorkReport['done'][number][] = []
    const failed: WorkReport['failed'][number][] = []
    const left: DueItem[] = []
    const retired: RotationInfo[] = []
    let begun = 0
    for await (const item of this.#items()) {
      due.add(itemName(item))
      const described = attempts.describe(item)
      const full = item.kind === 'rotate' && begun >= limit
      const may = retry ? item.automatic : described.automatic && !attempts.pauses(item, environment.wall())
      if (!may || full || !this.#claim.held) {
        left.push(described)
        continue
      }
      if (item.kind === 'rotate') begun++
      onItem?.(described)
      try {
        const rotation = await this.#do(item)
        if (rotation.step === 'retire') retired.push(rotation)
        done.push({ kind: item.kind, key: item.key, rotation: rotation.id, step: rotation.step })
        const waits = item.kind === 'resume' && rotation.waitsFor !== '' && rotation.step === 'distribute'
        if (waits) attempts.failed(item, environment.wall(), { code: 'waiting', message: rotation.waitsFor })
        else attempts.succeeded(item)
      } catch (error) {
        // One key that cannot be rotated must not stop the others; a store that does not answer stops them all.
        if (!concernsOne(error)) throw error
        if (!this.#claim.held) {
          left.push(described)
          continue
        }
        attempts.failed(item, environment.wall(), error)
        failed.push({ kind: item.kind, key: item.key, code: error.code, message: error.message })
      }
      await this.#claim.renew()
    }
    if (retired.length > 0 && this.#claim.held) {
      // One wait for all of them.
      await environment.pause(settledAfter(lease))
      for (const { id } of retired) await this.#finish(id)
    }
    return { elected: true, done, failed, left }
  }

  /** Ends a rotation, unless another process has taken over meanwhile, which does. */
  async #finish(id: string): Promise<void> {
    if (!this.#claim.held) return
    try {
      await this.#rotations.resume(id, { settled: true })
    } catch (error) {
      if (this.#claim.held) throw error
    }
  }

  #do(item: DueItem): Promise<RotationInfo> {
    if (item.rotation !== undefined) return this.#rotations.resume(item.rotation, { unattended: true })
    const reason = `due since ${item.since.toISOString().slice(0, 10)}`
    return this.#rotations.start(item.key, { trigger: 'schedule', reason, unattended: true })
  }

  /** Everything that is due, page by page; of a key what its rotations ask for first, since it makes room for what the key asks for. */
  async *#items(): AsyncGenerator<DueItem> {
    const { environment, access } = this.#ring
    const now = environment.wall()
    let stored: StoredRecord[] = []
    for await (const one of administeredRecords(environment.store, keyPrefix(access.record.ring))) {
      stored.push(one)
      if (stored.length < page) continue
      yield* this.#dueOf(stored, now)
      stored = []
    }
    yield* this.#dueOf(stored, now)
  }

  /** One damaged record must not stop the work on all others: it is told, and doctor fails. @returns undefined for one */
  async #unlessDamaged<T>(read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read()
    } catch (error) {
      if (!(error instanceof KmsError) || !damaged.has(error.code)) throw error
      this.#ring.environment.onWarning({ code: error.code, message: error.message })
      return undefined
    }
  }

  async *#dueOf(stored: readonly StoredRecord[], now: number): AsyncGenerator<DueItem> {
    const { authority, records } = this.#ring
    // A page at once: of a million keys nearly all ask for nothing, and their signatures are checked beside the main thread.
    const opened = await Promise.all(
      stored.map((one) => this.#unlessDamaged(async () => (await authority.open('key', one)).record)),
    )
    const keys = opened.filter((key) => key !== undefined)
    // A key younger than its period has no version that is older.
    const aged = keys.filter(({ created, processingDays: days }) => days > 0 && created + days * day <= now)
    const newest = new Map((await records.newestOfMany(aged)).map((versions, at) => [aged[at]?.key, versions]))
    for (const read of keys) {
      const { epoch } = authority.head.record
      yield* this.#dueOfRotations(read, now)
      // What was done for a rotation has changed the key.
      const changed = authority.head.record.epoch !== epoch && isRotating(read)
      const key = changed ? (await this.#unlessDamaged(() => records.byId(read.key)))?.record : read
      if (key === undefined) continue
      yield* (await this.#withPrimary(key, (primary) => dueOfKey(key, primary, now))) ?? []
      for (const version of newest.get(key.key) ?? []) {
        const end = version.created + key.processingDays * day
        const opens = version.state === 'active' || version.state === 'deactivated'
        if (!opens || end > now) continue
        yield { kind: 'processing-ended', key: key.name, keyId: key.key, since: new Date(end), automatic: false }
      }
    }
  }

  /** Of a key's rotations only those are looked at that its record says are under way. */
  async *#dueOfRotations(key: KeyRecord, now: number): AsyncGenerator<DueItem> {
    if (!isRotating(key)) return
    const rotations = await this.#unlessDamaged(() => this.#underWay(key))
    for (const rotation of rotations ?? []) {
      yield* (await this.#withPrimary(key, (primary) => dueOfRotation(rotation, key, primary, now))) ?? []
    }
  }

  async #underWay(key: KeyRecord): Promise<readonly RotationRecord[]> {
    const rotations = new RotationRecords(this.#ring)
    if (key.transitions === 0) return [await rotations.read(key.key, key.rotation)]
    const found: RotationRecord[] = []
    for await (const rotation of rotations.all(key.key)) found.push(rotation)
    return found
  }

  /** The primary itself is looked at only where something is due. */
  async #withPrimary(
    key: KeyRecord,
    due: (primary: VersionRecord | undefined) => readonly DueItem[],
  ): Promise<readonly DueItem[] | undefined> {
    if (due(undefined).length === 0) return []
    return this.#unlessDamaged(async () => due(await this.#ring.records.primary(key)))
  }
}

const isRotating = ({ rotation, transitions }: KeyRecord): boolean => rotation !== '' || transitions > 0
