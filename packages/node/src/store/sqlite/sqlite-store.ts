import {
  type Commit,
  type CommitResult,
  checkCommit,
  checkIds,
  checkList,
  type KeyStore,
  KmsError,
  type RecordClass,
  type StoredRecord,
} from '@kms/core'
import { runCommit } from './commit.ts'
import type { SqliteRow } from './driver.ts'
import { closed, type DatabaseOptions, OpenDatabase } from './open-database.ts'
import { tableOf, tables } from './schema.ts'
import { ThreadedCommits } from './threaded-commits.ts'
import { Watchers } from './watchers.ts'

export type SqliteStoreOptions = DatabaseOptions

/**
 * A `KeyStore` in one SQLite file, for any number of processes on one machine. Commits are durable when they resolve:
 * write-ahead log with `synchronous=FULL`. The file has mode 600; SQLite keeps `-wal` and `-shm` files of the same mode
 * beside it while it is open.
 */
export class SqliteStore implements KeyStore {
  readonly #database: OpenDatabase
  readonly #watchers: Watchers
  readonly #thread: ThreadedCommits | undefined
  #closing: Promise<void> | undefined

  private constructor(database: OpenDatabase, { driver }: SqliteStoreOptions) {
    this.#database = database
    this.#watchers = new Watchers(() => database.connect(), database.path)
    // A driver that was given cannot be given to a thread.
    if (driver === undefined && !database.readOnly) this.#thread = new ThreadedCommits(database)
  }

  /**
   * Makes a new, empty store in a file of mode 600. A file that a creation left behind before its first commit is taken over.
   * @param path absolute
   * @throws `store-exists`, `store-unavailable`
   */
  static async create(path: string, options: SqliteStoreOptions = {}): Promise<SqliteStore> {
    return new SqliteStore(await OpenDatabase.create(path, options), options)
  }

  /**
   * Opens a store that exists.
   * @param path absolute
   * @throws `store-not-found`, `store-unavailable`, `store-corrupt`; `unsupported` for one of a newer release
   */
  static async open(path: string, options: SqliteStoreOptions = {}): Promise<SqliteStore> {
    return new SqliteStore(await OpenDatabase.open(path, options), options)
  }

  /** Absolute path of the database file. */
  get path(): string {
    return this.#database.path
  }

  async read(ids: readonly string[]): Promise<readonly StoredRecord[]> {
    checkIds(ids)
    const byTable = new Map<string, string[]>()
    for (const id of new Set(ids)) {
      const table = tableOf(id)
      const named = byTable.get(table)
      if (named === undefined) byTable.set(table, [id])
      else named.push(id)
    }
    if (byTable.size === 0) return this.#database.run(() => [])
    // One statement, so one moment. Few ids are named: a list in JSON takes longer to read than the records.
    const few = ids.length <= fewIds
    const sql = [...byTable]
      .map(([table, named]) => {
        const those = few ? named.map(() => '?').join() : 'SELECT value FROM json_each(?)'
        return `SELECT id, revision, bytes FROM ${table} WHERE id IN (${those})`
      })
      .join(' UNION ALL ')
    const parameters = [...byTable.values()].flatMap((named) => (few ? named : [JSON.stringify(named)]))
    return this.#database.run((connection) => connection.all(sql, ...parameters).map(record))
  }

  async list(recordClass: RecordClass, prefix: string, after: string, limit: number): Promise<readonly StoredRecord[]> {
    checkList(recordClass, prefix, after, limit)
    if (!Object.hasOwn(tables, recordClass))
      throw new KmsError('invalid-argument', 'There is no such class of records.')
    // One lower bound, the greater: of two, SQLite begins at the first and passes over all records before the second.
    const [from, than] = after < prefix ? [prefix, '>='] : [after, '>']
    const sql = `SELECT id, revision, bytes FROM ${tables[recordClass]} WHERE id ${than} ? AND id < ? ORDER BY id LIMIT ?`
    // Ids are printable ASCII, so everything with the prefix sorts below the prefix and DEL.
    return this.#database.run((connection) => connection.all(sql, from, `${prefix}\x7f`, limit).map(record))
  }

  async commit(commit: Commit): Promise<CommitResult> {
    if (this.#closing !== undefined) throw closed()
    checkCommit(commit)
    const result = await (this.#thread?.commit(commit) ??
      this.#database.run((connection) => runCommit(connection, commit)))
    this.#watchers.notify(result.sequence)
    return result
  }

  watch(signal: AbortSignal): AsyncIterable<number> {
    if (this.#closing !== undefined) throw closed()
    return this.#watchers.watch(signal)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#watchers.close()
    try {
      this.#database.close()
    } finally {
      // Whoever copies the file afterwards is to have all of it: the last connection to close empties the log.
      await this.#thread?.end()
    }
  }
}

/** Ids that a statement names one by one, at most: each count makes a statement of its own, which is kept. */
const fewIds = 4

function record(row: SqliteRow): StoredRecord {
  return { id: row.id as string, revision: row.revision as number, bytes: row.bytes as Uint8Array }
}
