import type { CanonicalObject } from '../encoding/canonical.ts'
import { type Fields, fitsFields } from '../encoding/fields.ts'
import type { VersionState } from '../specs/version-states.ts'

// The kinds of record and their fields (contents-v1 §Records). Bytes are unpadded base64url, times milliseconds since 1970.
// Written as types, not interfaces, so that they are canonical objects too.

/** What every record carries, so that none can be taken for another or put elsewhere. */
export type RecordBase = {
  readonly kind: RecordKind
  readonly id: string
  readonly revision: number
  readonly store: string
}

export type RootEntry = { readonly kind: string; readonly label: string; readonly added: number }
export type ApplicationEntry = {
  readonly application: string
  readonly rights: string
  readonly kind: string
  readonly label: string
  readonly added: number
}

export type StoreRecord = RecordBase & {
  /** Version of the store's format. */
  readonly format: number
  readonly created: number
  /** Public key. */
  readonly administration: string
  /** Milliseconds. */
  readonly lease: number
  readonly roots: readonly RootEntry[]
  /** Content 4. */
  readonly envelope: string
}

export type RingRecord = RecordBase & {
  readonly ring: string
  readonly name: string
  readonly created: number
  /** Public key. */
  readonly administration: string
  /** Public key. */
  readonly logKey: string
  /** Versions of the ring key, oldest first, and for each its two envelopes (content 6). */
  readonly versions: readonly number[]
  readonly use: readonly string[]
  readonly administer: readonly string[]
  readonly applications: readonly ApplicationEntry[]
}

export type NameRecord = RecordBase & { readonly ring: string; readonly key: string; readonly name: string }
export type RingNameRecord = RecordBase & { readonly ring: string; readonly name: string }

export type KeyRecord = RecordBase & {
  readonly ring: string
  readonly key: string
  readonly name: string
  readonly purpose: string
  readonly spec: string
  /** Whether its versions may be given out (`kms.keys.export`). */
  readonly exportable: boolean
  readonly description: string
  readonly created: number
  readonly by: string
  /** The policy's profile; empty for none. */
  readonly profile: string
  /** How many days a version protects new data before another is due; 0: no schedule. */
  readonly rotationDays: number
  /** How many days a version processes old data, from its making; 0: no end. */
  readonly processingDays: number
  /** How many days the old version stays active beside a new primary. */
  readonly transitionDays: number
  /** The version that protects; 0: none. */
  readonly primary: number
  readonly primarySince: number
  /** The rotation whose primary has not moved yet; empty for none. */
  readonly rotation: string
  /** How many rotations have moved the primary, and have the version before it still to retire. */
  readonly transitions: number
  /** The newest versions, at most 64, in the order they were made. */
  readonly newest: readonly number[]
  /** How many versions were ever made. */
  readonly made: number
}

/** `guards`: what was checked before, separated by spaces. */
export type DestructionEntry = {
  readonly notBefore: number
  readonly by: string
  readonly reason: string
  readonly guards: string
}

export type VersionRecord = RecordBase & {
  readonly ring: string
  readonly key: string
  readonly number: number
  readonly purpose: string
  readonly spec: string
  readonly state: VersionState
  /** Where a suspended version came from; empty otherwise. */
  readonly previousState: string
  /** When it first became the primary; 0: never. */
  readonly primaryFrom: number
  /** When it last ceased to be the primary; 0: it is, or never was. */
  readonly primaryUntil: number
  /** Since when it may be known to others; 0 unless it is compromised. */
  readonly compromisedSince: number
  /** The schedule of its destruction, or nothing: while it is there nothing processes. */
  readonly destruction: readonly DestructionEntry[]
  /** Content 1; empty after its destruction. */
  readonly material: string
  /** Of a pair, the public half: SubjectPublicKeyInfo in DER, of X-Wing as HPKE serialises it. Empty of symmetric keys. */
  readonly publicKey: string
  /** Check value, 8 bytes. */
  readonly check: string
  readonly created: number
  readonly changed: number
  readonly by: string
  readonly reason: string
  readonly origin: string
  readonly method: string
  readonly exportable: boolean
  readonly bits: number
}

