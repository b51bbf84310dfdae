/**
 * Argon2id version 1.3 (RFC 9106), in slices.
 *
 * NOT constant time, by definition: from the second half of the first pass on, which blocks are read depends on the password
 * (§3.4.1.1: Argon2d addressing); before it, on public values alone (§3.4.1.2). Who can watch which memory is touched learns something
 * about the password there; all else is constant time for all but lengths and parameters.
 *
 * State: where the filling stands, in globals; B[i][j] in LARGE, row by row.
 */
import { compressBlock } from '../../generated/blamka';
import { blake2b } from './blake2b';
import { ADDRESSES, ADDRESS_INPUT, fits, LARGE, OUT, SEED, ZEROS } from './memory';

const SLICES: u32 = 4;
/** y of §3.2: Argon2id. */
const TYPE: u32 = 2;

/** p, t; q, a lane's blocks; and of a lane's four segments. */
let lanes: u32 = 0;
let passes: u32 = 0;
let laneLength: u32 = 0;
let segmentLength: u32 = 0;
/** The block that comes next. */
let pass: u32 = 0;
let slice: u32 = 0;
let lane: u32 = 0;
let index: u32 = 0;

// @ts-ignore
@inline
function block(lane: u32, column: u32): usize {
  return LARGE + (<usize>(lane * laneLength + column) << 10);
}

/** H′ (§3.3) of SEED, whose first 4 bytes are for the length, into `target`. */
function hashLong(seedLength: u32, target: usize, length: u32): void {
  store<u32>(SEED, length);
  if (length <= 64) {
    blake2b(SEED, seedLength, target, length);
    return;
  }
  // V_1 … V_r overlap in the output: each next one starts where the first half of the previous ends.
  blake2b(SEED, seedLength, target, 64);
  let at = target;
  for (length -= 32; length > 64; length -= 32) {
    blake2b(at, 64, at + 32, 64);
    at += 32;
  }
  // The previous V stands in the first 64 bytes from `at`; its second half is overwritten only after it was hashed.
  blake2b(at, 64, at + 32, length);
}

/**
 * §3.2 steps 1 to 4: H0 of the input in LARGE, then the first two blocks of each lane.
 * @returns whether the parameters are in range and the memory is large enough
 */
export function argon2Begin(inputLength: u32, memoryKiB: u32, passCount: u32, laneCount: u32): bool {
  if (laneCount == 0 || passCount == 0 || memoryKiB / 8 < laneCount || !fits(<u64>memoryKiB << 10) || !fits(inputLength)) return false;
  lanes = laneCount;
  passes = passCount;
  segmentLength = memoryKiB / (SLICES * lanes);
  laneLength = segmentLength * SLICES;
  pass = slice = lane = 0;
  index = 2;
  blake2b(LARGE, inputLength, SEED + 4, 64);
  memory.fill(LARGE, 0, inputLength);
  // What the generator of addresses hashes (§3.4.1.2): r, l, sl, m′, t, y, counter.
  store<u64>(ADDRESS_INPUT, laneLength * lanes, 24);
  store<u64>(ADDRESS_INPUT, passes, 32);
  store<u64>(ADDRESS_INPUT, TYPE, 40);
  for (let i: u32 = 0; i < lanes; ++i) {
    store<u32>(SEED, i, 72);
    for (let j: u32 = 0; j < 2; ++j) {
      store<u32>(SEED, j, 68);
      hashLong(76, block(i, j), 1024);
    }
  }
  return true;
}

/** The next 128 addresses: G(0, G(0, Z)) (§3.4.1.2). */
function nextAddresses(): void {
  store<u64>(ADDRESS_INPUT, pass);
  store<u64>(ADDRESS_INPUT, lane, 8);
  store<u64>(ADDRESS_INPUT, slice, 16);
  store<u64>(ADDRESS_INPUT, (index >> 7) + 1, 48);
  compressBlock(ZEROS, ADDRESS_INPUT, ADDRESSES, false);
  compressBlock(ZEROS, ADDRESSES, ADDRESSES, false);
}

/** §3.4.2: the block that J1 and J2, the halves of `random`, refer to. */
// @ts-ignore
@inline
function reference(random: u64): usize {
  const from: u32 = pass == 0 && slice == 0 ? lane : <u32>(random >> 32) % lanes;
  // W: finished segments of that lane, and what this segment has where the lane is this one, the previous block excepted.
  let size = pass == 0 ? slice * segmentLength : laneLength - segmentLength;
  if (from == lane) size += index - 1;
  else if (index == 0) size -= 1;
  const x = (random & 0xffffffff) * (random & 0xffffffff) >> 32;
  const z = size - 1 - <u32>((<u64>size * x) >> 32);
  const start: u32 = pass == 0 || slice == SLICES - 1 ? 0 : (slice + 1) * segmentLength;
  const column = start + z;
  return block(from, column >= laneLength ? column - laneLength : column);
}

/** §3.2 steps 5 and 6: so many blocks more. @returns whether blocks are left */
export function argon2Fill(count: u32): bool {
  for (; count != 0 && pass < passes; --count) {
    const column = slice * segmentLength + index;
    const previous = block(lane, (column == 0 ? laneLength : column) - 1);
    let random: u64;
    if (pass == 0 && slice < SLICES / 2) {
      if ((index & 127) == 0 || (slice == 0 && index == 2)) nextAddresses();
      random = load<u64>(ADDRESSES + ((index & 127) << 3));
    } else {
      random = load<u64>(previous);
    }
    compressBlock(previous, reference(random), block(lane, column), pass != 0);
    if (++index < segmentLength) continue;
    // Lanes of a slice do not read each other's blocks of it, so that they may be filled one after another.
    if (++lane == lanes) {
      lane = 0;
      if (++slice == SLICES) {
        slice = 0;
        ++pass;
      }
    }
    index = pass == 0 && slice == 0 ? 2 : 0;
  }
  return pass < passes;
}

/** §3.2 steps 7 and 8: the tag, of 4 to 1,024 bytes, in OUT. */
export function argon2End(length: u32): bool {
  if (pass < passes || passes == 0 || length < 4 || length > 1024) return false;
  const last: usize = SEED + 4;
  memory.copy(last, block(0, laneLength - 1), 1024);
  for (let i: u32 = 1; i < lanes; ++i) {
    const other = block(i, laneLength - 1);
    for (let at: usize = 0; at < 1024; at += 16) {
      v128.store(last + at, v128.xor(v128.load(last + at), v128.load(other + at)));
    }
  }
  hashLong(1028, OUT, length);
  return true;
}
