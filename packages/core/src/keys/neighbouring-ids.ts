import type { RandomBytes } from '../crypto/random-bytes.ts'
import { formatUuid } from '../encoding/uuid.ts'

/** Random bytes that each id takes. */
export const randomOfId = 10
/** And what they have in common. */
export const randomOfCommon = 6

/**
 * Ids for keys that are made together. All their bits are random, but the first 48 they have in common: so a store that orders records by id writes a few
 * of its pages for all of them, and not one for each. Whoever sees two of the ids learns that one call made both keys.
 * @returns gives another UUID, version 4 of RFC 9562 §5.4, at each call
 */
export function neighbouringIds(random: RandomBytes): () => string {
  const id = new Uint8Array(randomOfCommon + randomOfId)
  id.set(random(randomOfCommon))
  return () => {
    id.set(random(randomOfId), randomOfCommon)
    id[6] = 0x40 | ((id[6] as number) & 0x0f)
    id[8] = 0x80 | ((id[8] as number) & 0x3f)
    return formatUuid(id)
  }
}
