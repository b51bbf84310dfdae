import { KmsError } from '@kms/core'
import { resultCodes, type SqliteConnection, type SqliteDriver, SqliteFailure } from './driver.ts'
import { libsqlDriver } from './libsql.ts'
import { nodeSqliteDriver } from './node-sqlite.ts'

let chosen: SqliteDriver | undefined

/** node:sqlite where Node has it, libsql below. */
export function defaultDriver(): SqliteDriver {
  chosen ??= nodeSqliteDriver() ?? libsqlDriver()
  return chosen
}

/**
 * Pages in the log, 16 MiB of them, after which it is copied into the database. A page that many commits change, such as those at the
 * end of a table, is copied once: with SQLite's own 1,000 a commit of a hundred new keys took a fifth longer (2026-11).
 */
const checkpointPages = 4_000

/**
 * Memory for pages, of each connection, taken as pages are read. A commit of new keys meets one page for each of their names: with SQLite's
 * own 2 MiB those were read again and again, and keys were made a fifth slower (2026-11).
 */
const cacheKib = 16_384

/**
 * A connection that is durable: write-ahead log, and every commit synced before it is acknowledged. Set on each connection
 * and read back, since a driver may be built with other defaults and SQLite answers a refused pragma with silence.
 */
export function connect(driver: SqliteDriver, path: string, readOnly: boolean): SqliteConnection {
  const connection = driver.open(path, { readOnly })
  try {
    // Waiting is done outside, asynchronously: SQLite's own waiting would stop the whole process.
    connection.all('PRAGMA busy_timeout = 0')
    if (!readOnly) set(connection, 'journal_mode', 'wal')
    set(connection, 'synchronous', 2, 'FULL')
    // macOS: fsync leaves the data in the drive's cache, F_FULLFSYNC does not. No effect elsewhere.
    set(connection, 'fullfsync', 1)
    set(connection, 'checkpoint_fullfsync', 1)
    set(connection, 'wal_autocheckpoint', checkpointPages)
    set(connection, 'cache_size', -cacheKib)
    return connection
  } catch (error) {
    connection.close()
    throw error
  }
}

function set(
  connection: SqliteConnection,
  pragma: string,
  value: string | number,
  name: string | number = value,
): void {
  // Said even where it reads so already: a driver built with SQLITE_DEFAULT_WAL_SYNCHRONOUS=1 reports FULL and does NORMAL.
  connection.all(`PRAGMA ${pragma} = ${name}`)
  if (connection.all(`PRAGMA ${pragma}`)[0]?.[pragma] !== value) {
    throw new KmsError(
      'store-unavailable',
      `SQLite does not set ${pragma} to ${name} here, so commits would not be durable. Keep the store on a local disk.`,
    )
  }
}

const firstPauseMs = 1
const longestPauseMs = 25

/**
 * Runs `attempt` until the database is not locked, for at most `timeoutMs`, without blocking the process.
 * The pauses grow and are random, so that several waiting processes do not meet again and again.
 */
export async function whenNotBusy<T>(timeoutMs: number, attempt: () => T): Promise<T> {
  const deadline = performance.now() + timeoutMs
  for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, longestPauseMs)) {
    try {
      return attempt()
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, pause * (0.5 + Math.random())))
  }
}

/** Whether another connection's lock was in the way. */
export function isBusy(error: unknown): boolean {
  return error instanceof SqliteFailure && (error.code === resultCodes.busy || error.code === resultCodes.locked)
}
