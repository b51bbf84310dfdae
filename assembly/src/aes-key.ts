/**
 * AES key expansion (FIPS 197 §5.2) for 128 and 256 bits.
 *
 * Constant time: the S-box is computed by vector permutation (Hamburg, "Accelerating AES with Vector Permute Instructions",
 * CHES 2009, §4): inversion in GF(2⁸) as a tower over GF(2⁴), whose 16-entry tables are looked up inside a register by
 * `i8x16.swizzle`. No memory address depends on a key. The tables are loaded, from public addresses, because V8 13.6 rebuilds
 * `v128.const` at every use.
 *
 * State: ROUND_KEYS in FIPS 197 order, PLANES for aes-ctr.
 */
import { INPUT_HIGH, INPUT_LOW, INVERSE, INVERSE_A, OUTPUT_T, OUTPUT_U } from '../generated/aes-tables';
import { PLANES, ROUND_KEYS } from './memory';

/** SubBytes (FIPS 197 §5.1.1) on 16 bytes. */
function subBytes(x: v128): v128 {
  const nibble = i8x16.splat(15);
  const y = v128.xor(
    i8x16.swizzle(v128.load(INPUT_LOW), v128.and(x, nibble)),
    i8x16.swizzle(v128.load(INPUT_HIGH), i8x16.shr_u(x, 4)),
  );
  const k = v128.and(y, nibble);
  const i = i8x16.shr_u(y, 4);
  const j = v128.xor(i, k);
  const inverse = v128.load(INVERSE);
  const ak = i8x16.swizzle(v128.load(INVERSE_A), k);
  const io = v128.xor(i8x16.swizzle(inverse, v128.xor(i8x16.swizzle(inverse, i), ak)), j);
  const jo = v128.xor(i8x16.swizzle(inverse, v128.xor(i8x16.swizzle(inverse, j), ak)), i);
  return v128.xor(
    v128.xor(i8x16.swizzle(v128.load(OUTPUT_U), io), i8x16.swizzle(v128.load(OUTPUT_T), jo)),
    i8x16.splat(0x63),
  );
}

/** Column order to row order: byte r + 4c goes to 4r + c. */
// @ts-ignore
@inline
export function toRows(x: v128): v128 {
  return i8x16.swizzle(x, i8x16(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
}

/** Bit plane `bit` of each byte: all ones where it is set. */
// @ts-ignore
@inline
function plane(x: v128, bit: i8): v128 {
  const mask = i8x16.splat(bit);
  return i8x16.eq(v128.and(x, mask), mask);
}

function storePlanes(at: usize, x: v128): void {
  v128.store(at, plane(x, 1));
  v128.store(at, plane(x, 2), 16);
  v128.store(at, plane(x, 4), 32);
  v128.store(at, plane(x, 8), 48);
  v128.store(at, plane(x, 16), 64);
  v128.store(at, plane(x, 32), 80);
  v128.store(at, plane(x, 64), 96);
  v128.store(at, plane(x, -128), 112);
}

/** Words w0, w0⊕w1, w0⊕w1⊕w2, …: the four XORs of a step of the key schedule, before the new word. */
// @ts-ignore
@inline
function prefix(x: v128): v128 {
  const zero = i64x2.splat(0);
  x = v128.xor(x, i8x16.shuffle(zero, x, 0, 1, 2, 3, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27));
  return v128.xor(x, i8x16.shuffle(zero, x, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23));
}

/** SubWord of the last word, in every lane. */
// @ts-ignore
@inline
function subWord(x: v128): u32 {
  return i32x4.extract_lane(subBytes(x), 3);
}

/**
 * Stores a round key, also as planes. The bitsliced S-box leaves out its final XOR with 63, so the key brings it along; after
 * the last round there is no ShiftRows, which the kernel undoes at its end, so that key is shifted the other way.
 */
// @ts-ignore
@inline
function storeRoundKey(round: i32, last: i32, x: v128): void {
  v128.store(ROUND_KEYS + (round << 4), x);
  let rows = v128.xor(toRows(x), i8x16.splat(0x63));
  if (round == last) rows = i8x16.swizzle(rows, i8x16(0, 1, 2, 3, 7, 4, 5, 6, 10, 11, 8, 9, 13, 14, 15, 12));
  storePlanes(PLANES + 16 + ((round - 1) << 7), rows);
}

/** @param key 32 bytes */
export function expandKey256(key: usize): void {
  let a = v128.load(key);
  let b = v128.load(key, 16);
  v128.store(ROUND_KEYS, a);
  v128.store(PLANES, toRows(a));
  storeRoundKey(1, 14, b);
  let rcon: u32 = 1;
  for (let round = 2; ; round += 2) {
    a = v128.xor(prefix(a), i32x4.splat(rotr<u32>(subWord(b), 8) ^ rcon));
    rcon <<= 1;
    storeRoundKey(round, 14, a);
    if (round == 14) break;
    b = v128.xor(prefix(b), i32x4.splat(subWord(a)));
    storeRoundKey(round + 1, 14, b);
  }
}

/** @param key 16 bytes */
export function expandKey128(key: usize): void {
  let a = v128.load(key);
  v128.store(ROUND_KEYS, a);
  v128.store(PLANES, toRows(a));
  let rcon: u32 = 1;
  for (let round = 1; round <= 10; ++round) {
    a = v128.xor(prefix(a), i32x4.splat(rotr<u32>(subWord(a), 8) ^ rcon));
    rcon = (rcon << 1) ^ (0x11b & (0 - (rcon >> 7)));
    storeRoundKey(round, 10, a);
  }
}
