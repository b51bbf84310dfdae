import { closeSync, openSync, statSync } from 'node:fs'
import { defaultDriver, isBusy, whenNotBusy } from '../store/sqlite/connection.ts'
import type { SqliteConnection } from '../store/sqlite/driver.ts'

/**
 * A lock that processes hold in turn: SQLite's, on an empty database. The operating system takes it back from a process that dies, so
 * that no clock and no process id has to tell whether it still lives.
 */
export class LockFile {
  readonly #path: string
  #connection: SqliteConnection | undefined
  #inode: number | undefined

  /** @param path absolute; the file stays when the lock is free */
  constructor(path: string) {
    this.#path = path
  }

  /**
   * Runs `work` while no other process, and no other lock of this one, holds it.
   * @param timeoutMs how long it is waited for, milliseconds
   */
  async holding<T>(timeoutMs: number, work: () => Promise<T>): Promise<T> {
    const connection = await whenNotBusy(timeoutMs, () => this.#take()).catch((error: unknown) => {
      throw isBusy(error) ? new Error(`another process holds the lock ${this.#path}`) : error
    })
    try {
      return await work()
    } finally {
      connection.all('COMMIT')
    }
  }

  #take(): SqliteConnection {
    for (;;) {
      const connection = this.#connected()
      connection.all('BEGIN EXCLUSIVE')
      // Somebody may have removed the file: a lock on what has no name holds nobody up.
      if (this.#inode === inodeOf(this.#path)) return connection
      connection.all('COMMIT')
    }
  }

  #connected(): SqliteConnection {
    const inode = inodeOf(this.#path) ?? create(this.#path)
    if (this.#connection !== undefined && inode === this.#inode) return this.#connection
    this.#connection?.close()
    this.#connection = defaultDriver().open(this.#path, { readOnly: false })
    this.#inode = inode
    this.#connection.all('PRAGMA busy_timeout = 0')
    return this.#connection
  }
}

const inodeOf = (path: string): number | undefined => statSync(path, { throwIfNoEntry: false })?.ino

/** Makes the file. One that is there is not opened, since closing it would give up this process's locks on it (fcntl). */
function create(path: string): number | undefined {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return inodeOf(path)
}
