/**
 * The third module: headers rewrapped from one key version to another, eight at a time, in a memory of its own. A call that is given more than
 * fits does nothing and returns REFUSED.
 */
import * as headers from './headers';
import { AROUND, HEADER_AT, LANE_COUNT, LANE_ROOM } from './headers';
import { IN, KEY, OUT, wipeSecrets } from '../memory';

const REFUSED: i32 = -3;
const WRAPPED: u32 = 40;
const MAC: u32 = 32;

export const keyAt: usize = KEY;
export const inAt: usize = IN;
export const outAt: usize = OUT;
export const laneRoom: u32 = LANE_ROOM;
export const headerAt: u32 = HEADER_AT;
export { __heap_base as heapAt };

// @ts-ignore
@inline
function fits(length: u32, at: u32): bool {
  return length <= LANE_ROOM - AROUND && length >= WRAPPED + MAC && at <= length - WRAPPED - MAC;
}

/**
 * Takes a header into a lane. In KEY are the key-encryption key that it is wrapped with and the one that it shall be, 32 bytes each, which are
 * wiped there. `headerAt` bytes into the lane are the old header in IN, and in OUT the new one, of which the wrapped key and the mac are missing.
 * No other call may come between the first header and `rewrapEnd`.
 * @param length of the old header, mac included @param at where in it the wrapped key's 40 bytes are
 */
export function rewrapAdd(lane: u32, length: u32, at: u32, nextLength: u32, nextAt: u32): i32 {
  const good = lane < LANE_COUNT && fits(length, at) && fits(nextLength, nextAt);
  if (good) headers.add(lane, length, at, nextLength, nextAt);
  memory.fill(KEY, 0, 64);
  return good ? 0 : REFUSED;
}

/**
 * Completes the new headers in OUT; where an old one was not genuine, zeros are there. Wipes all that is secret.
 * @param lanes how many, from 0 on, were taken; with 0 it only wipes @returns a bit for each that was not genuine
 */
export function rewrapEnd(lanes: u32): i32 {
  const failed = lanes == 0 ? 0 : lanes <= LANE_COUNT ? headers.finish(lanes) : REFUSED;
  headers.wipeLanes();
  wipeSecrets();
  return failed;
}
