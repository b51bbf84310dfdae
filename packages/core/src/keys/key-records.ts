import type { Authority } from '../access/authority.ts'
import type { Environment } from '../access/environment.ts'
import type { RingAccess } from '../access/ring-access.ts'
import { KmsError } from '../errors.ts'
import { administeredRecords } from '../store/administered-records.ts'
import { type StoredRecord, storeLimits } from '../store/key-store.ts'
import { keyId, nameId, versionId, versionPrefix } from '../store/record-ids.ts'
import type { KeyRecord, RecordTypes, VersionRecord } from '../store/records.ts'
import type { SignedRecord } from '../store/signed-record.ts'
import { versionLabel } from '../store/version-number.ts'

/** What the store says of the ring's keys: their records, found by name, id and number, and verified. */
export class KeyRecords {
  readonly #environment: Environment
  readonly #access: RingAccess
  readonly #authority: Authority
  /** Names looked up at `#namesEpoch`; a rename makes a new epoch. */
  readonly #names = new Map<string, string>()
  #namesEpoch = -1

  constructor(environment: Environment, access: RingAccess, authority: Authority) {
    this.#environment = environment
    this.#access = access
    this.#authority = authority
  }

  /** A key's id by name. @throws `key-not-found` */
  async idOf(name: string): Promise<string> {
    const { epoch } = this.#authority.head.record
    if (this.#namesEpoch !== epoch) {
      this.#names.clear()
      this.#namesEpoch = epoch
    }
    const known = this.#names.get(name)
    if (known !== undefined) return known
    const { ring } = this.#access.record
    const claim = await this.#authority.read('name', nameId(this.#environment.primitives, ring, name))
    const key = claim === undefined ? undefined : await this.#authority.read('key', keyId(ring, claim.record.key))
    // A name stays reserved for a key that was renamed; it is then nobody's.
    if (key === undefined || key.record.name !== name) {
      throw new KmsError(
        'key-not-found',
        `There is no key "${name}" in the ring "${this.#access.record.name}". kms key list shows what there is.`,
      )
    }
    if (this.#names.size > 10_000) this.#names.clear()
    if (this.#namesEpoch === epoch) this.#names.set(name, key.record.key)
    return key.record.key
  }

  /** A key's record by name. @throws `key-not-found` */
  async byName(name: string): Promise<SignedRecord<KeyRecord>> {
    return this.byId(await this.idOf(name))
  }

  /** A key's record by id. @throws `key-not-found` */
  async byId(id: string): Promise<SignedRecord<KeyRecord>> {
    const record = await this.#authority.read('key', keyId(this.#access.record.ring, id))
    if (record !== undefined) return record
    throw new KmsError('key-not-found', `Key ${id} is not in the ring "${this.#access.record.name}".`, { keyIds: [id] })
  }

  /** Of many names those that keys have, with their keys: a thousand records a read. */
  async byNames(names: readonly string[]): Promise<ReadonlyMap<string, KeyRecord>> {
    const { ring } = this.#access.record
    const claims = await this.#readAll(
      'name',
      names.map((name) => nameId(this.#environment.primitives, ring, name)),
    )
    const ids = new Set(claims.map(({ key }) => keyId(ring, key)))
    const keys = await this.#readAll('key', [...ids])
    return new Map(keys.map((key) => [key.name, key]))
  }

  /** Versions by number, those that exist. */
  async versions(id: string, numbers: readonly number[]): Promise<readonly VersionRecord[]> {
    return this.#readAll('version', this.#idsOf(id, numbers))
  }

  /** Versions by number, those that exist, as the store has them: not verified. */
  async storedVersions(id: string, numbers: readonly number[]): Promise<Map<number, StoredRecord>> {
    const ids = this.#idsOf(id, numbers)
    const places = new Map(ids.map((versionId, at) => [versionId, numbers[at] as number]))
    const found = new Map<number, StoredRecord>()
    for (let at = 0; at < ids.length; at += storeLimits.listLimit) {
      const read = await this.#environment.store.read(ids.slice(at, at + storeLimits.listLimit))
      for (const stored of read) found.set(places.get(stored.id) as number, stored)
    }
    return found
  }

  /** Verifies versions that were read. @throws `store-corrupt`, `store-rolled-back` */
  open(stored: readonly StoredRecord[]): Promise<VersionRecord[]> {
    return Promise.all(stored.map(async (one) => (await this.#authority.open('version', one)).record))
  }

  #idsOf(id: string, numbers: readonly number[]): readonly string[] {
    const { ring } = this.#access.record
    return numbers.map((number) => versionId(ring, id, number))
  }

  /** The records of those ids that exist. */
  async #readAll<K extends 'name' | 'key' | 'version'>(kind: K, ids: readonly string[]): Promise<RecordTypes[K][]> {
    const found: RecordTypes[K][] = []
    for (let at = 0; at < ids.length; at += storeLimits.listLimit) {
      const stored = await this.#environment.store.read(ids.slice(at, at + storeLimits.listLimit))
      const opened = await Promise.all(stored.map((one) => this.#authority.open(kind, one)))
      found.push(...opened.map(({ record }) => record))
    }
    return found
  }

  /** Versions by number, all of which must exist. @throws `version-lost` */
  async namedVersions(key: KeyRecord, numbers: readonly number[]): Promise<readonly VersionRecord[]> {
    const found = await this.versions(key.key, numbers)
    if (found.length < numbers.length) {
      const missing = numbers.filter((number) => !found.some((version) => version.number === number))
      const label = missing.map(versionLabel).join(', ')
      throw new KmsError('version-lost', `"${key.name}" has no version ${label}. kms key show lists them.`)
    }
    return found
  }

  /** The version that protects new data, whatever its state; undefined for none. @throws `version-lost` */
  async primary(key: KeyRecord): Promise<VersionRecord | undefined> {
    return key.primary === 0 ? undefined : (await this.namedVersions(key, [key.primary]))[0]
  }

  /** The versions that the key's record names, oldest first: the same cost however many there are. */
  async newestVersions(key: KeyRecord): Promise<readonly VersionRecord[]> {
    return inOrder(key, await this.versions(key.key, key.newest))
  }

  /** Those of many keys, in the keys' order: a thousand versions a read. */
  async newestOfMany(keys: readonly KeyRecord[]): Promise<readonly (readonly VersionRecord[])[]> {
    const { ring } = this.#access.record
    const found = new Map<string, VersionRecord[]>(keys.map(({ key }) => [key, []]))
    const ids = keys.flatMap(({ key, newest }) => newest.map((number) => versionId(ring, key, number)))
    for (const version of await this.#readAll('version', ids)) found.get(version.key)?.push(version)
    return keys.map((key) => inOrder(key, found.get(key.key) ?? []))
  }

  /** All versions, oldest first. */
  async allVersions(key: KeyRecord): Promise<readonly VersionRecord[]> {
    const stored: StoredRecord[] = []
    const prefix = versionPrefix(this.#access.record.ring, key.key)
    for await (const one of administeredRecords(this.#environment.store, prefix)) stored.push(one)
    return inOrder(key, await this.open(stored))
  }
}

/** Order comes from the record, not from the number: incarnations are random. Older ones than it names come first. */
function inOrder(key: KeyRecord, versions: readonly VersionRecord[]): readonly VersionRecord[] {
  const place = new Map(key.newest.map((number, index) => [number, index]))
  const at = ({ number }: VersionRecord): number => place.get(number) ?? -1
  return [...versions].sort((a, b) => at(a) - at(b) || a.created - b.created || a.number - b.number)
}
