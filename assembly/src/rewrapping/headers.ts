/**
 * Rewrapping headers from one key version to another (envelope v1 §Mode 2): content keys are unwrapped, the old macs checked, the keys wrapped
 * anew and the new macs made, for eight headers at once. No content key ever leaves the module.
 *
 * Constant time: which headers were genuine is the only thing that is branched on, and the caller is told it.
 * State: LANES and what follows; STATE, BLOCK, DIGEST.
 */
import { hmacFinish, hmacKey } from '../hmac';
import { ICV1 } from '../keywrap';
import { DIGEST, IN, KEY, OUT, STATE } from '../memory';
import { copy64, SHA_512 } from '../sha2';
import { laneKey, laneKeysReady, unwrapLanes, wrapLanes } from './keywrap-lanes';
import {
  CONTENT_KEYS, CONTENT_MACS, FROM_KEYS, LANE_BLOCKS, LANE_CHECKS, LANE_LENGTHS, LANES, LANES_LENGTH, TO_KEYS,
} from './memory';

export const LANE_COUNT: u32 = 8;
/** Bytes of a lane in IN and in OUT. */
export const LANE_ROOM: u32 = 32768;
/** Where in its lane a header stands. */
export const HEADER_AT: u32 = 32;
/** Room around a header: for the label before it, and what hashing touches beyond it. */
export const AROUND: u32 = 64;

/** "kms1/header" 00, before a header. */
const LABEL: usize = memory.data<u8>([107, 109, 115, 49, 47, 104, 101, 97, 100, 101, 114, 0], 16);
const LABEL_LENGTH: u32 = 12;
const MAC_LENGTH: u32 = 32;

/**
 * Takes a header's key-encryption keys, which are in KEY, and what is to be unwrapped.
 * @param at where in the old header the wrapped key's 40 bytes are @param nextAt the same in the new one
 */
export function add(lane: u32, length: u32, at: u32, nextLength: u32, nextAt: u32): void {
  laneKey(lane, KEY, FROM_KEYS);
  laneKey(lane, KEY + 32, TO_KEYS);
  const wrapped: usize = IN + lane * LANE_ROOM + HEADER_AT + at;
  store<u64>(LANE_BLOCKS + (lane << 4), load<u64>(wrapped));
  const key: usize = CONTENT_KEYS + (lane << 5);
  v128.store(key, v128.load(wrapped, 8));
  v128.store(key, v128.load(wrapped, 24), 16);
  const lengths: usize = LANE_LENGTHS + (lane << 4);
  store<u32>(lengths, length);
  store<u32>(lengths, nextLength, 4);
  store<u32>(lengths, nextAt, 8);
}

/** The mac of a header, `Expand` of its content key (envelope v1 §Mode 2), in DIGEST. Overwrites the first byte of the one that is there. */
function headerMac(lane: u32, header: usize, length: u32): void {
  const states: usize = CONTENT_MACS + (lane << 7);
  const macked = length - MAC_LENGTH;
  memory.copy(header - LABEL_LENGTH, LABEL, LABEL_LENGTH);
  store<u8>(header + macked, 1);
  copy64(STATE, states);
  const info = LABEL_LENGTH + macked + 1;
  hmacFinish(SHA_512, states + 64, header - LABEL_LENGTH, info, info, DIGEST);
}

/** @returns a bit for each lane whose old header was not genuine */
export function finish(lanes: u32): i32 {
  laneKeysReady();
  unwrapLanes();
  for (let lane: u32 = 0; lane < lanes; ++lane) {
    const header: usize = IN + lane * LANE_ROOM + HEADER_AT;
    const length = load<u32>(LANE_LENGTHS + (lane << 4));
    const mac: usize = header + length - MAC_LENGTH;
    const mac0 = v128.load(mac), mac1 = v128.load(mac, 16);
    const states: usize = CONTENT_MACS + (lane << 7);
    hmacKey(SHA_512, CONTENT_KEYS + (lane << 5), 32, states, states + 64);
    headerMac(lane, header, length);
    const d = v128.or(v128.xor(mac0, v128.load(DIGEST)), v128.xor(mac1, v128.load(DIGEST, 16)));
    const a = load<u64>(LANE_BLOCKS + (lane << 4)) ^ ICV1;
    store<u64>(LANE_CHECKS + (lane << 3), a | i64x2.extract_lane(d, 0) | i64x2.extract_lane(d, 1));
    store<u64>(LANE_BLOCKS + (lane << 4), ICV1);
  }
  wrapLanes();
  let failed: i32 = 0;
  for (let lane: u32 = 0; lane < lanes; ++lane) {
    const header: usize = OUT + lane * LANE_ROOM + HEADER_AT;
    const length = load<u32>(LANE_LENGTHS + (lane << 4), 4);
    if (load<u64>(LANE_CHECKS + (lane << 3)) != 0) {
      memory.fill(header, 0, length);
      failed |= 1 << lane;
      continue;
    }
    const wrapped: usize = header + load<u32>(LANE_LENGTHS + (lane << 4), 8);
    const key: usize = CONTENT_KEYS + (lane << 5);
    store<u64>(wrapped, load<u64>(LANE_BLOCKS + (lane << 4)));
    v128.store(wrapped, v128.load(key), 8);
    v128.store(wrapped, v128.load(key, 16), 24);
    headerMac(lane, header, length);
    v128.store(header + length - MAC_LENGTH, v128.load(DIGEST));
    v128.store(header + length - MAC_LENGTH, v128.load(DIGEST, 16), 16);
  }
  return failed;
}

export function wipeLanes(): void {
  memory.fill(LANES, 0, LANES_LENGTH);
}
