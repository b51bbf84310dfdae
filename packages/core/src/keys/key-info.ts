import type { VersionState } from './states.ts'

/** A version of a key, for people and programs. Never its material. */
export interface VersionInfo {
  /** incarnation u16 ‖ serial u16, as envelopes carry it. */
  readonly number: number
  /** `3`, or `r5f2a.3` after a restore. */
  readonly label: string
  readonly state: VersionState
  /** Whether it protects new data. */
  readonly primary: boolean
  readonly created: Date
  /** When its state last changed. */
  readonly changed: Date
  /** Who made it: the name that the process gave itself. */
  readonly by: string
  /** Where its material came from. */
  readonly origin: 'generated'
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
  readonly purpose: 'encrypt'
  readonly spec: 'symmetric-256'
  readonly description: string
  readonly created: Date
  readonly by: string
  /** Days after which a new primary is due; null: none. */
  readonly rotationDays: number | null
  readonly rotationDue: Date | null
  /** The label of the version that protects new data; null if there is none. */
  readonly primary: string | null
  /** Oldest first; all of them in `keys.show`, the newest 64 elsewhere. */
  readonly versions: readonly VersionInfo[]
}
