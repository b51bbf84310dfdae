import { VerifyingKey } from '../crypto/signing.ts'
import { fromText } from '../envelope/text.ts'
import { KmsError } from '../errors.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { checkClock } from '../keys/plausible-clock.ts'
import { settledAfter } from '../keys/retirement-wait.ts'
import { administeredRecords } from '../store/administered-records.ts'
import { keyPrefix, workId } from '../store/record-ids.ts'
import type { KeyRecord, WorkRecord } from '../store/records.ts'
import { openRecord, signRecord } from '../store/signed-record.ts'
import { type DueItem, dueOfKey, dueOfRotation } from './due-items.ts'
import type { RotationInfo } from './rotation-info.ts'
import { hasEnded } from './rotation-steps.ts'
import type { Rotations } from './rotations.ts'

export interface WorkOptions {
  /** Rotations begun by one run, at most, 1 to 1,000: the rest is done by the next. 20 unless given. */
  readonly limit?: number
  /** Says that the clock is right, where the work refuses it (`clock-implausible`). */
  readonly acceptClock?: boolean
  /** Told of each item before it is done. */
  readonly onItem?: (item: DueItem) => void
}

/** What a run did. */
export interface WorkReport {
  /** False if another process does the work: nothing was done here. */
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
  /** Items that are left: for the next run, for other processes, or for a person. */
  readonly left: readonly DueItem[]
}

const page = 200

/**
 * What policies ask for, done by exactly one process (requirement R3): the one that has claimed the work's record, while that goes on
 * changing. It rotates and retires, and never destroys. An operational record: two processes that both believed to be elected would do
 * no harm, since each step is done once.
 */
export class DueWork {
  readonly #ring: KeyRing
  readonly #rotations: Rotations
  readonly #id: string = globalThis.crypto.randomUUID()
  #logKey: VerifyingKey | undefined

  /** Use `kms.due` and `kms.work`. */
  constructor(ring: KeyRing, rotations: Rotations) {
    this.#ring = ring
    this.#rotations = rotations
  }

  /** What is due, or soon will be. */
  async due(): Promise<readonly DueItem[]> {
    const items: DueItem[] = []
    for await (const item of this.#items()) items.push(item)
    return items
  }

  /** Does what is due. @throws `clock-implausible`, `not-permitted`, `store-unavailable` */
  async work(options: WorkOptions = {}): Promise<WorkReport> {
    const { limit = 20, acceptClock = false, onItem } = options
    if (!Number.isInteger(limit) || limit < 1 || limit > 1_000) {
      throw new KmsError('invalid-argument', 'limit is a number of rotations from 1 to 1,000.')
    }
    this.#ring.authority.checkAdministers()
    const { environment } = this.#ring
    const before = await this.#read()
    const now = environment.wall()
    if (before !== undefined && !acceptClock) {
      checkClock(now, { last: before.time, usualGap: before.usualGap }, 'Nothing was rotated.')
    }
    const { record: head } = this.#ring.authority.head
    if (!acceptClock) checkClock(now, { last: head.time, usualGap: 0 }, 'Nothing was rotated.')
    if (!(await this.#claim(before))) return { elected: false, done: [], failed: [], left: await this.due() }
    return this.#run(limit, onItem)
  }

  /** When the work was last done, and how long usually passes; undefined if it never was. */
  async last(): Promise<{ readonly time: number; readonly usualGap: number } | undefined> {
    return this.#read()
  }

  async #run(limit: number, onItem: WorkOptions['onItem']): Promise<WorkReport> {
    const done: WorkReport['done'][number][] = []
    const failed: WorkReport['failed'][number][] = []
    const left: DueItem[] = []
    const retired: RotationInfo[] = []
    let begun = 0
    for await (const item of this.#items()) {
      const full = item.kind === 'rotate' && begun >= limit
      if (!item.automatic || full) {
        left.push(item)
        continue
      }
      if (item.kind === 'rotate') begun++
      onItem?.(item)
      try {
        const rotation = await this.#do(item)
        if (rotation.step === 'retire') retired.push(rotation)
        done.push({ kind: item.kind, key: item.key, rotation: rotation.id, step: rotation.step })
      } catch (error) {
        // One key that cannot be rotated must not stop the others; a store that does not answer stops them all.
        if (!(error instanceof KmsError) || error.code === 'store-unavailable' || error.code === 'closed') throw error
        failed.push({ kind: item.kind, key: item.key, code: error.code, message: error.message })
      }
      await this.#beat('running')
    }
    if (retired.length > 0) {
      // One wait for all of them.
      await this.#ring.environment.pause(settledAfter(this.#ring.lease))
      for (const { id } of retired) await this.#rotations.resume(id, { settled: true })
    }
    await this.#beat('idle')
    return { elected: true, done, failed, left }
  }

  #do(item: DueItem): Promise<RotationInfo> {
    if (item.rotation !== undefined) return this.#rotations.resume(item.rotation, { unattended: true })
    const reason = `due since ${item.since.toISOString().slice(0, 10)}`
    return this.#rotations.start(item.key, { trigger: 'schedule', reason, unattended: true })
  }

  /** Everything that is due, page by page: what rotations ask for first, since it makes room for what keys ask for. */
  async *#items(): AsyncGenerator<DueItem> {
    const { environment, access, authority, records } = this.#ring
    const now = environment.wall()
    for await (const rotation of this.#rotations.records(undefined)) {
      if (hasEnded(rotation.step)) continue
      const { record } = await records.byId(rotation.key)
      yield* dueOfRotation(rotation, record, await records.primary(record), now)
    }
    let keys: KeyRecord[] = []
    for await (const stored of administeredRecords(environment.store, keyPrefix(access.record.ring))) {
      keys.push((await authority.open('key', stored)).record)
      if (keys.length < page) continue
      yield* await this.#dueOf(keys, now)
      keys = []
    }
    yield* await this.#dueOf(keys, now)
  }

