import { accessSync, closeSync, constants, fsyncSync, openSync, type Stats, statSync } from 'node:fs'
import { dirname } from 'node:path'
import {
  type Commit,
  type CommitResult,
  checkIds,
  checkList,
  type KeyStore,
  KmsError,
  type RecordClass,
  type StoredRecord,
} from '@kms/core'

import { runCommit } from './commit.ts'
import { connect, defaultDriver, whenNotBusy } from './connection.ts'
import type { SqliteConnection, SqliteDriver, SqliteRow } from './driver.ts'
import { storeError } from './failures.ts'
import { describe, format, isEmpty, layOut, tableOf, tables } from './schema.ts'
import { Turns } from './turns.ts'
import { Watchers } from './watchers.ts'

export interface SqliteStoreOptions {
  /** How long a call waits for other processes' locks, milliseconds. */
  readonly busyTimeoutMs?: number
  /** Which SQLite; node:sqlite where Node has it, libsql below. */
  readonly driver?: SqliteDriver
  /** Told in a sentence of what should be mended, such as a file that others can read. */
  readonly onWarning?: (message: string) => void
}

/**
 * A `KeyStore` in one SQLite file, for any number of processes on one machine. Commits are durable when they resolve:
 * write-ahead log with `synchronous=FULL`. The file has mode 600; SQLite keeps `-wal` and `-shm` files of the same mode
 * beside it while it is open.
 */
export class SqliteStore implements KeyStore {
  /** Absolute path of the database file. */
  readonly path: string
  readonly #driver: SqliteDriver
  readonly #busyTimeoutMs: number
  readonly #readOnly: boolean
  readonly #watchers: Watchers
  readonly #turns = new Turns()
  #file: FileIdentity
  #connection: SqliteConnection
  #closed = false

  private constructor(path: string, readOnly: boolean, connection: SqliteConnection, options: SqliteStoreOptions) {
    this.path = path
    this.#driver = options.driver ?? defaultDriver()
    this.#busyTimeoutMs = options.busyTimeoutMs ?? defaultBusyTimeoutMs
    this.#readOnly = readOnly
    this.#file = identity(statSync(path))
    this.#connection = connection
    this.#watchers = new Watchers(() => connect(this.#driver, path, readOnly), path)
  }

  /**
   * Makes a new, empty store in a file of mode 600. A file that a creation left behind before its first commit is taken over.
   * @param path absolute
   * @throws `store-exists`, `store-unavailable`
   */
  static async create(path: string, options: SqliteStoreOptions = {}): Promise<SqliteStore> {
    const driver = options.driver ?? defaultDriver()
    const there = createFile(path)
    let connection: SqliteConnection | undefined
    try {
      return await whenNotBusy(options.busyTimeoutMs ?? defaultBusyTimeoutMs, () => {
        connection?.close()
        connection = undefined
        if (there) requireUnused(driver, path)
        connection = connect(driver, path, false)
        layOut(connection)
        return new SqliteStore(path, false, connection, options)
      })
    } catch (error) {
      connection?.close()
      throw storeError(path, error)
    }
  }

  /**
   * Opens a store that exists.
   * @param path absolute
   * @throws `store-not-found`, `store-unavailable`, `store-corrupt`; `unsupported` for one of a newer release
   */
  static async open(path: string, options: SqliteStoreOptions = {}): Promise<SqliteStore> {
    const driver = options.driver ?? defaultDriver()
    const stats = requireFile(path)
    if (process.platform !== 'win32' && (stats.mode & 0o077) !== 0) {
      options.onWarning?.(`Others on this machine can read the store ${path}: chmod 600 it.`)
    }
    const readOnly = !isWritable(path)
    let connection: SqliteConnection | undefined
    try {
      return await whenNotBusy(options.busyTimeoutMs ?? defaultBusyTimeoutMs, () => {
        connection?.close()
        connection = undefined
        // Looked at before the journal is touched: a file that is not ours stays as it is.
        const look = driver.open(path, { readOnly: true })
        try {
          requireOurs(path, look)
        } finally {
          look.close()
        }
        connection = connect(driver, path, readOnly)
        return new SqliteStore(path, readOnly, connection, options)
      })
    } catch (error) {
      connection?.close()
      throw storeError(path, error)
    }
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
    if (byTable.size === 0) return this.#run(() => [])
    // One statement, so one moment. Few ids are named: a list in JSON takes longer to read than the records.
    const few = ids.length <= fewIds
    const sql = [...byTable]
      .map(([table, named]) => {
        const those = few ? named.map(() => '?').join() : 'SELECT value FROM json_each(?)'
        return `SELECT id, revision, bytes FROM ${table} WHERE id IN (${those})`
      })
      .join(' UNION ALL ')
    const parameters = [...byTable.values()].flatMap((named) => (few ? named : [JSON.stringify(named)]))
    return this.#run((connection) => connection.all(sql, ...parameters).map(record))
  }

