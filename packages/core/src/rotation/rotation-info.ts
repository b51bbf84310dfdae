import type { RotationRecord } from '../store/records.ts'
import { versionLabel } from '../store/version-number.ts'
import type { RotationStanding } from './rotation-steps.ts'

/** A rotation, for people and programs. */
export interface RotationInfo {
  /** UUID. */
  readonly id: string
  readonly key: string
  readonly keyId: string
  /** Label of the version it leads from; null where the key had no primary. */
  readonly from: string | null
  /** Label of the version it leads to. */
  readonly to: string
  readonly step: RotationStanding
  /** `request`, `schedule`, or the id of an incident. */
  readonly trigger: string
  readonly reason: string
  readonly started: Date
  readonly by: string
  /** Until when the old version stays active beside the new one; null until that has begun. */
  readonly transitionUntil: Date | null
  /** The steps left behind, oldest first. */
  readonly history: readonly {
    readonly step: string
    readonly time: Date
    readonly by: string
    readonly note: string
  }[]
  /** What it waits for, where it cannot go on now; empty otherwise. */
  readonly waitsFor: string
}

/** A rotation's record as people and programs see it. */
export function rotationInfo(record: RotationRecord, key: string, waitsFor: string): RotationInfo {
  return {
    id: record.rotation,
    key,
    keyId: record.key,
    from: record.from === 0 ? null : versionLabel(record.from),
    to: versionLabel(record.to),
    step: record.step as RotationStanding,
    trigger: record.trigger,
    reason: record.reason,
    started: new Date(record.started),
    by: record.by,
    transitionUntil: record.transitionUntil === 0 ? null : new Date(record.transitionUntil),
    history: record.history.map((entry) => ({ ...entry, time: new Date(entry.time) })),
    waitsFor,
  }
}
