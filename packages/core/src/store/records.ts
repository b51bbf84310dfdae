import type { VersionState } from '../keys/states.ts'
import type { CanonicalObject } from './canonical.ts'
import { type Fields, fitsFields } from './fields.ts'

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
  readonly description: string
  readonly created: number
  readonly by: string
  /** 0: no schedule. */
  readonly rotationDays: number
  /** The version that protects; 0: none. */
  readonly primary: number
  readonly primarySince: number
  /** The newest versions, at most 64, in the order they were made. */
  readonly newest: readonly number[]
  /** How many versions were ever made. */
  readonly made: number
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
  /** Content 1. */
  readonly material: string
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
  /** Of the log entry. */
  readonly position: number
  readonly time: number
}

export interface RecordTypes {
  store: StoreRecord
  ring: RingRecord
  name: NameRecord
  'ring-name': RingNameRecord
  key: KeyRecord
  version: VersionRecord
  head: HeadRecord
  request: RequestRecord
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
    description: 'text',
    created: 'integer',
    by: 'text',
    rotationDays: 'integer',
    primary: 'integer',
    primarySince: 'integer',
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
    material: 'text',
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
    position: 'integer',
    time: 'integer',
  },
}

/** Whether an object has exactly the fields of its kind, each of its type. Unknown fields are refused: no kind ignores any yet. */
export function fitsKind(kind: RecordKind, record: CanonicalObject): boolean {
  return record.kind === kind && fitsFields(fields[kind], record)
}
