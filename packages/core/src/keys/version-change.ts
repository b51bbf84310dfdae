import { KmsError } from '../errors.ts'
import { checkTransition, type Standing, stateEntry, type VersionState } from '../specs/version-states.ts'
import type { KeyRecord, VersionRecord } from '../store/records.ts'
import { versionLabel } from '../store/version-number.ts'

/** A log entry names each record it changed, and has 64 KiB. */
export const versionsPerCommit = 250

/** What a change of state asks for. */
export interface VersionChange {
  /** `previous`: where a suspended version came from. */
  readonly to: VersionState | 'previous'
  /** All versions that it applies to, instead of each one given. */
  readonly all: boolean
  readonly time: number
  readonly reason: string
  /** Of a compromise: since when; `time` unless given. */
  readonly since?: number
}

/** What a version's record says of its use. */
export const standingOf = ({ state, destruction }: VersionRecord): Standing => ({
  state,
  scheduled: destruction.length > 0,
})

/**
 * The records of versions that a change of state makes, in the order given.
 * @returns `more` where one commit does not hold all of them
 * @throws `invalid-transition`
 */
export function changeVersions(
  key: KeyRecord,
  versions: readonly VersionRecord[],
  change: VersionChange,
): { readonly changed: readonly VersionRecord[]; readonly more: boolean } {
  const changed: VersionRecord[] = []
  for (const version of versions) {
    if (change.all && !applies(version, change.to)) continue
    const target = targetOf(key, version, change.to)
    if (version.state === target) continue
    if (changed.length === versionsPerCommit) return { changed, more: true }
    checkTransition(version.state, target, (version.previousState || undefined) as VersionState | undefined)
    changed.push({
      ...version,
      revision: version.revision + 1,
      state: target,
      previousState: target === 'suspended' ? version.state : '',
      primaryUntil: version.number === key.primary && !staysPrimary(target) ? change.time : version.primaryUntil,
      compromisedSince: target === 'compromised' ? (change.since ?? change.time) : version.compromisedSince,
      changed: change.time,
      reason: change.reason,
    })
  }
  return { changed, more: false }
}

/** Whether the primary that goes to a state is still the primary: a suspended one comes back. */
export const staysPrimary = (state: VersionState): boolean => state === 'active' || state === 'suspended'

function applies(version: VersionRecord, to: VersionState | 'previous'): boolean {
  if (to === 'previous') return version.state === 'suspended'
  const entry = stateEntry(version.state)
  return to === 'compromised' ? entry.to.includes(to) : entry.processes
}

/** The state that a version goes to: its own where it is there already. */
function targetOf(key: KeyRecord, version: VersionRecord, to: VersionState | 'previous'): VersionState {
  if (to !== 'previous') return to
  if (version.state === 'suspended') return version.previousState as VersionState
  if (stateEntry(version.state).processes) return version.state
  throw new KmsError(
    'invalid-transition',
    `Version ${versionLabel(version.number)} of "${key.name}" is ${version.state}, not disabled.`,
  )
}

/** Versions in the order in which they are changed: the primary first, whose change matters most. */
export const primaryFirst = (versions: readonly VersionRecord[], primary: number): readonly VersionRecord[] =>
  [...versions].sort((a, b) => Number(b.number === primary) - Number(a.number === primary))
