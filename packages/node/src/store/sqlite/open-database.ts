import { type Stats, statSync } from 'node:fs'
import { KmsError } from '@kms/core'
import { connect, defaultDriver, whenNotBusy } from './connection.ts'
import { createFile, isWritable, requireFile, requireOurs, requireUnused } from './database-file.ts'
import type { SqliteConnection, SqliteDriver } from './driver.ts'
import { storeError } from './failures.ts'
import { layOut } from './schema.ts'
import { Turns } from './turns.ts'

export interface DatabaseOptions {
  /** How long a call waits for other processes' locks, milliseconds. */
  readonly busyTimeoutMs?: number
  /** Which SQLite; node:sqlite where Node has it, libsql below. */
  readonly driver?: SqliteDriver
  /** Told in a sentence of what should be mended, such as a file that others can read. */
  readonly onWarning?: (message: string) => void
}

/** A store's database while it is open: a connection to whatever file bears its name now. */
export class OpenDatabase {
  /** Absolute path of the database file. */
  readonly path: string
  readonly readOnly: boolean
  readonly busyTimeoutMs: number
  readonly #driver: SqliteDriver
  readonly #turns = new Turns()
  #file: FileIdentity
  #connection: SqliteConnection
  #closed = false

  private constructor(path: string, readOnly: boolean, connection: SqliteConnection, options: DatabaseOptions) {
    this.path = path
    this.readOnly = readOnly
    this.busyTimeoutMs = timeoutOf(options)
    this.#driver = options.driver ?? defaultDriver()
    this.#file = identity(statSync(path))
    this.#connection = connection
  }

  /** As `SqliteStore.create`. */
  static async create(path: string, options: DatabaseOptions): Promise<OpenDatabase> {
    const driver = options.driver ?? defaultDriver()
    const there = createFile(path)
    let connection: SqliteConnection | undefined
    try {
      return await whenNotBusy(timeoutOf(options), () => {
        connection?.close()
        connection = undefined
        if (there) requireUnused(driver, path)
        connection = connect(driver, path, false)
        layOut(connection)
        return new OpenDatabase(path, false, connection, options)
      })
    } catch (error) {
      connection?.close()
      throw storeError(path, error)
    }
  }

  /** As `SqliteStore.open`. */
  static async open(path: string, options: DatabaseOptions): Promise<OpenDatabase> {
    const driver = options.driver ?? defaultDriver()
    const stats = requireFile(path)
    if (process.platform !== 'win32' && (stats.mode & 0o077) !== 0) {
      options.onWarning?.(`Others on this machine can read the store ${path}: chmod 600 it.`)
    }
    const readOnly = !isWritable(path)
    let connection: SqliteConnection | undefined
    try {
      return await whenNotBusy(timeoutOf(options), () => {
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
        return new OpenDatabase(path, readOnly, connection, options)
      })
    } catch (error) {
      connection?.close()
      throw storeError(path, error)
    }
  }

  /** One more connection, which its caller closes. @throws SqliteFailure */
  connect(): SqliteConnection {
    return connect(this.#driver, this.path, this.readOnly)
  }

  /**
   * Does a piece of work on the connection, and again as long as another connection's lock is in the way.
   * @throws `closed`, `store-unavailable`, `store-corrupt`, and what `work` throws
   */
  async run<T>(work: (connection: SqliteConnection) => T): Promise<T> {
    await this.#turns.take()
    try {
      return await whenNotBusy(this.busyTimeoutMs, () => {
        if (this.#closed) throw closed()
        return work(this.#current())
      })
    } catch (error) {
      throw storeError(this.path, error)
    }
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#connection.close()
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
      const connection = this.connect()
      this.#connection.close()
      this.#connection = connection
      this.#file = file
    }
    return this.#connection
  }
}

/** What is thrown by a store that was closed. */
export const closed = (): KmsError => new KmsError('closed', 'The store was closed. Open it again.')

const timeoutOf = ({ busyTimeoutMs = 5_000 }: DatabaseOptions): number => busyTimeoutMs

type FileIdentity = string
const identity = (stats: Stats): FileIdentity => `${stats.dev}:${stats.ino}`
