import type { Environment } from '../access/environment.ts'
import type { RingAccess } from '../access/ring-access.ts'
import { KmsError } from '../errors.ts'
import { isPreActive, mayProcess } from '../specs/version-states.ts'
import type { VersionRecord } from '../store/records.ts'
import { loadVersion, slotsTaken } from '../versions/load-version.ts'
import type { VersionInMemory } from '../versions/version-in-memory.ts'
import type { LoadedKey } from './loaded-key.ts'
import { standingOf } from './version-change.ts'

/**
 * Slots taken beyond which keys that no handle holds are dropped, the longest loaded first. A version takes two to eight, and the
 * WASM module has 4,096.
 */
const idleSlots = 3_000

/** The keys in memory, and the slots that their versions take. When they are read, and how fresh they are, is for the ring. */
export class ResidentKeys {
  readonly #environment: Environment
  readonly #access: RingAccess
  readonly #keys = new Map<string, LoadedKey>()
  /** Slots that versions in memory take. */
  #slotsTaken = 0

  constructor(environment: Environment, access: RingAccess) {
    this.#environment = environment
    this.#access = access
  }

  /** As they are now: one that is forgotten meanwhile stays in what was given. */
  get all(): readonly LoadedKey[] {
    return [...this.#keys.values()]
  }

  get(id: string): LoadedKey | undefined {
    return this.#keys.get(id)
  }

  /** Takes a key that is still to be read. */
  add(key: LoadedKey): void {
    this.#keys.set(key.id, key)
    this.evict()
  }

  /**
   * Takes a version as recorded: into memory if it may process, out of it if not. Never back to an older revision.
   * @throws as `load`
   */
  place(key: LoadedKey, version: VersionRecord): void {
    const known = key.versions.get(version.number)
    if (known !== undefined && known.revision > version.revision) return
    const { revision, check, publicKey, compromisedSince } = version
    const standing = standingOf(version)
    const told = { ...standing, revision, check, publicKey, compromisedSince }
    if (mayProcess(standing)) {
      const loaded = known?.loaded ?? this.load(version)
      key.versions.set(version.number, { ...told, loaded })
    } else if (isPreActive(standing)) {
      key.versions.set(version.number, { ...told, loaded: known?.loaded ?? this.#stage(version) })
    } else {
      if (known?.loaded !== undefined) this.drop(known.loaded)
      key.versions.set(version.number, { ...told, loaded: undefined })
    }
    key.unverified.delete(version.number)
  }

  /** A version that is not active yet, in memory beforehand. If it does not open, what is in use goes on, and the rotation waits. */
  #stage(version: VersionRecord): VersionInMemory | undefined {
    try {
      return this.load(version)
    } catch (error) {
      if (!(error instanceof KmsError)) throw error
      this.#environment.onWarning({ code: error.code, message: error.message })
      return undefined
    }
  }

  /** A version of which nothing is recorded any more. */
  remove(key: LoadedKey, number: number): void {
    const loaded = key.versions.get(number)?.loaded
    if (loaded !== undefined) this.drop(loaded)
    if (key.primary === loaded) key.primary = undefined
    key.versions.delete(number)
    key.unverified.delete(number)
  }

  /** A key that cannot be read is used no more, until it can; its calls say why. */
  fail(key: LoadedKey, error: KmsError): void {
    for (const number of [...key.versions.keys(), ...key.unverified.keys()]) this.remove(key, number)
    key.failure = error
    this.#environment.onWarning({ code: error.code, message: error.message })
  }

  /**
   * Brings a version into memory, with room made for it; it is the caller's to `drop` unless a key has it.
   * @throws as `loadVersion`
   */
  load(version: VersionRecord): VersionInMemory {
    const slots = slotsTaken(version.purpose)
    this.#take(slots)
    try {
      return loadVersion(this.#environment, this.#access, version, (change) => this.#take(change))
    } catch (error) {
      this.#take(-slots)
      throw error
    }
  }

  /** Makes room before slots are taken: keys in use may hold nearly all. */
  #take(change: number): void {
    if (change > 0 && this.#slotsTaken > idleSlots) this.#evictTo(0)
    this.#slotsTaken += change
  }

  /** Wipes a version, and gives its slots back. */
  drop(version: VersionInMemory): void {
    this.#slotsTaken -= version.slotsHeld
    version.release()
  }

  /** Wipes a key with all its versions; who asks for it again, reads it again. */
  forget(key: LoadedKey): void {
    for (const { loaded } of key.versions.values()) if (loaded !== undefined) this.drop(loaded)
    key.versions.clear()
    key.unverified.clear()
    key.primary = undefined
    key.epoch = -1
    this.#keys.delete(key.id)
  }

  /** Forgets keys that no handle holds, where more slots are taken than they may keep. */
  evict(): void {
    this.#evictTo(idleSlots)
  }

  #evictTo(limit: number): void {
    if (this.#slotsTaken <= limit) return
    for (const key of this.#keys.values()) {
      if (key.holders === 0 && key.epoch >= 0) this.forget(key)
      if (this.#slotsTaken <= limit / 2) return
    }
  }
}
