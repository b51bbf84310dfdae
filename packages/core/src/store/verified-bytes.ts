import { sameBytes } from '../encoding/bytes.ts'
import type { StoredRecord } from './key-store.ts'
import { Recent } from './recent-map.ts'

/**
 * Records as this process has verified them, or signed them itself, under one key: a signature of the same bytes is not checked twice,
 * which takes longer than reading them. At most 8 MiB.
 */
export class VerifiedBytes {
  readonly #bytes = new Recent<Uint8Array>(8 << 20, ({ length }) => length)

  has({ id, bytes }: StoredRecord): boolean {
    const known = this.#bytes.get(id)
    return known !== undefined && sameBytes(known, bytes)
  }

  add({ id, bytes }: StoredRecord): void {
    // A copy: a store may use its array again.
    this.#bytes.set(id, bytes.slice())
  }
}
