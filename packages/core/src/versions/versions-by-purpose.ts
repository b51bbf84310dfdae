import type { VersionKey } from '../envelope/version-key.ts'
import type { KeyPurpose } from '../specs/key-purposes.ts'
import type { DerivationVersion } from './derivation-version.ts'
import type { MacVersion } from './mac-version.ts'
import type { PairVersion } from './pair-version.ts'
import type { VersionInMemory } from './version-in-memory.ts'

/** What a version is in memory, by the purpose of its key. */
export interface VersionsByPurpose extends Record<KeyPurpose, VersionInMemory> {
  readonly encrypt: VersionKey
  readonly mac: MacVersion
  readonly sign: PairVersion
  readonly agree: PairVersion
  readonly transport: PairVersion
  readonly derive: DerivationVersion
}
