/**
 * scrypt's ROMix (RFC 7914 §5) over Salsa20/8 (§3), in slices. Its two PBKDF2 calls (§6) are made by JavaScript, in the main module.
 *
 * NOT constant time, by definition: which block of V is read depends on the password (§5, Integerify). Who can watch which memory is
 * touched learns something about the password; all else is constant time for all but the parameters.
 *
 * State: where the mixing stands, in globals. In LARGE: B, p blocks of 128·r bytes; X and Y; V, N blocks. Within X, Y and V each 64 bytes
 * stand as four vectors of diagonals (Bernstein, "The Salsa20 family of stream ciphers", §5): word i of them is word 5·i mod 16.
 */
import { fits, LARGE } from './memory';

let n: u32 = 0;
let blockSize: u32 = 0;
let parallel: u32 = 0;
/** The step that comes next: 2·N for each of p blocks. */
let part: u32 = 0;
let step: u32 = 0;

// @ts-ignore
@inline
function rotate(x: v128, bits: i32): v128 {
  return v128.or(i32x4.shl(x, bits), i32x4.shr_u(x, 32 - bits));
}

/** The lanes of a vector, rotated by 1, 2 or 3 to the left. */
// @ts-ignore
@inline
function turn1(x: v128): v128 {
  return i8x16.shuffle(x, x, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3);
}
// @ts-ignore
@inline
function turn2(x: v128): v128 {
  return i8x16.shuffle(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
}
// @ts-ignore
@inline
function turn3(x: v128): v128 {
  return i8x16.shuffle(x, x, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
}

// @ts-ignore
@inline
function read(source: usize, other: usize, both: bool): v128 {
  return both ? v128.xor(v128.load(source), v128.load(other)) : v128.load(source);
}

/** scryptBlockMix (§4) of `source`, or with `both` of source ⊕ other. */
// @ts-ignore
@inline
function blockMix(source: usize, other: usize, target: usize, both: bool): void {
  const last = blockSize - 64;
  let x0 = read(source + last, other + last, both);
  let x1 = read(source + last + 16, other + last + 16, both);
  let x2 = read(source + last + 32, other + last + 32, both);
  let x3 = read(source + last + 48, other + last + 48, both);
  // Blocks of even numbers go to the first half, the others to the second.
  let here = target;
  let there = target + (blockSize >> 1);
  for (const end = source + blockSize; source < end; source += 64) {
    const y0 = (x0 = v128.xor(x0, read(source, other, both)));
    const y1 = (x1 = v128.xor(x1, read(source + 16, other + 16, both)));
    const y2 = (x2 = v128.xor(x2, read(source + 32, other + 32, both)));
    const y3 = (x3 = v128.xor(x3, read(source + 48, other + 48, both)));
    for (let i = 0; i < 4; ++i) {
      x1 = v128.xor(x1, rotate(i32x4.add(x0, x3), 7));
      x2 = v128.xor(x2, rotate(i32x4.add(x1, x0), 9));
      x3 = v128.xor(x3, rotate(i32x4.add(x2, x1), 13));
      x0 = v128.xor(x0, rotate(i32x4.add(x3, x2), 18));
      x1 = turn3(x1);
      x2 = turn2(x2);
      x3 = turn1(x3);
      x3 = v128.xor(x3, rotate(i32x4.add(x0, x1), 7));
      x2 = v128.xor(x2, rotate(i32x4.add(x3, x0), 9));
      x1 = v128.xor(x1, rotate(i32x4.add(x2, x3), 13));
      x0 = v128.xor(x0, rotate(i32x4.add(x1, x2), 18));
      x1 = turn1(x1);
      x2 = turn2(x2);
      x3 = turn3(x3);
    }
    v128.store(here, (x0 = i32x4.add(x0, y0)));
    v128.store(here, (x1 = i32x4.add(x1, y1)), 16);
    v128.store(here, (x2 = i32x4.add(x2, y2)), 32);
    v128.store(here, (x3 = i32x4.add(x3, y3)), 48);
    const next = here + 64;
    here = there;
    there = next;
    if (both) other += 64;
  }
}

function mix(source: usize, target: usize): void {
  blockMix(source, 0, target, false);
}
function mixBoth(source: usize, other: usize, target: usize): void {
  blockMix(source, other, target, true);
}

/** To diagonals, or back from them. */
function arrange(source: usize, target: usize, back: bool): void {
  for (let at: usize = 0; at < blockSize; at += 64) {
    for (let i: usize = 0; i < 16; ++i) {
      const j: usize = (5 * i) & 15;
      if (back) store<u32>(target + at + (j << 2), load<u32>(source + at + (i << 2)));
      else store<u32>(target + at + (i << 2), load<u32>(source + at + (j << 2)));
    }
  }
}

/** @returns whether the parameters are in range and the memory is large enough */
export function scryptBegin(log2N: u32, r: u32, p: u32): bool {
  if (log2N < 1 || log2N > 30 || r == 0 || r > 255 || p == 0 || p > 255) return false;
  if (!fits(((<u64>1 << log2N) + p + 2) * 128 * r)) return false;
  n = 1 << log2N;
  blockSize = 128 * r;
  parallel = p;
  part = step = 0;
  return true;
}

/** So many steps more of §5. @returns whether any are left */
export function scryptMix(count: u32): bool {
  const x = LARGE + parallel * blockSize;
  const y = x + blockSize;
  const v = y + blockSize;
  for (; count != 0 && part < parallel; --count) {
    const b = LARGE + part * blockSize;
    if (step == 0) arrange(b, v, false);
    if (step < n) {
      // V_0 … V_N−1, each made where it will stay; then X.
      const source = v + step * blockSize;
      mix(source, step + 1 < n ? source + blockSize : x);
    } else {
      const source = (step & 1) == 0 ? x : y;
      const j = load<u32>(source + blockSize - 64) & (n - 1); // Integerify: the diagonals' first word is the block's
      mixBoth(source, v + j * blockSize, source == x ? y : x);
    }
    if (++step < 2 * n) continue;
    arrange(x, b, true);
    step = 0;
    ++part;
  }
  return part < parallel;
}
