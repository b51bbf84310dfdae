import type { Suite } from '../crypto/key-slots.ts'
import type { Primitives } from '../crypto/primitives.ts'
import type { WebCrypto } from '../crypto/web-crypto.ts'
import type { LoadedKey } from '../keys/loaded-key.ts'
import type { Uses } from '../usage/uses.ts'
import type { VersionInMemory } from '../versions/version-in-memory.ts'

/** What a handle needs of the ring it came from. */
export interface HandleSource {
  /** Until when its key may be used, on the monotonic clock; Infinity where there is no lease. */
  readonly deadline: number
  readonly monotonic: () => number
  /** Resolves when the process has done what else was waiting, such as timers. */
  readonly giveWay: () => Promise<void>
  /** Whether its Kms was closed, and all keys wiped. */
  readonly closed: boolean
  /** Reads the head again and, if the ring changed, the key. */
  renew(): Promise<void>
  /** Brings a version into memory. */
  load(key: LoadedKey, number: number): Promise<void>
  /** Reads what is recorded of a version. */
  lookUp(key: LoadedKey, number: number): Promise<void>
  /** A version that may process, brought into memory; one that is not active here yet is asked for again. */
  loadVersion<Version extends VersionInMemory>(key: LoadedKey<Version>, number: number): Promise<Version>
  /** Brings all versions that may process into memory, and what is recorded of the others. */
  loadAll(key: LoadedKey): Promise<void>
  readonly primitives: Primitives
  readonly crypto: WebCrypto
  /** What counts a version's uses. */
  uses(key: LoadedKey, version: number): Uses
  release(key: LoadedKey): void
  /** Tells the audit listener, where there is one. */
  readonly audit:
    | ((operation: string, outcome: string, key: LoadedKey, version: number | undefined) => void)
    | undefined
}

/** How a handle seals; it opens whatever its key sealed. */
export interface SealingOptions {
  readonly suite: Suite
  /** Whether salts are hedged. */
  readonly hedged: boolean
}
