import { day, hour } from '../durations.ts'
import { sameBytes } from '../encoding/bytes.ts'
import { fromText } from '../encoding/text.ts'
import { KmsError } from '../errors.ts'
import { readLogEntry } from '../store/log-entry.ts'
import { appendLeaf, emptyFrontier, type Frontier, treeRoot } from '../store/merkle.ts'
import type { HeadRecord, WorkRecord } from '../store/records.ts'
import type { Authority } from './authority.ts'
import type { Environment } from './environment.ts'
import type { RingAccess } from './ring-access.ts'
import { readWork } from './work-record.ts'

/** How much of a gap may be unexplained. A weekend rotates nothing before its time; what cannot be undone is stricter. */
export const tolerated: { readonly rotation: number; readonly destruction: number } = {
  rotation: 3 * day,
  destruction: day,
}

/** How this machine's clock stands to what is written down. */
export interface ClockStanding {
  readonly now: Date
  /** The newest time that is written down. */
  readonly newest: Date
  /** The time that what is written down, and this process's own monotonic clock, account for. */
  readonly explained: Date
  /** `plausible`; `behind`: before what is written down; `ahead`: a gap of the last run's interval (a day at least) and three days that nothing accounts for. */
  readonly standing: 'plausible' | 'behind' | 'ahead'
}

const accept = 'clock.accept'

/**
 * A ring's time. A machine's clock may be wrong, and policies go by it: it is held against the ring's log, the last run of due work, and
 * this process's monotonic clock, which does not jump. Use `kms.clock`.
 */
export class RingClock {
  readonly #environment: Environment
  readonly #access: RingAccess
  readonly #authority: Authority
  /** What both clocks said at one moment. */
  #anchor: { readonly wall: number; readonly monotonic: number }

  constructor(environment: Environment, access: RingAccess, authority: Authority) {
    this.#environment = environment
    this.#access = access
    this.#authority = authority
    this.#anchor = this.#both()
  }

  /** How the clock stands. @throws `store-unavailable`, `store-rolled-back`, `store-corrupt` for a log that is not what was signed */
  async show(): Promise<ClockStanding> {
    return this.#standing(tolerated.rotation)
  }

  /**
   * Takes this machine's clock for right, after a gap that is true, or when one that was ahead has been set: one entry in the log.
   * @param options.reason why: it must be given
   * @throws `not-permitted`, `invalid-argument`, `conflict`, `store-unavailable`, `store-corrupt`, `store-rolled-back`
   */
  async accept({ reason }: { readonly reason: string }): Promise<ClockStanding> {
    if (typeof reason !== 'string' || reason.trim() === '' || reason.length > 2_000) {
      throw new KmsError('invalid-argument', 'A clock is accepted for a reason: name it, in up to 2,000 characters.')
    }
    await this.#authority.commit(accept, this.#access.record.name, undefined, async () => ({ reason, records: [] }))
    this.#anchor = this.#both()
    return this.show()
  }

  /**
   * Refuses to act on a clock that may have jumped.
   * @param what is not done, for the message
   * @param tolerance milliseconds of a gap that need no explanation
   * @throws `clock-implausible`, `store-unavailable`, `store-corrupt`, `store-rolled-back`
   */
  async check(what: string, tolerance: number): Promise<void> {
    const { now, newest, explained, standing } = await this.#standing(tolerance)
    if (standing === 'plausible') return
    const says = `This machine's clock says ${now.toISOString()}`
    const known =
      standing === 'behind'
        ? `before ${newest.toISOString()}, which is written in the log`
        : `and nothing that is written down explains the time since ${explained.toISOString()}`
    throw new KmsError(
      'clock-implausible',
      `${says}, ${known}. ${what} Set the clock; or, if it is right, say so once: kms clock accept --reason TEXT, kms.clock.accept.`,
    )
  }

  async #standing(tolerance: number): Promise<ClockStanding> {
    const read = await readWork(this.#environment, this.#access)
    await this.#authority.refresh()
    const { record: head } = this.#authority.head
    // It was read before the head: one that counts entries which are not there yet is made up.
    const work = read !== undefined && read.size <= head.size ? read : undefined
    const limit = tolerance + Math.max(day, work?.interval ?? 0)
    const last = work?.time ?? this.#access.record.created
    const standing = this.#stand(last, Math.max(head.time, last), limit)
    if (standing.standing === 'plausible') return standing
    const trusted = await this.#fromLog(work, head, limit)
    return this.#stand(trusted, Math.max(head.time, trusted), limit)
  }

  /** @param trusted the newest time that is accounted for */
  #stand(trusted: number, newest: number, limit: number): ClockStanding {
    const { wall, monotonic } = this.#both()
    const ran = this.#anchor.wall + (monotonic - this.#anchor.monotonic)
    const explained = this.#anchor.wall - trusted < limit ? Math.max(trusted, ran) : trusted
    const standing = wall < newest - hour ? 'behind' : wall - explained >= limit ? 'ahead' : 'plausible'
    return { now: new Date(wall), newest: new Date(newest), explained: new Date(explained), standing }
  }

  /**
   * The newest time that the log leads to without an unexplained gap: what one entry after a jump says explains nothing. An acceptance
   * counts whatever its time, and the last run of due work stands where the log was when it began.
   */
  async #fromLog(work: WorkRecord | undefined, head: HeadRecord, limit: number): Promise<number> {
    const { store, primitives } = this.#environment
    const { log } = this.#authority
    let trusted = this.#access.record.created
    let frontier: Frontier = emptyFrontier
    for (let after = ''; frontier.size < head.size; ) {
      const entries = await store.list('log', `log/${log}/`, after, Math.min(1_000, head.size - frontier.size))
      for (const stored of entries) {
        if (frontier.size === work?.size) trusted = Math.max(trusted, work.time)
        const entry = readLogEntry(stored, log, frontier.size)
        const time = entry?.time ?? 0
        if (entry?.operation === accept || (time > trusted && time - trusted < limit)) trusted = time
        frontier = appendLeaf(primitives, frontier, stored.bytes)
      }
      const last = entries.at(-1)
      if (last === undefined) break
      after = last.id
    }
    if (!sameBytes(treeRoot(primitives, frontier), fromText(head.root))) {
      throw new KmsError('store-corrupt', 'The log is not what its head was signed for. kms doctor says more.')
    }
    return work !== undefined && work.size >= frontier.size ? Math.max(trusted, work.time) : trusted
  }

  #both(): { readonly wall: number; readonly monotonic: number } {
    return { wall: this.#environment.wall(), monotonic: this.#environment.monotonic() }
  }
}
