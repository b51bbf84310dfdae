import type { Primitives } from '../crypto/primitives.ts'
import { concat } from '../encoding/bytes.ts'

const one = Uint8Array.of(1)
/** Longer infos, those of long contexts, are more than some HKDF calls take. */
const hkdfInfo = 1024

/**
 * `Expand(key, info, n)` for n ≤ 64: `HMAC-SHA-512(key, info ‖ 01)[0..n]` (RFC 5869 §2.3, its first block). Long infos go
 * through HMAC, as the specification advises: the longest context makes one of more than 65,536 bytes.
 * @param length 1 to 64 bytes
 * @returns fresh bytes, which the caller wipes
 */
export function expand(primitives: Primitives, key: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  if (info.length <= hkdfInfo) return primitives.hkdfExpand('SHA-512', key, info, length)
  const block = primitives.hmac('SHA-512', key, concat(info, one))
  const result = block.slice(0, length)
  block.fill(0)
  return result
}