/** What became of a step of a rotation, and when. */
export type RotationStepEntry = {
  readonly step: string
  readonly time: number
  readonly by: string
  readonly note: string
}

/** A rotation (requirement R3): its steps as far as they went. */
export type RotationRecord = RecordBase & {
  readonly ring: string
  readonly key: string
  /** UUID. */
  readonly rotation: string
  /** The versions that it leads from (0: none) and to. */
  readonly from: number
  readonly to: number
  /** The step under way, `done` or `rolled-back`. */
  readonly step: string
  /** What began it: `request`, `schedule`, or an incident's id. */
  readonly trigger: string
  readonly reason: string
  readonly started: number
  readonly by: string
  /** Until when the old version stays active; 0 until the primary has moved. */
  readonly transitionUntil: number
  /** The steps that were left behind, oldest first. */
  readonly history: readonly RotationStepEntry[]
}

/** A key that an incident has left without a primary, until it makes a new one. */
export type RevokedKey = {
  /** UUID. */
  readonly key: string
  /** The number of its newest version then: the incident reaches none that was made later. */
  readonly newest: number
}

/** An event that asked for rotation now (requirement R2), and what it reached. */
export type IncidentRecord = RecordBase & {
  readonly ring: string
  /** UUID. */
  readonly incident: string
  /** `compromise`, `departure`, `audit-finding`, `regulation`, `weak-algorithm`. */
  readonly trigger: string
  readonly reason: string
  readonly time: number
  readonly by: string
  /** Since when material may be known to others; 0 where that is not so. */
  readonly since: number
  /** The one version that it is about; 0: all of those in use. */
  readonly version: number
  /** Whether what was the primary is retired without a transition. */
  readonly retireNow: boolean
  /** Ids of the keys that it reaches. */
  readonly keys: readonly string[]
  /** Ids of those already acted on. */
  readonly done: readonly string[]
  /** Of the others: what was marked, and has no new primary yet. */
  readonly revoked: readonly RevokedKey[]
}

/** That versions of a key were sealed to somebody's public key: written before the package is given out (requirement X3). */
export type DistributionRecord = RecordBase & {
  readonly ring: string
  readonly key: string
  /** UUID. */
  readonly distribution: string
  /** Numbers of the versions that were sent. */
  readonly versions: readonly number[]
  /** Fingerprint of the recipient's public key: 32 hexadecimal digits. */
  readonly recipient: string
  /** Who that is, as the sender or the certificate says; empty where nobody said. */
  readonly recipientName: string
  /** SHA-256 of the certificate that was verified, 64 hexadecimal digits; empty where the sender said the fingerprint. */
  readonly certificate: string
  /** Fingerprint of the key that signed the package: 32 hexadecimal digits. */
  readonly signer: string
  /** What it may be used in, as the package says. */
  readonly environment: string
  readonly classification: string
  readonly reason: string
  readonly time: number
  readonly by: string
}

export type HeadRecord = RecordBase & {
  /** `store`, or the ring's id. */
  readonly log: string
  readonly incarnation: number
  /** All incarnations the log ever had: none is taken twice. */
  readonly incarnations: readonly number[]
  readonly epoch: number
  readonly size: number
  readonly root: string
  /** Roots of the perfect subtrees, the largest first. */
  readonly frontier: readonly string[]
  readonly time: number
}

/** An operational record, signed all the same: it says that a request was done, and nobody else may say so. */
export type RequestRecord = RecordBase & {
  readonly log: string
  readonly request: string
  readonly operation: string
  /** What it was done to. */
  readonly subject: string
  /** What a repeat of it has to know: the id of what it made, or how far it came; empty where that is nothing. */
  readonly outcome: string
  /** Of the log entry. */
  readonly position: number
  readonly time: number
}

