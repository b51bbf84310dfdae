import { KmsError } from '../errors.ts'

/** Which versions protect new data: the primary alone, or none. */
type Protects = 'never' | 'primary'

interface StateEntry {
  readonly protects: Protects
  /** Whether it opens what it sealed. */
  readonly processes: boolean
  /** The states it leads to. */
  readonly to: readonly string[]
}

/**
 * The states of a key version: NIST SP 800-57 part 1 rev. 5 §7. `deactivated` → `suspended` is our own. A suspended version
 * goes back only to where it came from; a compromised one never does.
 */
export const versionStates = {
  'pre-active': { protects: 'never', processes: false, to: ['active', 'compromised', 'destroyed'] },
  active: { protects: 'primary', processes: true, to: ['deactivated', 'suspended', 'compromised'] },
  suspended: { protects: 'never', processes: false, to: ['active', 'deactivated', 'compromised', 'destroyed'] },
  deactivated: { protects: 'never', processes: true, to: ['compromised', 'destroyed', 'suspended'] },
  // Opens only to be re-encrypted away from, by calls made for that.
  compromised: { protects: 'never', processes: false, to: ['destroyed'] },
  destroyed: { protects: 'never', processes: false, to: [] },
} as const

/** A state of a key version. */
export type VersionState = keyof typeof versionStates

/** What the table says of a state. */
export const stateEntry = (state: VersionState): StateEntry => versionStates[state]

/** What decides whether a version may be used. */
export interface Standing {
  readonly state: VersionState
  /** A schedule of destruction stops everything, whatever the state. */
  readonly scheduled: boolean
}

/** Whether a version opens what it sealed. */
export const mayProcess = ({ state, scheduled }: Standing): boolean => stateEntry(state).processes && !scheduled

/** Whether a version, being the primary, protects new data. */
export const mayProtect = ({ state, scheduled }: Standing): boolean =>
  stateEntry(state).protects === 'primary' && !scheduled

/** Whether a version will protect and process, and does neither yet. */
export const isPreActive = ({ state, scheduled }: Standing): boolean => state === 'pre-active' && !scheduled

/**
 * Checks that a version may go from one state to another.
 * @param previous where a suspended version came from
 * @throws `invalid-transition`
 */
export function checkTransition(from: VersionState, to: VersionState, previous: VersionState | undefined): void {
  const allowed = stateEntry(from).to.includes(to)
  // Enabling must not turn a retired version into one that protects new data again.
  const back = from !== 'suspended' || to !== 'active' || previous === 'active'
  if (!allowed || !back) {
    throw new KmsError('invalid-transition', `A version that is ${from} cannot become ${to}.`)
  }
}

/** Whether an error says that a version's state lets it process nothing. */
export const refusedByState = (error: unknown): boolean =>
  error instanceof KmsError && ['key-disabled', 'version-compromised', 'version-destroyed'].includes(error.code)

/**
 * Refuses to open with a version whose state does not allow it.
 * @throws `key-disabled`, `version-compromised`, `version-destroyed`, `no-primary-version` for a version not yet active
 */
export function checkProcesses(standing: Standing, key: string, version: string): void {
  if (mayProcess(standing)) return
  const { state, scheduled } = standing
  const details = { version }
  if (scheduled) {
    throw new KmsError(
      'key-disabled',
      `Version ${version} of "${key}" is to be destroyed. kms key cancel-destruction calls it back.`,
      details,
    )
  }
  switch (state) {
    case 'suspended':
      throw new KmsError(
        'key-disabled',
        `Version ${version} of "${key}" is disabled. kms key enable undoes it.`,
        details,
      )
    case 'compromised':
      throw new KmsError(
        'version-compromised',
        `Version ${version} of "${key}" is marked compromised and opens only to be re-encrypted away from.`,
        details,
      )
    case 'destroyed':
      throw new KmsError(
        'version-destroyed',
        `Version ${version} of "${key}" was destroyed. What it sealed opens no more.`,
        details,
      )
    default:
      throw new KmsError('no-primary-version', `Version ${version} of "${key}" is not active yet.`, details)
  }
}
