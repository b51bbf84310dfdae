import { inBackground } from '../background-timer.ts'
import { KmsError } from '../errors.ts'
import { workId } from '../store/record-ids.ts'
import type { WorkAttempt, WorkRecord } from '../store/records.ts'
import { signRecord } from '../store/signed-record.ts'
import type { Environment } from './environment.ts'
import type { RingAccess } from './ring-access.ts'
import { revisionsBelow } from './ring-signed.ts'
import { lookAtWork } from './work-record.ts'

/**
 * The claim on a ring's due work: a record that its holder goes on changing. Who sees it unchanged for `silence` takes it. The holder names
 * the record's revision in each of its commits, so that one that was overtaken, however long it slept, commits nothing more.
 */
export class WorkClaim {
  readonly #environment: Environment
  readonly #access: RingAccess
  readonly #silence: number
  readonly #id: string = globalThis.crypto.randomUUID()
  #held: WorkRecord | undefined
  #writing: Promise<unknown> = Promise.resolve()
  #timer: ReturnType<typeof setInterval> | undefined

  /** @param silence milliseconds after which a claim that does not change is nobody's */
  constructor(environment: Environment, access: RingAccess, silence: number) {
    this.#environment = environment
    this.#access = access
    this.#silence = silence
  }

  /** Whether this process has the work, as far as it knows. */
  get held(): boolean {
    return this.#held !== undefined
  }

  /** The attempts that failed, as the record that was taken has them. */
  get attempts(): readonly WorkAttempt[] {
    return this.#held?.attempts ?? []
  }

  /**
   * Takes the work, unless another process has it and goes on changing the record.
   * @param interval milliseconds after which the next run is expected
   * @param size how many entries the ring's log has
   */
  async take({ interval, size }: Pick<WorkRecord, 'interval' | 'size'>): Promise<boolean> {
    let seen = await this.#read()
    for (let waited = 0; seen?.state === 'running' && seen.worker !== this.#id && waited <= this.#silence; ) {
      const step = Math.min(1_000, this.#silence)
      await this.#environment.pause(step)
      waited += step
      const now = await this.#read()
      if (now?.revision !== seen.revision) {
        if (now?.state === 'running') return false
        seen = now
      }
    }
    const attempts = seen?.attempts ?? []
    const revision = (seen?.revision ?? (await this.#revisionBelow())) + 1
    const time = this.#environment.wall()
    const record = this.#record({ revision, state: 'running', time, size, interval, attempts })
    if (!(await this.#write(record))) return false
    this.#held = record
    // Real time, since nothing else says that this process runs while it waits for others.
    this.#timer = setInterval(() => void this.renew().catch(() => {}), this.#silence / 5)
    inBackground(this.#timer)
    return true
  }

  /** Shows that the work goes on. Where another process has taken it, it is held no more. */
  renew(): Promise<void> {
    return this.#change((record) => record)
  }

  /** What each commit of the work expects. @throws `conflict` where another process has taken the work */
  async expectation(): Promise<{ readonly id: string; readonly revision: number }> {
    await this.#writing
    await this.#look()
    if (this.#held === undefined) {
      throw new KmsError('conflict', 'Another process has taken over the due work: nothing more is done here.')
    }
    return { id: this.#held.id, revision: this.#held.revision }
  }

  /** Gives the work back. @param attempts those that failed and are to be tried again */
  async release(attempts: readonly WorkAttempt[]): Promise<void> {
    clearInterval(this.#timer)
    await this.#change((record) => ({ ...record, state: 'idle', attempts }))
    this.#held = undefined
  }

  /** One write after the other; a write that another process's overtook ends the claim. */
  #change(build: (record: WorkRecord) => WorkRecord): Promise<void> {
    const change = this.#writing.then(async () => {
      if (this.#held === undefined) return
      const next = { ...build(this.#held), revision: this.#held.revision + 1 }
      if (await this.#write(next)) this.#held = next
      else await this.#look()
    })
    this.#writing = change.catch(() => {})
    return change
  }

  /** Whether the record is still this process's own. An unknown outcome of a write may have left a newer revision of it. */
  async #look(): Promise<void> {
    const now = await this.#read()
    if (now?.worker === this.#id && now.state === 'running') this.#held = now
    else {
      clearInterval(this.#timer)
      this.#held = undefined
    }
  }

  async #read(): Promise<WorkRecord | undefined> {
    return (await lookAtWork(this.#environment, this.#access)).genuine[0]
  }

  /** Of what stands in the record's place and counts for nothing; 0 for nothing. */
  async #revisionBelow(): Promise<number> {
    const { forged } = await lookAtWork(this.#environment, this.#access)
    return (await revisionsBelow(this.#environment.store, forged)).get(workId(this.#access.record.ring)) ?? 0
  }

  #record(of: Pick<WorkRecord, 'revision' | 'state' | 'time' | 'size' | 'interval' | 'attempts'>): WorkRecord {
    const { store, ring } = this.#access.record
    return { kind: 'work', id: workId(ring), store, ring, worker: this.#id, ...of }
  }

  /** @returns false if another process was first */
  async #write(record: WorkRecord): Promise<boolean> {
    try {
      const put = [await signRecord(record, this.#access.logKey)]
      await this.#environment.store.commit({ expect: [], put, remove: [], append: [] })
      return true
    } catch (error) {
      if (error instanceof KmsError && error.code === 'conflict') return false
      throw error
    }
  }
}
