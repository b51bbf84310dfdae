/**
 * AES-256-KW (RFC 3394) of eight keys of 32 bytes at once, each under a key of its own. The blocks of one depend on each other; those of
 * eight do not, and fill the bit planes of aes-lanes.
 *
 * Constant time: Boolean operations and fixed moves of bytes. State: FROM_KEYS, TO_KEYS, LANE_BLOCKS, CONTENT_KEYS.
 */
import { aesLanes, transpose } from '../../generated/aes-lanes';
import { expandKey256, toRows } from '../aes-key';
import { ROUND_KEYS } from '../memory';
import { CONTENT_KEYS, FROM_KEYS, LANE_BLOCKS, TO_KEYS } from './memory';

/** Expands a lane's key of 32 bytes. @param keys FROM_KEYS or TO_KEYS */
export function laneKey(lane: u32, key: usize, keys: usize): void {
  expandKey256(key);
  const to = keys + (lane << 4);
  v128.store(to, toRows(v128.load(ROUND_KEYS)));
  for (let round: usize = 1; round <= 14; ++round) {
    v128.store(to + (round << 7), v128.xor(toRows(v128.load(ROUND_KEYS + (round << 4))), i8x16.splat(0x63)));
  }
}

/** Turns all lanes' round keys into planes. */
export function laneKeysReady(): void {
  for (let at: usize = 0; at < 15 << 7; at += 128) {
    transpose(FROM_KEYS + at);
    transpose(TO_KEYS + at);
  }
}

/** One step of all lanes: A ⊕ `before` ‖ R[i] through AES; then A ⊕ `after`, and R[i] back. @param at of R[i] in a content key */
function step(keys: usize, at: usize, inverse: bool, before: u64, after: u64): void {
  for (let lane: usize = 0; lane < 8; ++lane) {
    const block = LANE_BLOCKS + (lane << 4);
    const a = v128.xor(v128.load(block), i64x2.replace_lane(i64x2.splat(0), 0, before));
    v128.store(block, toRows(i64x2.replace_lane(a, 1, load<u64>(CONTENT_KEYS + (lane << 5) + at))));
  }
  transpose(LANE_BLOCKS);
  aesLanes(keys, inverse);
  transpose(LANE_BLOCKS);
  for (let lane: usize = 0; lane < 8; ++lane) {
    const block = LANE_BLOCKS + (lane << 4);
    const b = toRows(v128.load(block)); // its own inverse
    store<u64>(CONTENT_KEYS + (lane << 5) + at, i64x2.extract_lane(b, 1));
    v128.store(block, v128.xor(b, i64x2.replace_lane(i64x2.splat(0), 0, after)));
  }
}

/** W of every lane (RFC 3394 §2.2.1), under TO_KEYS. */
export function wrapLanes(): void {
  for (let t: u64 = 1; t <= 24; ++t) step(TO_KEYS, <usize>((t - 1) & 3) << 3, false, 0, bswap<u64>(t));
}

/** W⁻¹ of every lane (RFC 3394 §2.2.2), under FROM_KEYS; the initial values are to be checked. */
export function unwrapLanes(): void {
  for (let t: u64 = 24; t > 0; --t) step(FROM_KEYS, <usize>((t - 1) & 3) << 3, true, bswap<u64>(t), 0);
}
