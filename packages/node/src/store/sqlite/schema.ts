import { type RecordClass, recordClass } from '@kms/core'
import type { SqliteConnection } from './driver.ts'

/** `kms1` as SQLite's application_id, which `file` shows. */
const applicationId = 0x6b6d7331

/** The layout below. A higher one in a file is a store of a newer release. */
export const format = 1

// One table a class, so that a database's own grants or a look with `sqlite3` can tell them apart. `BINARY`, the default,
// compares ids bytewise. Log entries are named `log/<log>/<position of 16 digits>`, so their order is the order of ids.
const schema: readonly string[] = [
  'CREATE TABLE meta (one INTEGER PRIMARY KEY CHECK (one = 1), format INTEGER NOT NULL, sequence INTEGER NOT NULL) STRICT',
  'CREATE TABLE administered (id TEXT PRIMARY KEY NOT NULL, revision INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT',
  'CREATE TABLE operational (id TEXT PRIMARY KEY NOT NULL, revision INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT',
  'CREATE TABLE log (id TEXT PRIMARY KEY NOT NULL, revision INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT',
  `INSERT INTO meta (one, format, sequence) VALUES (1, ${format}, 0)`,
  `PRAGMA application_id = ${applicationId}`,
]

/** The table of a class; also what makes sure that no other text reaches SQL. */
export const tables: Readonly<Record<RecordClass, string>> = {
  administered: 'administered',
  operational: 'operational',
  log: 'log',
}

export const tableOf = (id: string): string => tables[recordClass(id)]

/** Lays out a database that holds nothing yet, in one transaction. */
export function layOut(connection: SqliteConnection): void {
  connection.all('BEGIN IMMEDIATE')
  try {
    // Another process may have been faster.
    if (isEmpty(connection)) for (const statement of schema) connection.all(statement)
    connection.all('COMMIT')
  } catch (error) {
    rollBack(connection)
    throw error
  }
}

/** Whether the database holds no table at all: a file just made, or one whose maker died. */
export function isEmpty(connection: SqliteConnection): boolean {
  return connection.all('SELECT 1 AS one FROM sqlite_schema LIMIT 1').length === 0
}

/** What the file says of itself, or undefined if it is not one of ours. */
export function describe(connection: SqliteConnection): { format: number; sequence: number } | undefined {
  if (connection.all('PRAGMA application_id')[0]?.application_id !== applicationId) return undefined
  const row = connection.all('SELECT format, sequence FROM meta WHERE one = 1')[0]
  return row === undefined ? undefined : { format: Number(row.format), sequence: Number(row.sequence) }
}

/** Ends a transaction that failed; one that SQLite has ended itself (disk full) is no error. */
export function rollBack(connection: SqliteConnection): void {
  try {
    connection.all('ROLLBACK')
  } catch {}
}
