import type { Authority } from '../access/authority.ts'
import type { Environment } from '../access/environment.ts'
import type { RingAccess } from '../access/ring-access.ts'
import { RingClock } from '../access/ring-clock.ts'
import type { SessionStanding } from '../access/session.ts'
import { concernsOne, KmsError } from '../errors.ts'
import type { KeyPurpose } from '../specs/key-purposes.ts'
import { checkProcesses, isPreActive, mayProtect } from '../specs/version-states.ts'
import type { StoredRecord } from '../store/key-store.ts'
import type { KeyRecord } from '../store/records.ts'
import { readStored } from '../store/signed-record.ts'
import { versionLabel } from '../store/version-number.ts'
import { UsageLog } from '../usage/usage-log.ts'
import type { VersionInMemory } from '../versions/version-in-memory.ts'
import type { VersionsByPurpose } from '../versions/versions-by-purpose.ts'
import { KeyRecords } from './key-records.ts'
import { LoadedKey, ofPurpose } from './loaded-key.ts'
import { PeriodWarnings } from './period-warnings.ts'
import { ResidentKeys } from './resident-keys.ts'
import { protectionPeriod } from './rotation-policy.ts'

/**
 * The open ring: which keys are held, how fresh they are, and until when they may be used. All handles share it.
 */
export class KeyRing {
  readonly access: RingAccess
  readonly authority: Authority
  readonly environment: Environment
  readonly records: KeyRecords
  readonly clock: RingClock
  readonly usage: UsageLog
  /** Milliseconds. */
  readonly lease: number
  /** On the monotonic clock: until when keys may be used without reading the head again. */
  deadline: number = Number.NEGATIVE_INFINITY
  readonly #resident: ResidentKeys
  readonly #periods: PeriodWarnings
  readonly #reading = new Map<LoadedKey, Promise<void>>()
  #renewing: Promise<void> | undefined
  #next: Promise<void> | undefined
  #closed = false

  constructor(environment: Environment, access: RingAccess, authority: Authority, lease: number) {
    this.environment = environment
    this.access = access
    this.authority = authority
    this.records = new KeyRecords(environment, access, authority)
    this.clock = new RingClock(environment, access, authority)
    this.usage = new UsageLog(environment, access, globalThis.crypto.randomUUID())
    this.lease = lease
    this.#resident = new ResidentKeys(environment, access)
    this.#periods = new PeriodWarnings(environment)
  }

