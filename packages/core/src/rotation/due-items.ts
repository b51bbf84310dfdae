import { protectionPeriod } from '../keys/rotation-policy.ts'
import type { KeyRecord, RotationRecord, VersionRecord } from '../store/records.ts'
import { revocation } from './revocation.ts'
import { hasBegun } from './rotation-steps.ts'

/** What came of something due that was tried. */
export interface FailedAttempts {
  /** How often it was tried: after ten times a person is asked. */
  readonly count: number
  readonly last: Date
  /** When it is tried again; null: never by itself. */
  readonly next: Date | null
  /** Of the last error, or `waiting`: nothing failed, but it could not go on. */
  readonly code: string
  readonly message: string
}

/** Something that a policy asks for. */
export interface DueItem {
  /**
   * `rotate`: the primary's period has ended. `retire`: a transition has ended. `resume`: a rotation was begun and its primary has not
   * moved. `ends-soon`: the primary's period ends within 30 days, or within its last tenth if that is sooner. `no-primary`: nothing
   * protects new data. `processing-ended`: a version is older than the policy lets it open data; it goes on opening it.
   */
  readonly kind: 'rotate' | 'retire' | 'resume' | 'ends-soon' | 'no-primary' | 'processing-ended'
  readonly key: string
  /** UUID. */
  readonly keyId: string
  /** Since when, or from when on. */
  readonly since: Date
  /** Of `retire` and `resume`. */
  readonly rotation?: string
  /** Whether `kms.work` does it; a person is asked otherwise. */
  readonly automatic: boolean
  /** Why a person is asked for what `kms.work` does otherwise. */
  readonly reason?: string
  /** Where it was tried and failed. */
  readonly failure?: FailedAttempts
}

/** What a key's own record asks for. @param primary its version that protects new data; undefined for none */
export function dueOfKey(key: KeyRecord, primary: VersionRecord | undefined, now: number): readonly DueItem[] {
  const of = { key: key.name, keyId: key.key } as const
  if (key.primary === 0) return [{ kind: 'no-primary', ...of, since: new Date(key.primarySince), automatic: false }]
  const period = protectionPeriod(key)
  if (period === undefined || now < period.notice) return []
  const since = new Date(period.end)
  return period.end <= now
    ? [{ kind: 'rotate', ...of, since, ...unlessRevoked(primary) }]
    : [{ kind: 'ends-soon', ...of, since, automatic: false }]
}

/** What a rotation asks for. @param primary the key's version that protects new data; undefined for none, or to learn whether anything is due */
export function dueOfRotation(
  rotation: RotationRecord,
  key: KeyRecord,
  primary: VersionRecord | undefined,
  now: number,
): readonly DueItem[] {
  const { step, rotation: id, transitionUntil, started } = rotation
  const of = { key: key.name, keyId: key.key, rotation: id } as const
  if (hasBegun(step)) return [{ kind: 'resume', ...of, since: new Date(started), ...unlessRevoked(primary) }]
  const ended = step === 'dual-operation' && transitionUntil <= now
  return ended || step === 'retire'
    ? [{ kind: 'retire', ...of, since: new Date(transitionUntil), automatic: true }]
    : []
}

/** A new primary is made without a person only where there is one that nobody disabled. */
function unlessRevoked(primary: VersionRecord | undefined): Pick<DueItem, 'automatic' | 'reason'> {
  const reason = primary === undefined ? 'the key has no primary' : revocation(primary)
  return reason === '' ? { automatic: true } : { automatic: false, reason }
}