/** Something due that was tried and failed, and when it is tried again. */
export type WorkAttempt = {
  /** What was tried (`DueItem.kind`). */
  readonly item: string
  /** UUID. */
  readonly key: string
  /** UUID; empty where it is not about one that is under way. */
  readonly rotation: string
  /** How often it was tried. */
  readonly count: number
  readonly last: number
  /** When it is tried again; 0: never by itself. */
  readonly next: number
  /** Of the last error, or `waiting`. */
  readonly code: string
  readonly message: string
}

/** An operational record, signed by the ring's log key: who does due work, when it was last done, and what failed. */
export type WorkRecord = RecordBase & {
  readonly ring: string
  /** UUID of the process's own. */
  readonly worker: string
  /** `running` or `idle`. */
  readonly state: string
  /** When the last run began, and how many entries the ring's log had then. */
  readonly time: number
  readonly size: number
  /** Milliseconds after which the next run is expected. */
  readonly interval: number
  /** At most 64. */
  readonly attempts: readonly WorkAttempt[]
}

/** How often a version was used. */
export type UsageEntry = {
  readonly number: number
  readonly sealed: number
  readonly opened: number
  /** Uses that its state refused. */
  readonly refused: number
  readonly first: number
  readonly last: number
}

/** A process that sealed under a version, and when it last did. */
export type SealerEntry = {
  readonly version: number
  /** UUID. */
  readonly session: string
  readonly caller: string
  readonly time: number
}

/** An operational record, signed by the ring's log key: how often a key was used, added up by all who use it. */
export type UsageRecord = RecordBase & {
  readonly ring: string
  readonly key: string
  /** At most 256, those used last. */
  readonly versions: readonly UsageEntry[]
  /** At most 48, those that sealed last. */
  readonly sealers: readonly SealerEntry[]
}

/** A version that a session has in memory before anything uses it, by its check value. */
export type StagedVersion = { readonly key: string; readonly number: number; readonly check: string }

/** An operational record, signed by a key of the session's own, which the ring's log key certifies: who is here, and what it holds. */
export type SessionRecord = RecordBase & {
  readonly ring: string
  readonly caller: string
  readonly started: number
  /** The ring's epoch that it has seen. */
  readonly epoch: number
  /** Ids of the keys it holds, at most 500. */
  readonly keys: readonly string[]
  readonly staged: readonly StagedVersion[]
  readonly publicKey: string
  readonly certificate: string
}

export interface RecordTypes {
  store: StoreRecord
  ring: RingRecord
  name: NameRecord
  'ring-name': RingNameRecord
  key: KeyRecord
  version: VersionRecord
  rotation: RotationRecord
  incident: IncidentRecord
  distribution: DistributionRecord
  head: HeadRecord
  request: RequestRecord
  work: WorkRecord
  usage: UsageRecord
  session: SessionRecord
}
export type RecordKind = keyof RecordTypes

