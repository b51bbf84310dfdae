/**
 * Where records live. Five methods over opaque bytes; everything the KMS knows is a kind of record above this seam.
 * Implementations pass the conformance suite of `@kms/core/testing`.
 *
 * Record ids are 1 to 256 bytes of printable ASCII, compared bytewise. Their first segment names their class (`recordClass`).
 */
export interface KeyStore {
  /** The records that exist of those asked for, in no particular order, from one consistent moment. At most 1,000 ids. */
  read(ids: readonly string[]): Promise<readonly StoredRecord[]>

  /**
   * Records of a class whose id starts with `prefix`, in id order, after the id `after` (exclusive; '' for the start).
   * @param limit 1 to 1,000
   */
  list(recordClass: RecordClass, prefix: string, after: string, limit: number): Promise<readonly StoredRecord[]>

  /**
   * One-shot compare-and-commit: all of it or nothing, durable when it resolves.
   * @throws `conflict`: an expectation did not hold; nothing was done.
   * @throws `store-unavailable`: it is not known whether it was done; repeat with the same request id.
   */
  commit(commit: Commit): Promise<CommitResult>

  /**
   * Yields the store's sequence after other processes' (and this one's) commits: at least once, at most 500 ms late; may
   * jump; carries no data. Ends when the signal aborts or the store closes. Its timers never keep a process alive.
   */
  watch(signal: AbortSignal): AsyncIterable<number>

  /** Releases the store. Closing twice is no error; other calls afterwards are `closed`. */
  close(): Promise<void>
}

/** Administered records change only with a signature that may administer them; operational ones decide nothing. */
export type RecordClass = 'administered' | 'operational' | 'log'

export interface StoredRecord {
  readonly id: string
  /** 1 for a new record, one more with each put. Log entries are always 1. */
  readonly revision: number
  readonly bytes: Uint8Array
}

export interface Commit {
  /** What must hold beforehand; revision 0: the record must not exist. */
  readonly expect: readonly { readonly id: string; readonly revision: number }[]
  /** Every put names the old revision + 1, and is `conflict` otherwise. At most 64 KiB of bytes each. */
  readonly put: readonly StoredRecord[]
  /** What is not there is passed over. Each id stands once in `put` and `remove` together. */
  readonly remove: readonly string[]
  /** Entries for logs, in order. Positions in a log start at 0 and have no gaps. */
  readonly append: readonly LogAppend[]
}

export interface LogAppend {
  /** `store` or a ring's id. */
  readonly log: string
  readonly bytes: Uint8Array
  /** The position the entry must get; another one is `conflict`. */
  readonly position: number
}

export interface CommitResult {
  /** The store's own counter, moved by every commit. */
  readonly sequence: number
  /** Of the appended entries, in order. */
  readonly positions: readonly number[]
  /** The store's wall clock, milliseconds since 1970. Only ever written down. */
  readonly storeTime: number
}

/** Limits of contents-v1 §Stores, the same for every store. */
export const storeLimits = { idBytes: 256, recordBytes: 65_536, commitRecords: 1_000, listLimit: 1_000 } as const

/** `op/…` is operational, `log/…` a log entry, everything else is administered. */
export function recordClass(id: string): RecordClass {
  if (id.startsWith('op/')) return 'operational'
  return id.startsWith('log/') ? 'log' : 'administered'
}

/** The record id of a log entry: `list('log', 'log/<log>/', after, limit)` reads a log in order. */
export function logEntryId(log: string, position: number): string {
  return `log/${log}/${String(position).padStart(16, '0')}`
}