  async list(recordClass: RecordClass, prefix: string, after: string, limit: number): Promise<readonly StoredRecord[]> {
    checkList(recordClass, prefix, after, limit)
    if (!Object.hasOwn(tables, recordClass))
      throw new KmsError('invalid-argument', 'There is no such class of records.')
    const sql = `SELECT id, revision, bytes FROM ${tables[recordClass]} WHERE id >= ? AND id < ? AND id > ? ORDER BY id LIMIT ?`
    // Ids are printable ASCII, so everything with the prefix sorts below the prefix and DEL.
    return this.#run((connection) => connection.all(sql, prefix, `${prefix}\x7f`, after, limit).map(record))
  }

  async commit(commit: Commit): Promise<CommitResult> {
    const result = await this.#run((connection) => runCommit(connection, commit))
    this.#watchers.notify(result.sequence)
    return result
  }

  watch(signal: AbortSignal): AsyncIterable<number> {
    if (this.#closed) throw closed()
    return this.#watchers.watch(signal)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#watchers.close()
    this.#connection.close()
  }

  async #run<T>(work: (connection: SqliteConnection) => T): Promise<T> {
    await this.#turns.take()
    try {
      return await whenNotBusy(this.#busyTimeoutMs, () => {
        if (this.#closed) throw closed()
        return work(this.#current())
      })
    } catch (error) {
      throw storeError(this.path, error)
    }
  }

  /**
   * The connection, to the file that bears the name now. A database that was deleted or replaced by another one goes on
   * existing for whoever has it open: a key committed there would be lost.
   */
  #current(): SqliteConnection {
    const stats = statSync(this.path, { throwIfNoEntry: false })
    if (stats === undefined) {
      throw new KmsError(
        'store-unavailable',
        `The store ${this.path} is gone: it was deleted or moved while it was open.`,
      )
    }
    const file = identity(stats)
    if (file !== this.#file) {
      const look = this.#driver.open(this.path, { readOnly: true })
      try {
        requireOurs(this.path, look)
      } finally {
        look.close()
      }
      const connection = connect(this.#driver, this.path, this.#readOnly)
      this.#connection.close()
      this.#connection = connection
      this.#file = file
    }
    return this.#connection
  }
}

const defaultBusyTimeoutMs = 5_000

/** Ids that a statement names one by one, at most: each count makes a statement of its own, which is kept. */
const fewIds = 4

type FileIdentity = string
const identity = (stats: Stats): FileIdentity => `${stats.dev}:${stats.ino}`

function record(row: SqliteRow): StoredRecord {
  return { id: row.id as string, revision: row.revision as number, bytes: row.bytes as Uint8Array }
}

function closed(): KmsError {
  return new KmsError('closed', 'The store was closed. Open it again.')
}

/** @returns whether there was a file already */
function createFile(path: string): boolean {
  try {
    const file = openSync(path, 'wx', 0o600)
    try {
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    syncFolder(dirname(path))
    return false
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return true
    throw storeError(path, error)
  }
}

/** A new name is durable when its folder is synced. Windows cannot open folders, and needs no such thing. */
function syncFolder(path: string): void {
  if (process.platform === 'win32') return
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

/** @throws `store-exists` unless the file is what a creation leaves that died before the first commit */
function requireUnused(driver: SqliteDriver, path: string): void {
  if (!statSync(path).isFile()) throw new KmsError('store-exists', `${path} is there already, and is no file.`)
  let unused: boolean
  try {
    const look = driver.open(path, { readOnly: true })
    let about: ReturnType<typeof describe>
    try {
      about = describe(look)
      unused = isEmpty(look) || about?.sequence === 0
    } finally {
      look.close()
    }
    // Reading makes the -wal and -shm of a store that nobody has open, and only a connection that writes takes them away.
    if (!unused && about !== undefined && isWritable(path)) connect(driver, path, false).close()
  } catch (error) {
    const translated = storeError(path, error)
    if (translated instanceof KmsError && translated.code === 'store-corrupt') unused = false
    else throw error
  }
  if (!unused)
    throw new KmsError(
      'store-exists',
      `The file ${path} is there already. Open it with Kms.open, or give another address.`,
    )
}

function requireFile(path: string): Stats {
  let stats: Stats | undefined
  try {
    stats = statSync(path, { throwIfNoEntry: false })
  } catch (error) {
    throw storeError(path, error)
  }
  if (stats === undefined) throw notFound(`There is no key store at ${path}.`)
  if (!stats.isFile()) throw notFound(`There is no key store at ${path}: that is no file.`)
  return stats
}

function requireOurs(path: string, connection: SqliteConnection): void {
  if (isEmpty(connection))
    throw notFound(`There is no key store at ${path}: the file is empty, its creation did not end.`)
  const about = describe(connection)
  if (about === undefined) {
    throw new KmsError(
      'store-not-found',
      `There is no key store at ${path}: it is a database of something else. Check the address.`,
    )
  }
  if (about.format > format) {
    throw new KmsError(
      'unsupported',
      `The store ${path} is newer than this program (format ${about.format}, known: ${format}). Upgrade.`,
    )
  }
  if (about.format !== format) throw new KmsError('store-corrupt', `The store ${path} has an impossible format number.`)
  if (about.sequence === 0) throw notFound(`There is no key store at ${path}: its creation did not end.`)
}

function notFound(what: string): KmsError {
  return new KmsError('store-not-found', `${what} kms init creates one; check the address.`)
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}