const base = { kind: 'text', id: 'text', revision: 'integer', store: 'text' } as const
const fields: Readonly<Record<RecordKind, Fields>> = {
  store: {
    ...base,
    format: 'integer',
    created: 'integer',
    administration: 'text',
    lease: 'integer',
    roots: { kind: 'text', label: 'text', added: 'integer' },
    envelope: 'text',
  },
  ring: {
    ...base,
    ring: 'text',
    name: 'text',
    created: 'integer',
    administration: 'text',
    logKey: 'text',
    versions: 'integers',
    use: 'texts',
    administer: 'texts',
    applications: { application: 'text', rights: 'text', kind: 'text', label: 'text', added: 'integer' },
  },
  name: { ...base, ring: 'text', key: 'text', name: 'text' },
  'ring-name': { ...base, ring: 'text', name: 'text' },
  key: {
    ...base,
    ring: 'text',
    key: 'text',
    name: 'text',
    purpose: 'text',
    spec: 'text',
    exportable: 'flag',
    description: 'text',
    created: 'integer',
    by: 'text',
    profile: 'text',
    rotationDays: 'integer',
    processingDays: 'integer',
    transitionDays: 'integer',
    primary: 'integer',
    primarySince: 'integer',
    rotation: 'text',
    transitions: 'integer',
    newest: 'integers',
    made: 'integer',
  },
  version: {
    ...base,
    ring: 'text',
    key: 'text',
    number: 'integer',
    purpose: 'text',
    spec: 'text',
    state: 'text',
    previousState: 'text',
    primaryFrom: 'integer',
    primaryUntil: 'integer',
    compromisedSince: 'integer',
    destruction: { notBefore: 'integer', by: 'text', reason: 'text', guards: 'text' },
    material: 'text',
    publicKey: 'text',
    check: 'text',
    created: 'integer',
    changed: 'integer',
    by: 'text',
    reason: 'text',
    origin: 'text',
    method: 'text',
    exportable: 'flag',
    bits: 'integer',
  },
  rotation: {
    ...base,
    ring: 'text',
    key: 'text',
    rotation: 'text',
    from: 'integer',
    to: 'integer',
    step: 'text',
    trigger: 'text',
    reason: 'text',
    started: 'integer',
    by: 'text',
    transitionUntil: 'integer',
    history: { step: 'text', time: 'integer', by: 'text', note: 'text' },
  },
  incident: {
    ...base,
    ring: 'text',
    incident: 'text',
    trigger: 'text',
    reason: 'text',
    time: 'integer',
    by: 'text',
    since: 'integer',
    version: 'integer',
    retireNow: 'flag',
    keys: 'texts',
    done: 'texts',
    revoked: { key: 'text', newest: 'integer' },
  },
  distribution: {
    ...base,
    ring: 'text',
    key: 'text',
    distribution: 'text',
    versions: 'integers',
    recipient: 'text',
    recipientName: 'text',
    certificate: 'text',
    signer: 'text',
    environment: 'text',
    classification: 'text',
    reason: 'text',
    time: 'integer',
    by: 'text',
  },
  head: {
    ...base,
    log: 'text',
    incarnation: 'integer',
    incarnations: 'integers',
    epoch: 'integer',
    size: 'integer',
    root: 'text',
    frontier: 'texts',
    time: 'integer',
  },
  request: {
    ...base,
    log: 'text',
    request: 'text',
    operation: 'text',
    subject: 'text',
    outcome: 'text',
    position: 'integer',
    time: 'integer',
  },
  work: {
    ...base,
    ring: 'text',
    worker: 'text',
    state: 'text',
    time: 'integer',
    size: 'integer',
    interval: 'integer',
    attempts: {
      item: 'text',
      key: 'text',
      rotation: 'text',
      count: 'integer',
      last: 'integer',
      next: 'integer',
      code: 'text',
      message: 'text',
    },
  },
  usage: {
    ...base,
    ring: 'text',
    key: 'text',
    versions: {
      number: 'integer',
      sealed: 'integer',
      opened: 'integer',
      refused: 'integer',
      first: 'integer',
      last: 'integer',
    },
    sealers: { version: 'integer', session: 'text', caller: 'text', time: 'integer' },
  },
  session: {
    ...base,
    ring: 'text',
    caller: 'text',
    started: 'integer',
    epoch: 'integer',
    keys: 'texts',
    staged: { key: 'text', number: 'integer', check: 'text' },
    publicKey: 'text',
    certificate: 'text',
  },
}

/** Whether an object has exactly the fields of its kind, each of its type. Unknown fields are refused: no kind ignores any yet. */
export function fitsKind(kind: RecordKind, record: CanonicalObject): boolean {
  return record.kind === kind && fitsFields(fields[kind], record)
}
