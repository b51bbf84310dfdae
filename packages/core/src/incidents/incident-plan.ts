import { KmsError } from '../errors.ts'
import { mayHaveProtected } from '../keys/destruction.ts'
import type { Distribution } from '../keys/distributions.ts'
import { stateEntry, type VersionState } from '../specs/version-states.ts'
import type { KeyRecord, RingRecord, VersionRecord } from '../store/records.ts'
import { nextNumber, versionLabel } from '../store/version-number.ts'
import type { IncidentTrigger } from './incident-triggers.ts'

/** What an incident does to a version. */
export interface AffectedVersion {
  readonly version: string
  readonly state: VersionState
  /** The state it gets; the same where it stays until its transition ends. */
  readonly becomes: VersionState
}

/** What an incident does to a key. */
export interface AffectedKey {
  readonly id: string
  readonly name: string
  /** Whether it gets a new primary. */
  readonly rotates: boolean
  /**
   * Why the new primary that it should get cannot be made; empty where nothing is known to be in the way. A compromise revokes the key all
   * the same, and leaves it without a primary.
   */
  readonly obstacle: string
  readonly versions: readonly AffectedVersion[]
  /** Whom its versions that change were sent to, the youngest sending first: their copies are to be seen to, and nothing here reaches them. */
  readonly copies: readonly Distribution[]
}

/** What an incident reaches: shown before anything is done. */
export interface IncidentPlan {
  readonly trigger: IncidentTrigger
  readonly keys: readonly AffectedKey[]
  /** Who can open them: the ring, and the applications that were given it. */
  readonly ring: string
  readonly applications: readonly string[]
  /** Processes that hold one of the keys now. */
  readonly callers: readonly string[]
}

/** How the versions in use are treated. */
export interface Treatment {
  readonly trigger: IncidentTrigger
  /** Of a compromise: this version alone; all otherwise. */
  readonly version: number | undefined
  /** Retires what was the primary at once, without a transition. */
  readonly retireNow: boolean
  /** The store's, now. */
  readonly incarnation: number
}

/** A key as an incident finds it. */
export interface Found {
  readonly key: KeyRecord
  readonly primary: VersionRecord | undefined
  /** The version that a rotation under way leads to; 0 for none. */
  readonly pending: number
}

/** What becomes of a key. */
export function affectedKey(
  at: Omit<Found, 'primary'>,
  versions: readonly VersionRecord[],
  treatment: Treatment,
): Omit<AffectedKey, 'copies'> {
  const found = { ...at, primary: versions.find(({ number }) => number === at.key.primary) }
  const changed = versions.flatMap((version) => {
    const becomes = reached(found, version, treatment)
    return becomes === undefined
      ? []
      : [{ version: versionLabel(version.number), state: version.state, becomes: becomes.state }]
  })
  const renewed = rotates(found, treatment)
  const obstacle = renewed ? obstacleOf(at.key, treatment) : ''
  return { id: at.key.key, name: at.key.name, rotates: renewed && obstacle === '', obstacle, versions: changed }
}

function obstacleOf({ newest }: KeyRecord, { incarnation }: Treatment): string {
  try {
    nextNumber(newest, incarnation)
    return ''
  } catch (error) {
    if (error instanceof KmsError) return error.message
    throw error
  }
}

/**
 * Whether a key gets a new primary. A version that was not the primary is marked, and nothing else happens; a key that has no primary stays
 * so, unless a rotation was giving it one; a key whose primary was disabled stays without one that seals, unless its material has become
 * known.
 */
export function rotates({ key, primary, pending }: Found, { trigger, version }: Treatment): boolean {
  if (version !== undefined) return version === key.primary
  if (key.primary === 0) return pending !== 0
  return trigger === 'compromise' || primary?.state !== 'suspended'
}

/** The state that a version gets, its own where it only ceases to be the primary, and to which it comes back if it is disabled. */
export interface Reached {
  readonly state: VersionState
  readonly comesBack: VersionState | ''
}

/** What becomes of a version; undefined where it is not reached. */
export function reached(at: Found, version: VersionRecord, treatment: Treatment): Reached | undefined {
  const { trigger, retireNow, incarnation } = treatment
  const { number, state } = version
  const compromise = trigger === 'compromise'
  if (compromise && (treatment.version === undefined || treatment.version === number)) {
    return stateEntry(state).to.includes('compromised') ? { state: 'compromised', comesBack: '' } : undefined
  }
  if (state === 'pre-active') {
    // What waits to become the primary was made before: what reached the others can have reached it, too.
    const superseded = number === at.pending && (!compromise || rotates(at, treatment))
    return superseded && !mayHaveProtected(version, incarnation) ? { state: 'destroyed', comesBack: '' } : undefined
  }
  if (compromise || number !== at.key.primary) return undefined
  if (state === 'suspended') return { state, comesBack: 'deactivated' }
  return { state: retireNow ? 'deactivated' : state, comesBack: '' }
}

/** The applications that were given a ring. */
export const applicationsOf = ({ applications }: RingRecord): readonly string[] =>
  applications.map(({ application, rights }) => `${application} (${rights})`)
