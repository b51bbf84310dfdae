/**
 * AES key wrap: KW (RFC 3394, SP 800-38F §6.2) and KWP, with padding (RFC 5649, SP 800-38F §6.3).
 *
 * Its blocks depend on each other, so that one block by vector permutation is faster than eight bitsliced ones. Constant time:
 * tables are looked up inside registers (Hamburg, CHES 2009, §5) and loaded from public addresses; check values are compared without
 * a branch. State: PERMUTED_KEYS, ROUND_KEYS; `rounds` is public. What is wrapped or unwrapped lies in IN, semiblock 0 at its start.
 */
import {
  BACK_CONSTANT, BACK_INPUT_HIGH, BACK_INPUT_LOW, BACK_OUTPUT_T, BACK_OUTPUT_U, BACK_TIMES11_T, BACK_TIMES11_U, BACK_TIMES13_T,
  BACK_TIMES13_U, BACK_TIMES14_T, BACK_TIMES14_U, BACK_TIMES9_T, BACK_TIMES9_U, INPUT_HIGH, INPUT_LOW, INVERSE, INVERSE_A,
  OUTPUT_T, OUTPUT_U, SHIFT0, SHIFT1, SHIFT3, TIMES1_T, TIMES1_U, TIMES2_T, TIMES2_U, UNSHIFT0, UNSHIFT1, UNSHIFT2, UNSHIFT3,
} from '../generated/aes-tables';
import { expandKey128, expandKey256 } from './aes-key';
import { IN, PERMUTED_KEYS, ROUND_KEYS } from './memory';

/** Looks both halves of an S-box output up. */
// @ts-ignore
@inline
function lookUp(tableU: usize, tableT: usize, u: v128, t: v128): v128 {
  return v128.xor(i8x16.swizzle(v128.load(tableU), u), i8x16.swizzle(v128.load(tableT), t));
}

// @ts-ignore
@inline
function changeBasis(low: usize, high: usize, x: v128): v128 {
  return lookUp(low, high, v128.and(x, i8x16.splat(15)), i8x16.shr_u(x, 4));
}

/** Doubling in GF(2⁸) of each byte (FIPS 197 §4.2.1). */
// @ts-ignore
@inline
function double(x: v128): v128 {
  return v128.xor(i8x16.shl(x, 1), v128.and(i8x16.shr_s(x, 7), i8x16.splat(0x1b)));
}

