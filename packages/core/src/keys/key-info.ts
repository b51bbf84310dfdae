import type { KeyPurpose } from '../specs/key-purposes.ts'
import type { KeySpecName } from '../specs/key-specs.ts'
import type { VersionState } from '../specs/version-states.ts'
import type { KeyRecord, VersionRecord } from '../store/records.ts'
import { versionLabel } from '../store/version-number.ts'
import { protectionPeriod } from './rotation-policy.ts'

/** A version of a key, for people and programs. Never its material. */
export interface VersionInfo {
  /** incarnation u16 ‖ serial u16, as envelopes carry it. */
  readonly number: number
  /** `3`, or `r5f2a.3` after a restore. */
  readonly label: string
  readonly state: VersionState
  /** Whether it protects new data. */
  readonly primary: boolean
  /** Since when it was first the primary; null: it never was. */
  readonly primaryFrom: Date | null
  /** Until when it was the primary; null: it is, or never was. */
  readonly primaryUntil: Date | null
  /** Since when it may be known to others, of a compromised one. */
  readonly compromisedSince: Date | null
  /** Its destruction, where one is scheduled: until then nothing opens with it, and it can be called back. */
  readonly destruction: { readonly notBefore: Date; readonly by: string; readonly reason: string } | null
  readonly created: Date
  /** When its state last changed. */
  readonly changed: Date
  /** Who made it: the name that the process gave itself. */
  readonly by: string
  /** Where its material came from. */
  readonly origin: string
  /** How it was made. */
  readonly method: string
  /** Size of the material in bits. */
  readonly bits: number
  /** Why its state last changed; empty where nobody said. */
  readonly reason: string
}

/** A key, for people and programs. */
export interface KeyInfo {
  /** UUID in lower case; every envelope carries it. */
  readonly id: string
  readonly name: string
  /** The ring's name. */
  readonly ring: string
  readonly purpose: KeyPurpose
  readonly spec: KeySpecName
  /** Whether its versions may be given out. */
  readonly exportable: boolean
  readonly description: string
  readonly created: Date
  readonly by: string
  /** The profile that its periods come from; null for none. */
  readonly profile: string | null
  /** Days for which a version opens old data, from its making; null: no end. It goes on opening, and is named as overdue. */
  readonly processingDays: number | null
  /** Days for which an old version stays active beside a new primary. */
  readonly transitionDays: number
  /** Days after which a new primary is due; null: none. */
  readonly rotationDays: number | null
  readonly rotationDue: Date | null
  /** The label of the version that protects new data; null if there is none. */
  readonly primary: string | null
  /** Oldest first; all of them in `keys.show`, the newest 64 elsewhere. */
  readonly versions: readonly VersionInfo[]
}

/** A key's record and those of its versions, as people and programs see them. */
export function keyInfo(key: KeyRecord, versions: readonly VersionRecord[], ring: string): KeyInfo {
  const period = protectionPeriod(key)
  return {
    id: key.key,
    name: key.name,
    ring,
    purpose: key.purpose as KeyPurpose,
    spec: key.spec as KeySpecName,
    exportable: key.exportable,
    description: key.description,
    created: new Date(key.created),
    by: key.by,
    profile: key.profile === '' ? null : key.profile,
    processingDays: key.processingDays === 0 ? null : key.processingDays,
    transitionDays: key.transitionDays,
    rotationDays: key.rotationDays === 0 ? null : key.rotationDays,
    rotationDue: period === undefined ? null : new Date(period.end),
    primary: key.primary === 0 ? null : versionLabel(key.primary),
    versions: versions.map((version) => versionInfo(version, key.primary)),
  }
}

function versionInfo(version: VersionRecord, primary: number): VersionInfo {
  return {
    number: version.number,
    label: versionLabel(version.number),
    state: version.state,
    primary: version.number === primary,
    primaryFrom: dateOf(version.primaryFrom),
    primaryUntil: dateOf(version.primaryUntil),
    compromisedSince: dateOf(version.compromisedSince),
    destruction: destructionOf(version),
    created: new Date(version.created),
    changed: new Date(version.changed),
    by: version.by,
    origin: version.origin,
    method: version.method,
    bits: version.bits,
    reason: version.reason,
  }
}

/** Records have 0 where there is no time. */
const dateOf = (time: number): Date | null => (time === 0 ? null : new Date(time))

function destructionOf({ destruction: [scheduled] }: VersionRecord): VersionInfo['destruction'] {
  if (scheduled === undefined) return null
  return { notBefore: new Date(scheduled.notBefore), by: scheduled.by, reason: scheduled.reason }
}
