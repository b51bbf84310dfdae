import { sameBytes } from '../envelope/bytes.ts'
import type { StoredRecord } from './key-store.ts'

/** Bytes kept at most; the longest unseen are forgotten first. */
const limit = 8 << 20

/**
 * Records as this process has verified them, or signed them itself, under one key: a signature of the same bytes is not checked twice,
 * which takes longer than reading them.
 */
export class VerifiedBytes {
  readonly #bytes = new Map<string, Uint8Array>()
  #size = 0

  has({ id, bytes }: StoredRecord): boolean {
    const known = this.#bytes.get(id)
    return known !== undefined && sameBytes(known, bytes)
  }

  add({ id, bytes }: StoredRecord): void {
    this.#remove(id)
    // A copy: a store may use its array again.
    this.#bytes.set(id, bytes.slice())
    this.#size += bytes.length
    for (const oldest of this.#bytes.keys()) {
      if (this.#size <= limit) return
      this.#remove(oldest)
    }
  }

  #remove(id: string): void {
    this.#size -= this.#bytes.get(id)?.length ?? 0
    this.#bytes.delete(id)
  }
}