/** InvMixColumns (FIPS 197 §5.3.3) of a round key, for the equivalent inverse cipher. */
function unmixColumns(x: v128): v128 {
  const x2 = double(x);
  const x4 = double(x2);
  const x8 = double(x4);
  const x9 = v128.xor(x8, x);
  const rows1 = i8x16(1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12);
  const rows2 = i8x16(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
  const rows3 = i8x16(3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14);
  return v128.xor(
    v128.xor(v128.xor(v128.xor(x8, x4), x2), i8x16.swizzle(v128.xor(x9, x2), rows1)),
    v128.xor(i8x16.swizzle(v128.xor(x9, x4), rows2), i8x16.swizzle(x9, rows3)),
  );
}

let rounds: u32 = 14;

// @ts-ignore
@inline
function expandKey(key: usize, length: u32): void {
  if (length == 32) {
    expandKey256(key);
    rounds = 14;
  } else {
    expandKey128(key);
    rounds = 10;
  }
}

/** Round keys for `encrypt`, in the order of their use. */
export function wrapKey(key: usize, length: u32): void {
  expandKey(key, length);
  const constant = i8x16.splat(0x63);
  let at: usize = 0;
  const end: usize = rounds << 4;
  v128.store(PERMUTED_KEYS, changeBasis(INPUT_LOW, INPUT_HIGH, v128.load(ROUND_KEYS)));
  for (at = 16; at < end; at += 16) {
    const k = v128.xor(v128.load(ROUND_KEYS + at), constant);
    v128.store(PERMUTED_KEYS + at, changeBasis(INPUT_LOW, INPUT_HIGH, k));
  }
  v128.store(PERMUTED_KEYS + end, v128.xor(v128.load(ROUND_KEYS + end), constant));
}

/** Round keys for `decrypt`, in the order of their use: from the last round back (FIPS 197 §5.3.5). */
export function unwrapKey(key: usize, length: u32): void {
  expandKey(key, length);
  const constant = i8x16.splat(BACK_CONSTANT);
  const end: usize = rounds << 4;
  for (let at: usize = 0; at < end; at += 16) {
    let k = v128.load(ROUND_KEYS + end - at);
    if (at != 0) k = unmixColumns(k);
    v128.store(PERMUTED_KEYS + at, v128.xor(changeBasis(BACK_INPUT_LOW, BACK_INPUT_HIGH, k), constant));
  }
  v128.store(PERMUTED_KEYS + end, v128.load(ROUND_KEYS));
}

/** AES of one block (FIPS 197 §5.1), the state between rounds in the tower field's basis. */
function encrypt(x: v128): v128 {
  const nibble = i8x16.splat(15);
  const inverse = v128.load(INVERSE), inverseA = v128.load(INVERSE_A);
  const shift0 = v128.load(SHIFT0), shift1 = v128.load(SHIFT1), shift3 = v128.load(SHIFT3);
  const rows1 = i8x16(1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12);
  const last: usize = PERMUTED_KEYS + (rounds << 4);
  x = v128.xor(changeBasis(INPUT_LOW, INPUT_HIGH, x), v128.load(PERMUTED_KEYS));
  let at: usize = PERMUTED_KEYS + 16;
  while (true) {
    const k = v128.and(x, nibble), i = i8x16.shr_u(x, 4), j = v128.xor(i, k), ak = i8x16.swizzle(inverseA, k);
    const u = v128.xor(i8x16.swizzle(inverse, v128.xor(i8x16.swizzle(inverse, i), ak)), j);
    const t = v128.xor(i8x16.swizzle(inverse, v128.xor(i8x16.swizzle(inverse, j), ak)), i);
    const key = v128.load(at);
    if (at == last) return v128.xor(i8x16.swizzle(lookUp(OUTPUT_U, OUTPUT_T, u, t), shift0), key);
    const a = lookUp(TIMES1_U, TIMES1_T, u, t), d = lookUp(TIMES2_U, TIMES2_T, u, t);
    const s = v128.xor(i8x16.swizzle(d, shift0), i8x16.swizzle(a, shift1));
    x = v128.xor(v128.xor(s, i8x16.swizzle(s, rows1)), v128.xor(i8x16.swizzle(a, shift3), key));
    at += 16;
  }
}

/** The equivalent inverse cipher (FIPS 197 §5.3.5). */
function decrypt(x: v128): v128 {
  const nibble = i8x16.splat(15);
  const inverse = v128.load(INVERSE), inverseA = v128.load(INVERSE_A);
  const last: usize = PERMUTED_KEYS + (rounds << 4);
  x = v128.xor(changeBasis(BACK_INPUT_LOW, BACK_INPUT_HIGH, x), v128.load(PERMUTED_KEYS));
  let at: usize = PERMUTED_KEYS + 16;
  while (true) {
    const k = v128.and(x, nibble), i = i8x16.shr_u(x, 4), j = v128.xor(i, k), ak = i8x16.swizzle(inverseA, k);
    const u = v128.xor(i8x16.swizzle(inverse, v128.xor(i8x16.swizzle(inverse, i), ak)), j);
    const t = v128.xor(i8x16.swizzle(inverse, v128.xor(i8x16.swizzle(inverse, j), ak)), i);
    const key = v128.load(at);
    if (at == last) {
      return v128.xor(i8x16.swizzle(lookUp(BACK_OUTPUT_U, BACK_OUTPUT_T, u, t), v128.load(UNSHIFT0)), key);
    }
    const s0 = i8x16.swizzle(lookUp(BACK_TIMES14_U, BACK_TIMES14_T, u, t), v128.load(UNSHIFT0));
    const s1 = i8x16.swizzle(lookUp(BACK_TIMES11_U, BACK_TIMES11_T, u, t), v128.load(UNSHIFT1));
    const s2 = i8x16.swizzle(lookUp(BACK_TIMES13_U, BACK_TIMES13_T, u, t), v128.load(UNSHIFT2));
    const s3 = i8x16.swizzle(lookUp(BACK_TIMES9_U, BACK_TIMES9_T, u, t), v128.load(UNSHIFT3));
    x = v128.xor(v128.xor(v128.xor(s0, s1), v128.xor(s2, s3)), key);
    at += 16;
  }
}

/** ICV1 (SP 800-38F §6.2, RFC 3394 §2.2.3.1). */
export const ICV1: u64 = 0xa6a6a6a6a6a6a6a6;
/** ICV2 (SP 800-38F §6.3, RFC 5649 §3), as a little-endian load sees it: A65959A6 reads the same both ways. The length follows it. */
const ICV2: u64 = 0xa65959a6;

/** KWP's initial value for a key of so many bytes. */
// @ts-ignore
@inline
export function paddedInitialValue(length: u32): u64 {
  return ICV2 | ((<u64>bswap<u32>(length)) << 32);
}

/** By how many bytes the length that an initial value states is below that of what was unwrapped: 0 to 7 if it is genuine. */
// @ts-ignore
@inline
export function paddingLength(a: u64, padded: u32): u32 {
  return padded - bswap<u32>(<u32>(a >> 32));
}

/**
 * RFC 5649 §3, the three checks without a branch: the constant; a length within the last 8 bytes; zeros after it.
 * @param a the initial value that came out of unwrapping @param padded how many bytes came out, at IN + 8
 * @returns 0 if all of them hold
 */
// @ts-ignore
@inline
export function wrongPadding(a: u64, padded: u32): u64 {
  const padding = paddingLength(a, padded);
  const last = bswap<u64>(load<u64>(IN + padded));
  return ((a ^ ICV2) & 0xffffffff) | <u64>(padding & ~7) | (last & ((<u64>1 << ((padding & 7) << 3)) - 1));
}

/** W (RFC 3394 §2.2.1): `n` semiblocks at IN + 8 are wrapped in place, with `a` as initial value. */
export function wrap(a: u64, n: u32): void {
  let t: u64 = 1;
  for (let j = 0; j < 6; ++j) {
    for (let at: usize = IN + 8, end: usize = at + (n << 3); at < end; at += 8) {
      const b = encrypt(i64x2.replace_lane(i64x2.splat(a), 1, load<u64>(at)));
      a = i64x2.extract_lane(b, 0) ^ bswap<u64>(t++);
      store<u64>(at, i64x2.extract_lane(b, 1));
    }
  }
  store<u64>(IN, a);
}

/** W⁻¹ (RFC 3394 §2.2.2), in place. @returns the initial value, to be checked */
export function unwrap(n: u32): u64 {
  let a = load<u64>(IN);
  let t: u64 = 6 * <u64>n;
  for (let j = 0; j < 6; ++j) {
    for (let at: usize = IN + (n << 3); at > IN; at -= 8) {
      const b = decrypt(i64x2.replace_lane(i64x2.splat(a ^ bswap<u64>(t--)), 1, load<u64>(at)));
      a = i64x2.extract_lane(b, 0);
      store<u64>(at, i64x2.extract_lane(b, 1));
    }
  }
  return a;
}

/** KWP of a key of at most 8 bytes: one block, without W (RFC 5649 §4.1). */
export function wrapBlock(a: u64): void {
  v128.store(IN, encrypt(i64x2.replace_lane(i64x2.splat(a), 1, load<u64>(IN, 8))));
}

export function unwrapBlock(): u64 {
  const b = decrypt(v128.load(IN));
  store<u64>(IN, i64x2.extract_lane(b, 1), 8);
  return i64x2.extract_lane(b, 0);
}
