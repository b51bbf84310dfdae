import { statSync } from 'node:fs'
import type { SqliteConnection } from './driver.ts'

const pollMs = 100

/** One who watches: the latest sequence not yet given, and who waits for it. */
interface Watcher {
  pending: number | undefined
  wake: (() => void) | undefined
}

/**
 * Tells of commits: this process's own at once, others' by polling `PRAGMA data_version`, which changes when another
 * connection commits and costs microseconds. On a connection of its own, since on the one that commits it does not see them.
 */
export class Watchers {
  readonly #connect: () => SqliteConnection
  readonly #path: string
  readonly #watchers = new Set<Watcher>()
  #connection: SqliteConnection | undefined
  #timer: NodeJS.Timeout | undefined
  #inode = 0
  #dataVersion = -1
  #sequence = -1
  #closed = false

  constructor(connect: () => SqliteConnection, path: string) {
    this.#connect = connect
    this.#path = path
  }

  /** To be called after a commit of this process. A thread's answer may come after that to a later commit. */
  notify(sequence: number): void {
    if (sequence > this.#sequence) this.#tell(sequence)
  }

  #tell(sequence: number): void {
    this.#sequence = sequence
    for (const watcher of this.#watchers) {
      watcher.pending = sequence
      watcher.wake?.()
    }
  }

  watch(signal: AbortSignal): AsyncIterable<number> {
    // Registered now, not at the first `next`, so that no commit after this call is missed.
    const watcher: Watcher = { pending: undefined, wake: undefined }
    this.#watchers.add(watcher)
    if (this.#timer === undefined) this.#start()
    return { [Symbol.asyncIterator]: () => this.#sequences(watcher, signal) }
  }

  close(): void {
    this.#closed = true
    this.#stop()
    for (const watcher of this.#watchers) watcher.wake?.()
  }

  async *#sequences(watcher: Watcher, signal: AbortSignal): AsyncGenerator<number, void, undefined> {
    const wake = (): void => watcher.wake?.()
    signal.addEventListener('abort', wake)
    try {
      while (!signal.aborted && !this.#closed) {
        const sequence = watcher.pending
        if (sequence === undefined) {
          await new Promise<void>((resolve) => {
            watcher.wake = resolve
          })
          watcher.wake = undefined
        } else {
          watcher.pending = undefined
          yield sequence
        }
      }
    } finally {
      signal.removeEventListener('abort', wake)
      this.#watchers.delete(watcher)
      if (this.#watchers.size === 0) this.#stop()
    }
  }

  #start(): void {
    this.#poll(true)
    this.#timer = setInterval(() => this.#poll(false), pollMs).unref()
  }

  #stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#disconnect()
  }

  // A store that is locked or gone for a moment is no reason to stop watching: what cannot be read now is read next time,
  // and a handle that hears nothing for too long ends with its lease.
  #poll(start: boolean): void {
    try {
      const inode = statSync(this.#path).ino
      if (inode !== this.#inode) this.#disconnect()
      const connected = this.#connection !== undefined
      this.#connection ??= this.#connect()
      this.#inode = inode
      const dataVersion = Number(this.#connection.all('PRAGMA data_version')[0]?.data_version)
      if (dataVersion === this.#dataVersion) return
      const sequence = Number(this.#connection.all('SELECT sequence FROM meta WHERE one = 1')[0]?.sequence)
      this.#dataVersion = dataVersion
      if (start) this.#sequence = sequence
      // Of another file, or one that could not be read for a while, whatever its sequence is: look at it.
      else if (!connected || sequence !== this.#sequence) this.#tell(sequence)
    } catch {
      this.#disconnect()
    }
  }

  #disconnect(): void {
    const connection = this.#connection
    this.#connection = undefined
    this.#dataVersion = -1
    try {
      connection?.close()
    } catch {}
  }
}
