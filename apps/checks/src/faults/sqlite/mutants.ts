import {
  type Commit,
  type CommitResult,
  type KeyStore,
  logEntryId,
  type RecordClass,
  recordClass,
  type StoredRecord,
} from '@kms/core'

/** Stores that are wrong on purpose: the suite must notice each of them. */
export const mutants = ['no-commit', 'ack-before-commit'] as const
export type Mutant = (typeof mutants)[number]

export function mutated(store: KeyStore, mutant: Mutant): KeyStore {
  return new Forgetful(store, mutant === 'ack-before-commit')
}

/**
 * Acknowledges commits that it only remembers, and shows them to its own process. With `late`, each is really committed when
 * the next one comes; else never.
 */
class Forgetful implements KeyStore {
  readonly #store: KeyStore
  readonly #late: boolean
  readonly #remembered = new Map<string, StoredRecord | undefined>()
  #pending: Commit | undefined
  #sequence = 1_000_000

  constructor(store: KeyStore, late: boolean) {
    this.#store = store
    this.#late = late
  }

  async read(ids: readonly string[]): Promise<readonly StoredRecord[]> {
    const stored = new Map((await this.#store.read(ids)).map((record) => [record.id, record]))
    for (const id of ids) this.#show(id, stored)
    return [...stored.values()]
  }

  async list(kind: RecordClass, prefix: string, after: string, limit: number): Promise<readonly StoredRecord[]> {
    const stored = new Map((await this.#store.list(kind, prefix, after, limit)).map((record) => [record.id, record]))
    for (const id of this.#remembered.keys()) {
      if (recordClass(id) === kind && id.startsWith(prefix) && id > after) this.#show(id, stored)
    }
    return [...stored.values()].sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, limit)
  }

  async commit(commit: Commit): Promise<CommitResult> {
    if (this.#late && this.#pending !== undefined) await this.#store.commit(this.#pending)
    this.#pending = commit
    for (const record of commit.put) this.#remembered.set(record.id, record)
    for (const id of commit.remove) this.#remembered.set(id, undefined)
    for (const { log, position, bytes } of commit.append) {
      const id = logEntryId(log, position)
      this.#remembered.set(id, { id, revision: 1, bytes })
    }
    const positions = commit.append.map(({ position }) => position)
    return { sequence: ++this.#sequence, positions, storeTime: Date.now() }
  }

  watch(signal: AbortSignal): AsyncIterable<number> {
    return this.#store.watch(signal)
  }

  close(): Promise<void> {
    return this.#store.close()
  }

  #show(id: string, among: Map<string, StoredRecord>): void {
    if (!this.#remembered.has(id)) return
    const record = this.#remembered.get(id)
    if (record === undefined) among.delete(id)
    else among.set(id, record)
  }
}
