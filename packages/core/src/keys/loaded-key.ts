import { KmsError } from '../errors.ts'
import type { KeyPurpose } from '../specs/key-purposes.ts'
import { purposeVerbs } from '../specs/key-specs.ts'
import { checkProcesses, isPreActive, mayProcess, type Standing } from '../specs/version-states.ts'
import type { StoredRecord } from '../store/key-store.ts'
import { versionLabel } from '../store/version-number.ts'
import type { Uses } from '../usage/uses.ts'
import type { VersionInMemory } from '../versions/version-in-memory.ts'
import type { VersionsByPurpose } from '../versions/versions-by-purpose.ts'
import { noPrimaryVersion } from './refusals.ts'
import type { ProtectionPeriod } from './rotation-policy.ts'

/** What is known of a version, in memory or not. */
export interface VersionStanding<Version extends VersionInMemory = VersionInMemory> extends Standing {
  /** Of its record. */
  readonly revision: number
  /** In memory, while its state lets it process, and before it is first active. */
  readonly loaded: Version | undefined
  /** Its check value as recorded. */
  readonly check: string
  /** Of a pair: its public half, as recorded; empty of others. */
  readonly publicKey: string
  /** Since when it may be known to others; 0 for one that is not compromised. */
  readonly compromisedSince: number
}

/**
 * A key in memory, shared by all its handles: its record as last read, and the versions that may process. The ring brings it
 * up to date; handles only read it.
 */
export class LoadedKey<Version extends VersionInMemory = VersionInMemory> {
  readonly id: string
  name: string
  /** As recorded; empty until it was read. */
  purpose = ''
  spec = ''
  /** The version that seals; undefined if the key has none, or none that may. */
  primary: Version | undefined
  /** The primary's number as recorded; 0 for none. */
  primaryNumber = 0
  /** Counts what the primary seals and opens. */
  primaryUses: Uses
  /** In which the primary protects; undefined for no end. */
  period: ProtectionPeriod | undefined
  /** How many versions were ever made, as recorded. */
  made = 0
  /** Of the versions that were looked at. */
  readonly versions: Map<number, VersionStanding<Version>> = new Map()
  /** Records of others that were read, and are verified when the version is first needed. */
  readonly unverified: Map<number, StoredRecord> = new Map()
  /** Why it cannot be used, if it could not be read. */
  failure: KmsError | undefined
  /** How many handles hold it. */
  holders = 0
  /** The ring's epoch that it was read at. */
  epoch = -1

  readonly #take: (key: LoadedKey, number: number, stored: StoredRecord) => void

  /**
   * @param counts of no version yet
   * @param take verifies a version's record and takes it among the versions. @throws `store-corrupt`, `limit-exceeded`
   */
  constructor(
    id: string,
    name: string,
    counts: Uses,
    take: (key: LoadedKey, number: number, stored: StoredRecord) => void,
  ) {
    this.id = id
    this.name = name
    this.primaryUses = counts
    this.#take = take
  }

  /** What is known of a version, looked at. @throws `store-corrupt`, `limit-exceeded` for one that was read and does not open */
  standing(number: number): VersionStanding<Version> | undefined {
    const stored = this.unverified.get(number)
    if (stored !== undefined) this.#take(this, number, stored)
    return this.versions.get(number)
  }

  /** What protects new data: seals, signs. @throws `no-primary-version`, `key-disabled` */
  protecting(): Version {
    const { primary } = this
    if (primary !== undefined) return primary
    if (this.failure !== undefined) throw this.failure
    const standing = this.versions.get(this.primaryNumber)
    if (standing !== undefined) checkProcesses(standing, this.name, versionLabel(this.primaryNumber))
    throw noPrimaryVersion(this.name, this.id)
  }

  /** The versions in memory, the primary first, then the newest. */
  readable(): readonly Version[] {
    if (this.failure !== undefined) throw this.failure
    for (const [number, stored] of [...this.unverified]) this.#take(this, number, stored)
    const loaded = [...this.versions.values()].flatMap((one) => (mayProcess(one) ? (one.loaded ?? []) : []))
    return loaded.reverse().sort((a, b) => Number(b === this.primary) - Number(a === this.primary))
  }

  /** A version that may process. @throws `version-not-loaded`, and what its state refuses */
  version(number: number): Version {
    if (this.failure !== undefined) throw this.failure
    const standing = this.standing(number)
    const label = versionLabel(number)
    // What is not active yet seals nothing: whoever has its envelope knows of a change that did not come here yet.
    const behind = standing === undefined || isPreActive(standing)
    if (!behind) checkProcesses(standing, this.name, label)
    if (behind || standing.loaded === undefined) {
      throw new KmsError(
        'version-not-loaded',
        `Version ${label} of "${this.name}" is not in memory. Call key.load(envelope) first, or use kms.decrypt, which does.`,
        { keyIds: [this.id], version: label },
      )
    }
    return standing.loaded
  }
}

/**
 * A key as one of a purpose.
 * @throws `invalid-argument` for a key of another
 */
export function ofPurpose<Purpose extends KeyPurpose>(
  key: LoadedKey,
  purpose: Purpose,
): LoadedKey<VersionsByPurpose[Purpose]> {
  if (key.purpose === purpose) return key as LoadedKey<VersionsByPurpose[Purpose]>
  throw new KmsError(
    'invalid-argument',
    `"${key.name}" is a key to ${purposeVerbs[key.purpose as KeyPurpose] ?? key.purpose}, not to ${purposeVerbs[purpose]}: kms.use(name, { purpose: '${key.purpose}' }).`,
    { keyIds: [key.id] },
  )
}
