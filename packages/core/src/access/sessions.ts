import { VerifyingKey } from '../crypto/signing.ts'
import { fromText } from '../encoding/text.ts'
import { storedRecords } from '../store/administered-records.ts'
import { sessionPrefix } from '../store/record-ids.ts'
import type { SessionRecord } from '../store/records.ts'
import type { Environment } from './environment.ts'
import type { RingAccess } from './ring-access.ts'
import { readSession } from './session-record.ts'

/** A process that has a ring open and holds keys of it. */
export interface SessionInfo {
  /** UUID. */
  readonly id: string
  /** The name that it gave itself. */
  readonly caller: string
  readonly started: Date
  /** The ring's change that it has seen last. */
  readonly epoch: number
  /** Ids of the keys it holds, at most 500. */
  readonly keys: readonly string[]
  /** Whether it is this process. */
  readonly own: boolean
}

/** The version that a rotation waits to be in memory everywhere. */
export interface AwaitedVersion {
  readonly key: string
  readonly number: number
  readonly check: string
}

/**
 * The sessions of a ring as this process sees them. One lives while its record changes; one that has not changed for longer than leases
 * last, on this process's own clock, is gone, and its record is removed.
 */
export class Sessions {
  readonly #environment: Environment
  readonly #access: RingAccess
  readonly #ownId: string
  /** Milliseconds without a change after which a session is gone. */
  readonly #silence: number
  readonly #seen = new Map<string, { readonly revision: number; readonly since: number }>()
  #logKey: VerifyingKey | undefined

  constructor(environment: Environment, access: RingAccess, of: { readonly ownId: string; readonly silence: number }) {
    this.#environment = environment
    this.#access = access
    this.#ownId = of.ownId
    this.#silence = of.silence
  }

  /** The processes that hold keys of the ring. One that was killed is among them until it has been silent for longer than a lease. */
  async list(): Promise<readonly SessionInfo[]> {
    return (await this.#live()).map(({ id, caller, started, epoch, keys }) => ({
      id: id.slice(id.lastIndexOf('/') + 1),
      caller,
      started: new Date(started),
      epoch,
      keys,
      own: id === this.#ownId,
    }))
  }

  /** Other processes that hold the key and have not said that they have the version in memory. */
  async unconfirmed(version: AwaitedVersion): Promise<readonly { readonly caller: string }[]> {
    const has = ({ staged }: SessionRecord): boolean =>
      staged.some(
        ({ key, number, check }) => key === version.key && number === version.number && check === version.check,
      )
    return (await this.#live()).filter(
      (session) => session.id !== this.#ownId && session.keys.includes(version.key) && !has(session),
    )
  }

  async #live(): Promise<readonly SessionRecord[]> {
    const { store, crypto } = this.#environment
    const { record } = this.#access
    this.#logKey ??= await VerifyingKey.fromRaw(fromText(record.logKey), crypto)
    const live: SessionRecord[] = []
    const gone: string[] = []
    for await (const stored of storedRecords(store, 'operational', sessionPrefix(record.ring))) {
      if (this.#isGone(stored.id, stored.revision)) gone.push(stored.id)
      else {
        const session = await readSession(stored, record.store, this.#logKey)
        if (session !== undefined) live.push(session)
      }
    }
    await this.#remove(gone)
    return live
  }

  /** Whether a record has not changed for too long, as far as this process has watched it. */
  #isGone(id: string, revision: number): boolean {
    if (id === this.#ownId) return false
    const now = this.#environment.monotonic()
    const seen = this.#seen.get(id)
    if (seen === undefined || seen.revision !== revision) {
      this.#seen.set(id, { revision, since: now })
      return false
    }
    return now - seen.since > this.#silence
  }

  async #remove(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      this.#seen.delete(id)
      // One that lives after all writes itself anew.
      await this.#environment.store.commit({ expect: [], put: [], remove: [id], append: [] }).catch(() => {})
    }
  }
}
