import { protectionPeriod } from '../keys/rotation-policy.ts'
import type { KeyRecord, RotationRecord, VersionRecord } from '../store/records.ts'
import { revocation } from './revocation.ts'
import { hasBegun } from './rotation-steps.ts'

/** Something that a policy asks for. */
export interface DueItem {
  /**
   * `rotate`: the primary's period has ended. `retire`: a transition has ended. `resume`: a rotation was begun and its primary has not
   * moved. `ends-soon`: the primary's period ends within 30 days, or within its last tenth if that is sooner. `no-primary`: nothing
   * protects new data. `processing-ended`: a version is older than the policy lets it open data; it goes on opening it.
   */
  readonly kind: 'rotate' | 'retire' | 'resume' | 'ends-soon' | 'no-primary' | 'processing-ended'
  readonly key: string
  /** Since when, or from when on. */
  readonly since: Date
  /** Of `retire` and `resume`. */
  readonly rotation?: string
  /** Whether `kms.work` does it; a person is asked otherwise. */
  readonly automatic: boolean
  /** Why a person is asked for what `kms.work` does otherwise. */
  readonly reason?: string
}

/** What a key's own record asks for. @param primary its version that protects new data; undefined for none */
export function dueOfKey(key: KeyRecord, primary: VersionRecord | undefined, now: number): readonly DueItem[] {
  if (key.primary === 0) {
    return [{ kind: 'no-primary', key: key.name, since: new Date(key.primarySince), automatic: false }]
  }
  const period = protectionPeriod(key)
  if (period === undefined || now < period.notice) return []
  const since = new Date(period.end)
  return period.end <= now
    ? [{ kind: 'rotate', key: key.name, since, ...unlessRevoked(primary) }]
    : [{ kind: 'ends-soon', key: key.name, since, automatic: false }]
}

/** What a rotation asks for. @param primary the key's version that protects new data; undefined for none */
export function dueOfRotation(
  rotation: RotationRecord,
  key: KeyRecord,
  primary: VersionRecord | undefined,
  now: number,
): readonly DueItem[] {
  const { step, rotation: id, transitionUntil, started } = rotation
  const of = { key: key.name, rotation: id } as const
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
