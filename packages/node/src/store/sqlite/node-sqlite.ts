import { type SqliteConnection, type SqliteDriver, SqliteFailure, type SqliteRow, type SqliteValue } from './driver.ts'

// The part of node:sqlite that is used: Node 20, whose types this package is built with, does not have it.
interface Statement {
  all(...parameters: readonly SqliteValue[]): SqliteRow[]
  get(...parameters: readonly SqliteValue[]): SqliteRow | undefined
  run(...parameters: readonly SqliteValue[]): { readonly changes: number }
}
interface DatabaseSync {
  prepare(sql: string): Statement
  close(): void
}
interface NodeSqlite {
  readonly DatabaseSync: new (path: string, options: { readOnly: boolean }) => DatabaseSync
}

/** Node's own SQLite (22.13 and later), or undefined where this Node has none. */
export function nodeSqliteDriver(): SqliteDriver | undefined {
  const module = load()
  if (module === undefined) return undefined
  return {
    name: 'node:sqlite',
    open: (path, { readOnly }) => connect(attempt(() => new module.DatabaseSync(path, { readOnly }))),
  }
}

function connect(database: DatabaseSync): SqliteConnection {
  const statements = new Map<string, Statement>()
  const prepared = (sql: string): Statement => {
    const known = statements.get(sql)
    if (known !== undefined) return known
    const statement = database.prepare(sql)
    statements.set(sql, statement)
    return statement
  }
  return {
    all: (sql, ...parameters) => attempt(() => prepared(sql).all(...parameters)),
    get: (sql, ...parameters) => attempt(() => prepared(sql).get(...parameters)),
    run: (sql, ...parameters) => attempt(() => prepared(sql).run(...parameters).changes),
    close() {
      statements.clear()
      attempt(() => database.close())
    },
  }
}

function attempt<T>(call: () => T): T {
  try {
    return call()
  } catch (error) {
    throw new SqliteFailure((error as { errcode?: number }).errcode, error)
  }
}

/**
 * Loading node:sqlite prints an ExperimentalWarning, which says nothing to the users of a program that embeds us. Exactly
 * that one is held back, while the module loads, which is synchronous: no other warning can come in between.
 */
function load(): NodeSqlite | undefined {
  const emit = process.emitWarning
  process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
    if (String(warning).includes('SQLite is an experimental feature')) return
    Reflect.apply(emit, process, [warning, ...rest])
  }
  try {
    return process.getBuiltinModule('node:sqlite' as 'node:module') as unknown as NodeSqlite | undefined
  } finally {
    process.emitWarning = emit
  }
}
