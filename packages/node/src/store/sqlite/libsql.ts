import { createRequire } from 'node:module'
import { type SqliteConnection, type SqliteDriver, SqliteFailure, type SqliteRow, type SqliteValue } from './driver.ts'

// The part of libsql that is used; its own types are better-sqlite3's and promise more than it does.
interface Statement {
  /** Asks the module each time. */
  readonly reader: boolean
  all(parameters: readonly SqliteValue[]): readonly Record<string, SqliteValue | ArrayBuffer>[]
  get(parameters: readonly SqliteValue[]): Readonly<Record<string, SqliteValue | ArrayBuffer>> | undefined
  run(parameters: readonly SqliteValue[]): { readonly changes: number }
  interrupt(): void
}
interface Database {
  prepare(sql: string): Statement
  exec(sql: string): void
  close(): void
}
type Libsql = new (path: string, options: { readonly: boolean; timeout: number }) => Database

const require = createRequire(import.meta.url)

/** SQLite out of libsql's prebuilt binaries, for Node below 22.13. Loaded when it is first needed. */
export function libsqlDriver(): SqliteDriver {
  let loaded: Libsql | undefined
  return {
    name: 'libsql',
    open(path, { readOnly }) {
      return attempt(() => {
        loaded ??= require('libsql') as Libsql
        return connect(new loaded(path, { readonly: readOnly, timeout: 0 }), readOnly)
      })
    },
  }
}

function connect(database: Database, readOnly: boolean): SqliteConnection {
  const statements = new Map<string, { readonly statement: Statement; readonly reader: boolean }>()
  const prepared = (sql: string): { readonly statement: Statement; readonly reader: boolean } => {
    const known = statements.get(sql)
    if (known !== undefined) return known
    const statement = database.prepare(sql)
    const made = { statement, reader: statement.reader }
    statements.set(sql, made)
    return made
  }
  return {
    all(sql, ...parameters) {
      return attempt(() => {
        const { statement, reader } = prepared(sql)
        // Always arrays: a bare Buffer as an argument aborts the process (libsql 0.5).
        if (reader) return rows(statement, parameters)
        // `exec` finalises what it ran whatever came of it. `run` leaves a BEGIN that met a lock unfinished, and with it the
        // connection's snapshot: every later read would show the database as it was then.
        if (parameters.length === 0) database.exec(sql)
        else statement.run(parameters)
        return []
      })
    },
    // Not by way of `all`: a process whose thread is ended in the middle of that is aborted (neon 1.0, `external.rs`).
    get(sql, ...parameters) {
      const found = attempt(() => prepared(sql).statement.get(parameters))
      return found && row(found)
    },
    run: (sql, ...parameters) => attempt(() => prepared(sql).statement.run(parameters).changes),
    close() {
      statements.clear()
      // libsql closes for real when its statements are garbage-collected. Until then the log stays beside the file, and
      // whoever copies the file alone would miss what is in it.
      try {
        if (!readOnly) database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all([])
      } catch {}
      attempt(() => database.close())
    },
  }
}

function rows(statement: Statement, parameters: readonly SqliteValue[]): readonly SqliteRow[] {
  try {
    return statement.all(parameters).map(row)
  } catch (error) {
    // A query that met a lock is unfinished, too. libsql cannot reset it: interrupted, it ends with its next step; and where it had
    // ended already, that step is one more reading, which `get` resets.
    statement.interrupt()
    try {
      statement.get(parameters)
    } catch {}
    throw error
  }
}

/** libsql gives bytes as an ArrayBuffer. */
function row(columns: Readonly<Record<string, SqliteValue | ArrayBuffer>>): SqliteRow {
  const values: Record<string, SqliteValue> = {}
  for (const [name, value] of Object.entries(columns)) {
    values[name] = value instanceof ArrayBuffer ? new Uint8Array(value) : value
  }
  return values
}

function attempt<T>(call: () => T): T {
  try {
    return call()
  } catch (error) {
    const { rawCode, message } = error as { rawCode?: number; message?: string }
    // A failed open has the code in its text only: `ConnectionFailed("Unable to open connection to local database …: 14")`.
    const open = /^ConnectionFailed\(.*: (\d+)"\)$/s.exec(message ?? '')
    throw new SqliteFailure(rawCode ?? (open ? Number(open[1]) : undefined), error)
  }
}
