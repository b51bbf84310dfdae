/** Records whose revision is remembered at most; the longest unseen are forgotten first. */
const limit = 100_000

/** How new this process has seen each record: an older one, put back by someone who can write the database, is noticed. */
export class SeenRevisions {
  readonly #revisions = new Map<string, number>()

  /** Whether a record is as new as it was ever seen; remembers it if so. */
  admit({ record, revision }: { readonly record: { readonly id: string }; readonly revision: number }): boolean {
    const seen = this.#revisions.get(record.id)
    if (seen !== undefined && revision < seen) return false
    this.raise(record.id, revision)
    return true
  }

  /** Remembers that a record has at least this revision. */
  raise(id: string, revision: number): void {
    const seen = this.#revisions.get(id) ?? 0
    // Anew at the end of the map, whose order is that of insertion.
    this.#revisions.delete(id)
    this.#revisions.set(id, Math.max(seen, revision))
    if (this.#revisions.size > limit) {
      for (const oldest of this.#revisions.keys()) {
        this.#revisions.delete(oldest)
        break
      }
    }
  }
}
