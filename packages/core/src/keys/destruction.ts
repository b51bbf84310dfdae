import { day } from '../durations.ts'
import { KmsError } from '../errors.ts'
import { checkTransition, type VersionState } from '../specs/version-states.ts'
import type { KeyRecord, VersionRecord } from '../store/records.ts'
import { incarnationOf, versionLabel } from '../store/version-number.ts'

// Destruction is no state that one falls into: it is a schedule on a version that protects nothing any more, which can be called back
// until it is carried out (architecture §States).

/** Days that a destruction can wait at most. */
export const longestWait = 365

export interface DestructionRequest {
  readonly time: number
  readonly waitDays: number
  readonly by: string
  readonly reason: string
  /** What whoever asks for it says of the data that nobody can count; empty for nothing. */
  readonly declaration: string
  /** The store's, now. */
  readonly incarnation: number
}

/**
 * Whether data may stand under a version: it was the primary, or was made before the store was restored. What came after the backup the
 * records do not say.
 */
export const mayHaveProtected = ({ primaryFrom, number }: VersionRecord, incarnation: number): boolean =>
  primaryFrom > 0 || incarnationOf(number) !== incarnation

/** What makes sure that a destruction loses nothing that is needed; undefined where nothing does. */
function guardOf(version: VersionRecord, { declaration, incarnation }: DestructionRequest): string | undefined {
  if (!mayHaveProtected(version, incarnation)) return 'never-primary'
  if (version.purpose === 'sign') return 'public-half-stays'
  return version.purpose !== 'encrypt' && declaration !== '' ? 'declared' : undefined
}

/**
 * A version's record after its destruction was asked for: destroyed, its material gone, or scheduled. A second request carries out a
 * schedule whose time has come.
 * @returns the same object where it is destroyed already
 * @throws `census-required` for a version that was ever the primary, or that may have been after the backup of a restored store: of purpose `encrypt`, and of others but `sign` without a declaration; `invalid-transition` before the schedule's time and for states
 * that do not lead there
 */
export function destroyed(key: KeyRecord, version: VersionRecord, request: DestructionRequest): VersionRecord {
  if (version.state === 'destroyed') return version
  const label = `Version ${versionLabel(version.number)} of "${key.name}"`
  const guard = guardOf(version, request)
  if (guard === undefined) {
    const protectedData =
      version.primaryFrom > 0
        ? `protected data from ${new Date(version.primaryFrom).toISOString().slice(0, 10)}`
        : 'may have protected data after the backup that this store was restored from'
    const uncounted =
      key.purpose === 'encrypt'
        ? 'nobody has counted what still stands under it. Retire or disable it: kms key retire, kms key disable'
        : 'no census can see what needs it still. Say that nothing does: kms key destroy --declare TEXT'
    throw new KmsError('census-required', `${label} ${protectedData}, and ${uncounted}.`, {
      keyIds: [key.key],
      version: versionLabel(version.number),
    })
  }
  checkTransition(version.state, 'destroyed', (version.previousState || undefined) as VersionState | undefined)
  const [scheduled] = version.destruction
  const { time, waitDays, by, reason } = request
  if (scheduled !== undefined && time < scheduled.notBefore) {
    throw new KmsError(
      'invalid-transition',
      `${label} is destroyed on ${new Date(scheduled.notBefore).toISOString().slice(0, 10)} at the earliest. kms key cancel-destruction calls it back.`,
    )
  }
  // What was never active has nothing to wait for.
  if (scheduled === undefined && waitDays > 0 && version.state !== 'pre-active') {
    return { ...version, destruction: [{ notBefore: time + waitDays * day, by, reason, guards: guard }] }
  }
  // The public half stays: what was signed verifies on.
  return { ...version, state: 'destroyed', previousState: '', material: '', destruction: [], changed: time, reason }
}

/**
 * A version's record without a schedule of its destruction.
 * @returns the same object where there was none
 * @throws `version-destroyed` where it was carried out
 */
export function calledBack(key: KeyRecord, version: VersionRecord): VersionRecord {
  if (version.state === 'destroyed') {
    const label = versionLabel(version.number)
    throw new KmsError('version-destroyed', `Version ${label} of "${key.name}" was destroyed: nothing calls it back.`, {
      keyIds: [key.key],
      version: label,
    })
  }
  return version.destruction.length === 0 ? version : { ...version, destruction: [] }
}
