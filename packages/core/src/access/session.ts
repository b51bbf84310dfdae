import { SigningKey } from '../crypto/signing.ts'
import { toText } from '../encoding/text.ts'
import { KmsError } from '../errors.ts'
import { sessionId } from '../store/record-ids.ts'
import type { SessionRecord, StagedVersion } from '../store/records.ts'
import { signRecord } from '../store/signed-record.ts'
import type { Environment } from './environment.ts'
import type { RingAccess } from './ring-access.ts'
import { certify } from './session-record.ts'

/** What a session says of itself. */
export interface SessionStanding {
  readonly epoch: number
  readonly keys: readonly string[]
  readonly staged: readonly StagedVersion[]
}

/** Keys that a record names at most: it has 64 KiB. */
const keysNamed = 500
const stagedNamed = 200

/**
 * This process's session in a ring: an operational record that says who is here, what it holds, and that it still lives (contents-v1
 * §Sessions). It decides nothing: a store that cannot be written, or a deleted record, costs nobody anything but the knowledge.
 */
export class Session {
  readonly id: string
  readonly #environment: Environment
  readonly #access: RingAccess
  #key: SigningKey | undefined
  #record: SessionRecord | undefined
  #writing: Promise<void> = Promise.resolve()
  #ended = false

  /** @param id UUID */
  constructor(environment: Environment, access: RingAccess, id: string) {
    this.id = sessionId(access.record.ring, id)
    this.#environment = environment
    this.#access = access
  }

  /**
   * Writes what it holds, if that is new, or if `beat` says that it is time to show that it lives. Failures are ignored, on purpose: a
   * read-only deployment has no sessions, and works.
   */
  tell(standing: SessionStanding, beat: boolean): Promise<void> {
    this.#writing = this.#writing.then(() => this.#tell(standing, beat)).catch(() => {})
    return this.#writing
  }

  /** Removes the record. Failures are ignored, on purpose: whoever looks for sessions drops those that are long gone. */
  async end(): Promise<void> {
    this.#ended = true
    await this.#writing
    if (this.#record === undefined) return
    const { id } = this.#record
    this.#record = undefined
    await this.#environment.store.commit({ expect: [], put: [], remove: [id], append: [] }).catch(() => {})
  }

  async #tell({ epoch, keys, staged }: SessionStanding, beat: boolean): Promise<void> {
    const known = this.#record
    const holds = { keys: [...keys].slice(-keysNamed).sort(), staged: staged.slice(-stagedNamed) }
    const same =
      known !== undefined && JSON.stringify(holds) === JSON.stringify({ keys: known.keys, staged: known.staged })
    if (this.#ended || (same && !beat)) return
    this.#key ??= await this.#newKey()
    const next: SessionRecord =
      known === undefined
        ? { ...(await this.#first(this.#key)), epoch, ...holds }
        : { ...known, revision: known.revision + 1, epoch, ...holds }
    try {
      await this.#environment.store.commit({
        expect: [],
        put: [await signRecord(next, this.#key)],
        remove: [],
        append: [],
      })
      this.#record = next
    } catch (error) {
      // Somebody took this process for dead while it did not yield, and removed the record: the next beat writes it anew.
      if (error instanceof KmsError && error.code === 'conflict') this.#record = undefined
    }
  }

  async #newKey(): Promise<SigningKey> {
    const { crypto } = this.#environment
    const { seed, publicKey } = await SigningKey.generate(crypto)
    try {
      return await SigningKey.fromSeed(seed, publicKey, crypto)
    } finally {
      seed.wipe()
    }
  }

  async #first(key: SigningKey): Promise<Omit<SessionRecord, 'epoch' | 'keys' | 'staged'>> {
    const { caller, wall } = this.#environment
    const { record, logKey } = this.#access
    return {
      kind: 'session',
      id: this.id,
      revision: 1,
      store: record.store,
      ring: record.ring,
      caller,
      started: wall(),
      publicKey: toText(key.publicKey),
      certificate: toText(await certify(logKey, this.id, key.publicKey)),
    }
  }
}
