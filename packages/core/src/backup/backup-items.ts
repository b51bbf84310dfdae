import { concat, fromAscii, readU16, readU32 } from '../encoding/bytes.ts'
import { KmsError } from '../errors.ts'
import type { StoredRecord } from '../store/key-store.ts'

// The plaintext of content 3 (contents-v1 §Backups): items, one after another, so that a backup of any size is written and read in
// one pass with little memory.
//   item = type u8 ‖ length u32 ‖ bytes

export const itemTypes = { start: 1, record: 2, end: 255 } as const

/** Bytes before an item's own. */
const headLength = 5
/** Bytes of an item at most: a record of 65,536, with an id of 256 and its revision. */
const itemLimit = 2 + 256 + 8 + 65_536

export interface Item {
  readonly type: number
  /** Type, length and bytes: what is hashed. */
  readonly whole: Uint8Array
  readonly bytes: Uint8Array
}

/** Cuts plaintext that arrives in pieces of any size into items. */
export class ItemReader {
  #rest: Uint8Array = new Uint8Array(0)

  /** The items that are whole now. @throws `malformed` for one over its limit */
  update(piece: Uint8Array): readonly Item[] {
    const items: Item[] = []
    this.#rest = this.#rest.length === 0 ? piece : concat(this.#rest, piece)
    let at = 0
    while (this.#rest.length - at >= headLength) {
      const length = readU32(this.#rest, at + 1)
      if (length > itemLimit) throw notABackup('an item is over its limit')
      const end = at + headLength + length
      if (end > this.#rest.length) break
      const whole = this.#rest.slice(at, end)
      items.push({ type: whole[0] as number, whole, bytes: whole.subarray(headLength) })
      at = end
    }
    this.#rest = this.#rest.slice(at)
    return items
  }

  /** @throws `malformed` if an item is not whole */
  final(): void {
    if (this.#rest.length > 0) throw notABackup('it ends within an item')
  }
}

/** `id length u16 ‖ id ‖ revision u64 ‖ the record's bytes`. @throws `malformed` */
export function readRecordItem(bytes: Uint8Array): StoredRecord {
  const idEnd = bytes.length < 2 ? 0 : 2 + readU16(bytes, 0)
  const at = idEnd + 8
  if (idEnd < 3 || at > bytes.length) throw notABackup('a record is cut')
  const id = bytes.subarray(2, idEnd)
  if (id.length > 256 || id.some((byte) => byte < 0x20 || byte > 0x7e))
    throw notABackup('a record has no id of a record')
  const revision = readU32(bytes, idEnd) * 2 ** 32 + readU32(bytes, idEnd + 4)
  if (!Number.isSafeInteger(revision) || revision < 1) throw notABackup('a record has no revision of a record')
  return { id: fromAscii(id), revision, bytes: bytes.slice(at) }
}

export function notABackup(why: string): KmsError {
  return new KmsError('malformed', `That is no whole backup: ${why}. Take another copy of it.`)
}