  /**
   * Reads the head again, and all keys in use if it changed, and starts a new lease. It sees everything that was committed before
   * the call: one that is under way already may not, so the next is waited for, shared by all who ask meanwhile.
   */
  renew(): Promise<void> {
    if (this.#renewing === undefined) return this.#beginRenewal()
    this.#next ??= this.#renewing.then(ignore, ignore).then(() => {
      this.#next = undefined
      return this.#beginRenewal()
    })
    return this.#next
  }

  #beginRenewal(): Promise<void> {
    this.#renewing = this.#renew().finally(() => {
      this.#renewing = undefined
    })
    return this.#renewing
  }

  async #renew(): Promise<void> {
    // The lease runs from before the reading: what changed after it is not known.
    const from = this.environment.monotonic()
    await this.authority.refresh()
    for (const key of this.#resident.all) {
      // A key that nobody changes for months is told of, too.
      if (key.holders > 0) this.#periods.warnOf(key)
      if (key.epoch === this.#epoch) continue
      if (key.holders === 0) {
        this.#resident.forget(key)
        continue
      }
      try {
        await this.#bringUp(key)
      } catch (error) {
        // One damaged key must not stop the others; that the store does not answer stops them all.
        if (!concernsOne(error)) throw error
        this.#resident.fail(key, error)
      }
    }
    this.#checkOpen()
    this.deadline = from + this.lease
  }

  /**
   * Holds a key in memory, brought up to date. The hold begins before anything is awaited, so that nobody drops it meanwhile.
   * @throws `key-not-found`; nothing is held then
   */
  async hold(id: string): Promise<LoadedKey> {
    let key = this.#resident.get(id)
    if (key === undefined) {
      key = new LoadedKey(id, '', this.usage.of(id, 0), (...of) => this.#takeStored(...of))
      this.#resident.add(key)
    }
    key.holders++
    try {
      await this.#bringUp(key)
      return key
    } catch (error) {
      this.release(key, true)
      throw error
    }
  }

  /**
   * Holds a key of a purpose.
   * @throws `key-not-found`, `invalid-argument` for a key of another purpose; nothing is held then
   */
  async holdTo<Purpose extends KeyPurpose>(
    purpose: Purpose,
    id: string,
  ): Promise<LoadedKey<VersionsByPurpose[Purpose]>> {
    const key = await this.hold(id)
    try {
      return ofPurpose(key, purpose)
    } catch (error) {
      this.release(key, false)
      throw error
    }
  }

  /**
   * Brings one version of a key into memory, however old. One that is not active yet as far as is known here is asked for again:
   * another process may have just made it so.
   * @throws `version-lost` if it was never recorded, and what its state refuses
   */
  async loadVersion<Version extends VersionInMemory>(key: LoadedKey<Version>, number: number): Promise<Version> {
    await this.lookUp(key, number)
    const known = key.versions.get(number)
    if (known !== undefined && isPreActive(known)) {
      await this.renew()
      const now = key.versions.get(number)
      if (now !== undefined) checkProcesses(now, key.name, versionLabel(number))
    }
    return key.version(number)
  }

  /** Reads what is recorded of a version, where it is not known yet. @throws `version-lost` if it was never recorded */
  async lookUp(key: LoadedKey, number: number): Promise<void> {
    while (key.standing(number) === undefined) {
      const epoch = this.#epoch
      const [version] = await this.records.versions(key.id, [number])
      this.#checkOpen()
      // A renewal came in between: what was read may be older than what it knows.
      if (this.#epoch !== epoch) continue
      if (version === undefined) {
        const label = versionLabel(number)
        throw new KmsError(
          'version-lost',
          `Version ${label} of "${key.name}" was never recorded in this store: what it sealed was made after the backup this store comes from.`,
          { keyIds: [key.id], version: label },
        )
      }
      this.#resident.place(key, version)
    }
  }

  /**
   * Uses a version to re-encrypt away from it: one that may process, or a compromised one, which is in memory for this call alone.
   * @throws as `loadVersion`; `key-disabled` for a compromised one that is to be destroyed
   */
  async withLeaving<Version extends VersionInMemory, T>(
    key: LoadedKey<Version>,
    number: number,
    work: (version: Version) => T | Promise<T>,
  ): Promise<T> {
    try {
      return await work(await this.loadVersion(key, number))
    } catch (error) {
      if (!(error instanceof KmsError) || error.code !== 'version-compromised') throw error
    }
    const [record] = await this.records.versions(key.id, [number])
    this.#checkOpen()
    if (record?.state !== 'compromised' || record.destruction.length > 0)
      return work(await this.loadVersion(key, number))
    const version = this.#resident.load(record) as Version
    try {
      return await work(version)
    } finally {
      this.#resident.drop(version)
    }
  }

  /** Brings all versions of a key into memory that may process, however old. @throws `limit-exceeded` for some two thousand */
  async loadAll(key: LoadedKey): Promise<void> {
    while (key.versions.size < key.made) {
      const epoch = this.#epoch
      const { record } = await this.records.byId(key.id)
      const versions = await this.records.allVersions(record)
      this.#checkOpen()
      if (this.#epoch !== epoch) continue
      for (const version of versions) this.#resident.place(key, version)
      // A store that lost records has fewer versions than were made; its doctor says so.
      return
    }
  }

  /** What this process's session tells others: the keys in use, and the versions that are in memory before they are active. */
  get standing(): SessionStanding {
    const held = this.#resident.all.filter(({ holders, epoch }) => holders > 0 && epoch >= 0)
    const staged = held.flatMap(({ id, versions }) =>
      [...versions].flatMap(([number, { state, loaded, check }]) =>
        state === 'pre-active' && loaded !== undefined ? [{ key: id, number, check }] : [],
      ),
    )
    return { epoch: this.#epoch, keys: held.map(({ id }) => id), staged }
  }

  /** Drops a hold; the last handle's wipes the key, a one-shot use leaves it for the next. */
  release(key: LoadedKey, wipe: boolean): void {
    key.holders--
    if (wipe && key.holders === 0) this.#resident.forget(key)
    else this.#resident.evict()
  }

  /** Wipes everything. What is still under way ends with `closed`. */
  close(): void {
    this.#closed = true
    this.deadline = Number.NEGATIVE_INFINITY
    for (const key of this.#resident.all) this.#resident.forget(key)
    this.access.release()
  }

  get #epoch(): number {
    return this.authority.head.record.epoch
  }

  #checkOpen(): void {
    if (this.#closed) throw new KmsError('closed', 'The Kms was closed. Open it again.')
  }

  /** Reads a key until it is as new as the head; a reading that began before the head was read may not be. */
  async #bringUp(key: LoadedKey): Promise<void> {
    while (key.epoch < this.#epoch) {
      let reading = this.#reading.get(key)
      if (reading === undefined) {
        reading = this.#read(key).finally(() => this.#reading.delete(key))
        this.#reading.set(key, reading)
      }
      await reading
    }
  }

  async #read(key: LoadedKey): Promise<void> {
    // Taken before the records are read, so that they are at least as new as it says.
    const epoch = this.#epoch
    const { record } = await this.records.byId(key.id)
    const expected = new Set([...record.newest, ...(record.primary > 0 ? [record.primary] : [])])
    const numbers = [...new Set([...expected, ...key.versions.keys(), ...key.unverified.keys()])]
    const found = await this.records.storedVersions(key.id, numbers)
    const later = [...found].filter(([number, stored]) => this.#verifiesLater(key, record, number, stored))
    for (const [number] of later) found.delete(number)
    const versions = await this.records.open([...found.values()])
    this.#checkOpen()
    for (const [number, stored] of later) found.set(number, stored)
    for (const number of numbers) {
      if (found.has(number)) continue
      // Without its record nobody can say that it was not revoked.
      this.#resident.remove(key, number)
      if (expected.has(number)) {
        throw new KmsError(
          'store-corrupt',
          `The record of version ${versionLabel(number)} of "${record.name}" is missing. Restore a backup; kms doctor says what else.`,
          { keyIds: [key.id] },
        )
      }
    }
    key.name = record.name
    key.purpose = record.purpose
    key.spec = record.spec
    key.primaryNumber = record.primary
    key.primaryUses = this.usage.of(key.id, record.primary)
    key.made = record.made
    key.failure = undefined
    for (const version of versions) this.#resident.place(key, version)
    for (const [number, stored] of later) {
      // One that was asked for meanwhile came into memory by an older reading.
      if (key.versions.has(number)) this.#takeStored(key, number, stored)
      else key.unverified.set(number, stored)
    }
    const primary = key.versions.get(record.primary)
    key.primary = primary !== undefined && mayProtect(primary) ? primary.loaded : undefined
    key.epoch = epoch
    key.period = protectionPeriod(record)
    this.#periods.warnOf(key)
  }

  /**
   * Whether a version's record is verified when the version is first asked for: 64 signatures take as long to check as a store to open.
   * Not the primary's, nor those of versions in memory or to be there before they are active.
   */
  #verifiesLater(key: LoadedKey, { primary }: KeyRecord, number: number, stored: StoredRecord): boolean {
    if (!this.authority.opensNow || number === primary || key.versions.has(number)) return false
    return readStored('version', stored).record.state !== 'pre-active'
  }

  /** Takes a version whose record was read, and is verified now. What may be older than it was seen is as good as not read. */
  #takeStored(key: LoadedKey, number: number, stored: StoredRecord): void {
    const opened = this.authority.openNow('version', stored)
    if (opened !== undefined) this.#resident.place(key, opened.record)
    key.unverified.delete(number)
  }
}

const ignore = (): void => {}
