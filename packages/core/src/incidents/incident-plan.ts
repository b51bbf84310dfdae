import { stateEntry, type VersionState } from '../keys/states.ts'
import { versionLabel } from '../keys/version-number.ts'
import type { KeyRecord, RingRecord, VersionRecord } from '../store/records.ts'
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
  readonly versions: readonly AffectedVersion[]
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
}

/** What becomes of a key. */
export function affectedKey(key: KeyRecord, versions: readonly VersionRecord[], treatment: Treatment): AffectedKey {
  const changed = versions.flatMap((version) => {
    const becomes = treated(key, version, treatment)
    return becomes === undefined ? [] : [{ version: versionLabel(version.number), state: version.state, becomes }]
  })
  return { id: key.key, name: key.name, rotates: rotates(key, treatment), versions: changed }
}

/** A version that was not the primary is marked, and nothing else happens; otherwise another one is to protect new data. */
export const rotates = (key: KeyRecord, { version }: Treatment): boolean =>
  version === undefined || version === key.primary || key.primary === 0

/** The state that a version gets; undefined where it is not reached. */
export function treated(key: KeyRecord, version: VersionRecord, treatment: Treatment): VersionState | undefined {
  const { trigger, retireNow } = treatment
  if (trigger === 'compromise') {
    const named = treatment.version === undefined || treatment.version === version.number
    return named && stateEntry(version.state).to.includes('compromised') ? 'compromised' : undefined
  }
  if (version.number !== key.primary) return undefined
  return retireNow && version.state === 'active' ? 'deactivated' : version.state
}

/** The applications that were given a ring. */
export const applicationsOf = ({ applications }: RingRecord): readonly string[] =>
  applications.map(({ application, rights }) => `${application} (${rights})`)
