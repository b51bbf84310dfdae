import type { Commit, CommitResult, KeyStore, RecordClass, StoredRecord } from '@kms/core'

/** A store that says when an administered commit is about to begin, and when it was done; otherwise the store it wraps. */
export class PublishedStore implements KeyStore {
  readonly #store: KeyStore
  readonly #publish: (phase: 'before the commit' | 'before the acknowledgement') => void

  constructor(store: KeyStore, publish: (phase: 'before the commit' | 'before the acknowledgement') => void) {
    this.#store = store
    this.#publish = publish
  }

  read(ids: readonly string[]): Promise<readonly StoredRecord[]> {
    return this.#store.read(ids)
  }

  list(recordClass: RecordClass, prefix: string, after: string, limit: number): Promise<readonly StoredRecord[]> {
    return this.#store.list(recordClass, prefix, after, limit)
  }

  async commit(commit: Commit): Promise<CommitResult> {
    // Only administered commits append to a log.
    const administered = commit.append.length > 0
    if (administered) this.#publish('before the commit')
    const result = await this.#store.commit(commit)
    if (administered) this.#publish('before the acknowledgement')
    return result
  }

  watch(signal: AbortSignal): AsyncIterable<number> {
    return this.#store.watch(signal)
  }

  close(): Promise<void> {
    return this.#store.close()
  }
}
