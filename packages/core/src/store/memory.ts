import { KmsError } from '../errors.ts'
import { checkCommit, checkIds, checkList } from './check-arguments.ts'
import {
  type Commit,
  type CommitResult,
  type KeyStore,
  logEntryId,
  type RecordClass,
  recordClass,
  type StoredRecord,
} from './key-store.ts'

/** Records in memory: for tests, and for keys that need not outlive the process. */
export class MemoryStore implements KeyStore {
  readonly #records = new Map<string, StoredRecord>()
  readonly #logs = new Map<string, number>()
  readonly #watchers = new Set<() => void>()
  #sequence = 0
  #closed = false

  async read(ids: readonly string[]): Promise<readonly StoredRecord[]> {
    this.#checkOpen()
    checkIds(ids)
    return [...new Set(ids)].flatMap((id) => this.#copy(id))
  }

  async list(kind: RecordClass, prefix: string, after: string, limit: number): Promise<readonly StoredRecord[]> {
    this.#checkOpen()
    checkList(kind, prefix, after, limit)
    return [...this.#records.keys()]
      .filter((id) => recordClass(id) === kind && id.startsWith(prefix) && id > after)
      .sort()
      .slice(0, limit)
      .flatMap((id) => this.#copy(id))
  }

  async commit(commit: Commit): Promise<CommitResult> {
    this.#checkOpen()
    checkCommit(commit)
    const { expect, put, remove, append } = commit
    const revision = (id: string): number => this.#records.get(id)?.revision ?? 0
    const lengths = new Map<string, number>()
    const length = (log: string): number => lengths.get(log) ?? this.#logs.get(log) ?? 0
    for (const { id, revision: expected } of expect) if (revision(id) !== expected) throw conflict()
    for (const record of put) if (revision(record.id) + 1 !== record.revision) throw conflict()
    for (const { log, position } of append) {
      if (length(log) !== position) throw conflict()
      lengths.set(log, position + 1)
    }
    for (const id of remove) this.#records.delete(id)
    for (const { id, revision: next, bytes } of put) this.#records.set(id, { id, revision: next, bytes: bytes.slice() })
    for (const { log, position, bytes } of append) {
      const id = logEntryId(log, position)
      this.#records.set(id, { id, revision: 1, bytes: bytes.slice() })
    }
    for (const [log, size] of lengths) this.#logs.set(log, size)
    this.#sequence++
    for (const wake of this.#watchers) wake()
    return { sequence: this.#sequence, positions: append.map(({ position }) => position), storeTime: Date.now() }
  }

  watch(signal: AbortSignal): AsyncIterable<number> {
    this.#checkOpen()
    // From now on, not from the first `next`, so that no commit after this call is missed.
    const from = this.#sequence
    return { [Symbol.asyncIterator]: () => this.#sequences(from, signal) }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#records.clear()
    for (const wake of this.#watchers) wake()
  }

  async *#sequences(from: number, signal: AbortSignal): AsyncGenerator<number, void, undefined> {
    let seen = from
    while (!signal.aborted && !this.#closed) {
      if (this.#sequence === seen) {
        await this.#change(signal)
      } else {
        seen = this.#sequence
        yield seen
      }
    }
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#watchers.delete(wake)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      this.#watchers.add(wake)
      signal.addEventListener('abort', wake)
    })
  }

  #copy(id: string): StoredRecord[] {
    const record = this.#records.get(id)
    return record === undefined ? [] : [{ ...record, bytes: record.bytes.slice() }]
  }

  #checkOpen(): void {
    if (this.#closed) throw new KmsError('closed', 'The store was closed.')
  }
}

const conflict = (): KmsError =>
  new KmsError('conflict', 'The records changed since they were read. Nothing was done; read again and repeat.')
