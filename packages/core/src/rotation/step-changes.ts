import { day } from '../durations.ts'
import { KmsError } from '../errors.ts'
import { mayHaveProtected } from '../keys/destruction.ts'
import type { KeyChange } from '../keys/key-changes.ts'
import type { KeyRecord, RotationRecord, VersionRecord } from '../store/records.ts'
import { versionLabel } from '../store/version-number.ts'
import { hasBegun, type RotationStanding, waitsForCensus } from './rotation-steps.ts'

// What each step of a rotation changes, as one commit: the key's record, versions, and the rotation's own record.

/** Who does a step, and when. */
export interface Doing {
  readonly time: number
  readonly by: string
}

/** What a step is built from: everything as it is recorded now. */
export interface Rotating {
  readonly key: KeyRecord
  readonly rotation: RotationRecord
  /** The version it leads to. */
  readonly to: VersionRecord
  /** The version it leads from. */
  readonly from: VersionRecord | undefined
  /** The store's, now. */
  readonly incarnation: number
}

/** A rotation's record with its step left behind. */
function stepped(rotation: RotationRecord, step: RotationStanding, { time, by }: Doing, note = ''): RotationRecord {
  return {
    ...rotation,
    revision: rotation.revision + 1,
    step,
    history: [...rotation.history, { step: rotation.step, time, by, note }],
  }
}

/** Whether the version that a rotation leads to can still become the primary: it may have been compromised or destroyed meanwhile. */
export const mayActivate = (to: VersionRecord): boolean => to.state === 'pre-active'

/** The record of a rotation whose version became useless before the primary moved. */
export const abandoned = (rotation: RotationRecord, to: VersionRecord, doing: Doing): RotationRecord =>
  ended(rotation, doing, `version ${versionLabel(to.number)} is ${to.state}`)

/** The record of a rotation that ends before the primary moved. @param why a note of its history */
export const ended = (rotation: RotationRecord, doing: Doing, why: string): RotationRecord =>
  stepped(rotation, 'rolled-back', doing, why)

/** The primary moves to the new version; the old one stays active for the transition. */
export function activated({ key, rotation, to, from }: Rotating, doing: Doing, note: string): KeyChange {
  const { time } = doing
  if (!mayActivate(to)) return { key: { ...key, rotation: '' }, versions: [], others: [abandoned(rotation, to, doing)] }
  const transitionUntil = from === undefined ? time : time + key.transitionDays * day
  return {
    key: { ...key, primary: to.number, primarySince: time, rotation: '', transitions: key.transitions + 1 },
    versions: [
      {
        ...to,
        revision: to.revision + 1,
        state: 'active',
        primaryFrom: to.primaryFrom || time,
        primaryUntil: 0,
        changed: time,
      },
      // Whatever was the primary until now, should it have moved since the rotation began.
      ...(from === undefined ? [] : [{ ...from, revision: from.revision + 1, primaryUntil: time }]),
    ],
    others: [{ ...stepped(rotation, 'dual-operation', doing, note), from: from?.number ?? 0, transitionUntil }],
  }
}

/** The old version is retired; data that it sealed goes on opening. */
export function retired({ key, rotation, from }: Rotating, doing: Doing): KeyChange {
  const left = stepped(stepped(rotation, 're-encrypt', doing), 'retire', doing, waitsForCensus)
  const versions = from === undefined || from.number === key.primary ? [] : retiredVersion(from, doing, rotation.reason)
  return { key, versions, others: [{ ...left, revision: rotation.revision + 1 }] }
}

/** A version's record once it is retired: one that is disabled stays so, and comes back retired. Nothing where it is no longer active. */
function retiredVersion(version: VersionRecord, { time }: Doing, reason: string): readonly VersionRecord[] {
  const revision = version.revision + 1
  if (version.state === 'active') return [{ ...version, revision, state: 'deactivated', changed: time, reason }]
  const returns = version.state === 'suspended' && version.previousState === 'active'
  return returns ? [{ ...version, revision, previousState: 'deactivated' }] : []
}

/** Leases that could name the old version have ended. What is left is its destruction, which this release leaves. */
export function finished({ key, rotation }: Rotating, doing: Doing): KeyChange {
  const left = stepped(stepped(rotation, 'destroy', doing), 'done', doing, waitsForCensus)
  return {
    key: { ...key, transitions: key.transitions - 1 },
    versions: [],
    others: [{ ...left, revision: rotation.revision + 1 }],
  }
}

/** The transition ends at another time. */
export function shortened({ key, rotation }: Rotating, doing: Doing, until: number, reason: string): KeyChange {
  const note = `transition shortened to ${new Date(until).toISOString()}: ${reason}`
  const left = stepped(rotation, rotation.step as RotationStanding, doing, note)
  return { key, versions: [], others: [{ ...left, transitionUntil: Math.min(rotation.transitionUntil, until) }] }
}

/**
 * Before the primary moved the new version is destroyed, unless a restored store cannot know that nothing used it; afterwards, until retirement, the primary moves back and the
 * new version, under which data may stand, is retired.
 * @throws `invalid-transition` where it is too late, or the old version may not protect
 */
export function rolledBack(
  { key, rotation, to, from, incarnation }: Rotating,
  doing: Doing,
  reason: string,
): KeyChange {
  const { time } = doing
  const others = [stepped(rotation, 'rolled-back', doing, reason)]
  if (hasBegun(rotation.step)) {
    const gone = { ...to, revision: to.revision + 1, state: 'destroyed', material: '', changed: time, reason } as const
    const unused = to.state === 'pre-active' && !mayHaveProtected(to, incarnation)
    return { key: { ...key, rotation: '' }, versions: unused ? [gone] : [], others }
  }
  const label = versionLabel(rotation.to)
  if (rotation.step !== 'dual-operation') {
    throw new KmsError(
      'invalid-transition',
      `The rotation of "${key.name}" to version ${label} is over (${rotation.step}). Rotate again: kms key rotate.`,
    )
  }
  if (key.primary !== rotation.to || from === undefined || from.state !== 'active' || from.destruction.length > 0) {
    throw new KmsError(
      'invalid-transition',
      `The primary of "${key.name}" cannot go back to version ${rotation.from === 0 ? 'none' : versionLabel(rotation.from)}: ${from === undefined ? 'there was none' : key.primary === rotation.to ? `it is ${from.state}` : 'another rotation came after this one'}. Rotate again: kms key rotate.`,
    )
  }
  return {
    key: { ...key, primary: from.number, primarySince: time, transitions: key.transitions - 1 },
    versions: [
      { ...from, revision: from.revision + 1, primaryUntil: 0 },
      ...retiredVersion(to, doing, reason).map((version) => ({ ...version, primaryUntil: time })),
    ],
    others,
  }
}