  async #dueOf(keys: readonly KeyRecord[], now: number): Promise<readonly DueItem[]> {
    const items: DueItem[] = []
    for (const key of keys) {
      // The primary itself is looked at only where something is due.
      const isDue = dueOfKey(key, undefined, now).length > 0
      if (isDue) items.push(...dueOfKey(key, await this.#ring.records.primary(key), now))
      const limit = key.processingDays * 86_400_000
      // A key younger than its period has no version that is older.
      if (limit === 0 || key.created + limit > now) continue
      for (const version of await this.#ring.records.newestVersions(key)) {
        const end = version.created + limit
        const opens = version.state === 'active' || version.state === 'deactivated'
        if (opens && end <= now)
          items.push({ kind: 'processing-ended', key: key.name, since: new Date(end), automatic: false })
      }
    }
    return items
  }

  /** Takes the work, unless another process has it and goes on changing the record. */
  async #claim(before: WorkRecord | undefined): Promise<boolean> {
    const { environment, lease } = this.#ring
    let seen = before
    const silence = settledAfter(lease)
    for (let waited = 0; seen?.state === 'running' && seen.worker !== this.#id && waited <= silence; ) {
      const step = Math.min(1_000, silence)
      await environment.pause(step)
      waited += step
      const now = await this.#read()
      if (now?.revision !== seen.revision) {
        if (now?.state === 'running') return false
        seen = now
      }
    }
    const time = environment.wall()
    const gap = seen === undefined ? 0 : Math.max(0, time - seen.time)
    // The first gap is taken as it is; later ones move the usual one slowly.
    const usualGap = seen === undefined ? 0 : seen.usualGap === 0 ? gap : Math.round((3 * seen.usualGap + gap) / 4)
    return this.#write({ revision: (seen?.revision ?? 0) + 1, state: 'running', time, usualGap })
  }

  /** Shows that the work goes on, or has ended. */
  async #beat(state: 'running' | 'idle'): Promise<void> {
    const now = await this.#read()
    if (now === undefined || now.worker !== this.#id) return
    await this.#write({ revision: now.revision + 1, state, time: now.time, usualGap: now.usualGap })
  }

  /** @returns false if another process was first */
  async #write(of: Pick<WorkRecord, 'revision' | 'state' | 'time' | 'usualGap'>): Promise<boolean> {
    const { environment, access } = this.#ring
    const { store, ring } = access.record
    const record: WorkRecord = { kind: 'work', id: workId(ring), store, ring, worker: this.#id, ...of }
    try {
      const put = [await signRecord(record, access.logKey)]
      await environment.store.commit({ expect: [], put, remove: [], append: [] })
      return true
    } catch (error) {
      if (error instanceof KmsError && error.code === 'conflict') return false
      throw error
    }
  }

  /** @returns undefined if there is none, or none that is genuine: it is then as if the work had never been done */
  async #read(): Promise<WorkRecord | undefined> {
    const { environment, access } = this.#ring
    const { store, ring, logKey } = access.record
    await this.#ring.authority.refresh()
    const [stored] = await environment.store.read([workId(ring)])
    if (stored === undefined) return undefined
    this.#logKey ??= await VerifyingKey.fromRaw(fromText(logKey), environment.crypto)
    try {
      return (await openRecord('work', stored, { key: this.#logKey, store })).record
    } catch (error) {
      if (!(error instanceof KmsError) || error.code !== 'store-corrupt') throw error
      await environment.store.commit({ expect: [], put: [], remove: [stored.id], append: [] })
      return undefined
    }
  }
}
