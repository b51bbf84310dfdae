import { Recent } from '../store/recent-map.ts'

/** How new this process has seen each record: an older one, put back by someone who can write the database, is noticed. */
export class SeenRevisions {
  /** Of the 50,000 records seen last at least. */
  readonly #revisions = new Recent<number>(100_000)

  /** Whether a record is as new as it was ever seen; remembers it if so. */
  admit({ record, revision }: { readonly record: { readonly id: string }; readonly revision: number }): boolean {
    const seen = this.#revisions.get(record.id)
    if (seen !== undefined && revision < seen) return false
    this.raise(record.id, revision)
    return true
  }

  /** Remembers that a record has at least this revision. */
  raise(id: string, revision: number): void {
    // Nothing is older than the first.
    if (revision === 1) return
    this.#revisions.set(id, Math.max(this.#revisions.get(id) ?? 0, revision))
  }
}
