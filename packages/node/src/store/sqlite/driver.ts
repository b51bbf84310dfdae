/** What a column holds: text, an integer below 2⁵³, bytes. */
export type SqliteValue = string | number | Uint8Array

export type SqliteRow = Readonly<Record<string, SqliteValue>>

/** A way to reach SQLite: what differs between Node's own module and libsql, and nothing more. */
export interface SqliteDriver {
  /** `node:sqlite` or `libsql`. */
  readonly name: string
  /**
   * Opens a database file that exists. Blocks for no lock.
   * @throws SqliteFailure
   */
  open(path: string, options: { readonly readOnly: boolean }): SqliteConnection
}

export interface SqliteConnection {
  /** Every row of a query, or none of a statement. The statement is run to its end, so that no lock outlives the call. @throws SqliteFailure */
  all(sql: string, ...parameters: readonly SqliteValue[]): readonly SqliteRow[]
  /**
   * The first row of a statement in a transaction that has begun. One that changes something changes all of it before its first row
   * (sqlite.org/lang_returning.html). @throws SqliteFailure
   */
  get(sql: string, ...parameters: readonly SqliteValue[]): SqliteRow | undefined
  /** Runs a statement that gives no rows, in a transaction that has begun. @returns how many rows it changed. @throws SqliteFailure */
  run(sql: string, ...parameters: readonly SqliteValue[]): number
  close(): void
}

/** What SQLite answered. `code` is a primary result code: 5 busy, 8 read-only, 11 corrupt, 13 full, 14 cannot open, 26 no database. */
export class SqliteFailure extends Error {
  readonly code: number
  /** The extended code, which tells a short read from a broken disk. */
  readonly extended: number

  /** @param extended SQLite's result code, extended or not; undefined if the driver named none */
  constructor(extended: number | undefined, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.extended = extended ?? 1
    this.code = this.extended & 0xff
  }
}

/** SQLite's primary result codes (sqlite.org/rescode.html) that mean something to us. */
export const resultCodes = {
  permission: 3,
  busy: 5,
  locked: 6,
  readOnly: 8,
  inputOutput: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  constraint: 19,
  notADatabase: 26,
  /** Extended: the file ends before a page that it should hold. */
  shortRead: 522,
} as const
