/**
 * Poly1305 (RFC 8439 §2.5) over whole blocks of 16 bytes, which is what the AEAD construction gives it.
 *
 * Numbers below 2¹³⁰ in five limbs of 26 bits, products in 64 bits (Bernstein and Schwabe, "NEON crypto", CHES 2012, §5). Additions
 * and multiplications without a branch: constant time where the machine's 64-bit multiplication is.
 *
 * State, in POLY: r as five u64, h as five u64, s 16.
 */
import { POLY } from './memory';

const MASK: u64 = 0x3ffffff;

/** @param key 32 bytes: r, then s */
export function polyStart(key: usize): void {
  const low = load<u64>(key) & 0x0ffffffc0fffffff;
  const high = load<u64>(key, 8) & 0x0ffffffc0ffffffc;
  store<u64>(POLY, low & MASK);
  store<u64>(POLY, (low >> 26) & MASK, 8);
  store<u64>(POLY, ((low >> 52) | (high << 12)) & MASK, 16);
  store<u64>(POLY, (high >> 14) & MASK, 24);
  store<u64>(POLY, high >> 40, 32);
  memory.fill(POLY + 40, 0, 40);
  v128.store(POLY, v128.load(key, 16), 80);
}

/** h = (h + block + 2¹²⁸)·r mod 2¹³⁰ − 5, for each block. */
export function polyBlocks(source: usize, blocks: u32): void {
  const r0 = load<u64>(POLY), r1 = load<u64>(POLY, 8), r2 = load<u64>(POLY, 16), r3 = load<u64>(POLY, 24), r4 = load<u64>(POLY, 32);
  const s1 = r1 * 5, s2 = r2 * 5, s3 = r3 * 5, s4 = r4 * 5;
  let h0 = load<u64>(POLY, 40), h1 = load<u64>(POLY, 48), h2 = load<u64>(POLY, 56), h3 = load<u64>(POLY, 64), h4 = load<u64>(POLY, 72);
  for (; blocks != 0; --blocks) {
    const low = load<u64>(source), high = load<u64>(source, 8);
    h0 += low & MASK;
    h1 += (low >> 26) & MASK;
    h2 += ((low >> 52) | (high << 12)) & MASK;
    h3 += (high >> 14) & MASK;
    h4 += (high >> 40) | 0x1000000;
    const d0 = h0 * r0 + h1 * s4 + h2 * s3 + h3 * s2 + h4 * s1;
    let d1 = h0 * r1 + h1 * r0 + h2 * s4 + h3 * s3 + h4 * s2;
    let d2 = h0 * r2 + h1 * r1 + h2 * r0 + h3 * s4 + h4 * s3;
    let d3 = h0 * r3 + h1 * r2 + h2 * r1 + h3 * r0 + h4 * s4;
    let d4 = h0 * r4 + h1 * r3 + h2 * r2 + h3 * r1 + h4 * r0;
    d1 += d0 >> 26;
    d2 += d1 >> 26;
    d3 += d2 >> 26;
    d4 += d3 >> 26;
    h0 = (d0 & MASK) + (d4 >> 26) * 5;
    h1 = (d1 & MASK) + (h0 >> 26);
    h0 &= MASK;
    h2 = d2 & MASK;
    h3 = d3 & MASK;
    h4 = d4 & MASK;
    source += 16;
  }
  store<u64>(POLY, h0, 40);
  store<u64>(POLY, h1, 48);
  store<u64>(POLY, h2, 56);
  store<u64>(POLY, h3, 64);
  store<u64>(POLY, h4, 72);
}

/** (h mod 2¹³⁰ − 5) + s mod 2¹²⁸. */
export function polyFinish(): v128 {
  let h0 = load<u64>(POLY, 40), h1 = load<u64>(POLY, 48), h2 = load<u64>(POLY, 56), h3 = load<u64>(POLY, 64), h4 = load<u64>(POLY, 72);
  for (let i = 0; i < 2; ++i) {
    h1 += h0 >> 26; h0 &= MASK;
    h2 += h1 >> 26; h1 &= MASK;
    h3 += h2 >> 26; h2 &= MASK;
    h4 += h3 >> 26; h3 &= MASK;
    h0 += (h4 >> 26) * 5; h4 &= MASK;
  }
  // g = h + 5 − 2¹³⁰; taken if it is not negative.
  let g0 = h0 + 5, g1 = h1 + (g0 >> 26), g2 = h2 + (g1 >> 26), g3 = h3 + (g2 >> 26);
  const g4 = h4 + (g3 >> 26);
  const take: u64 = 0 - (g4 >> 26);
  g0 &= MASK; g1 &= MASK; g2 &= MASK; g3 &= MASK;
  h0 ^= (h0 ^ g0) & take;
  h1 ^= (h1 ^ g1) & take;
  h2 ^= (h2 ^ g2) & take;
  h3 ^= (h3 ^ g3) & take;
  h4 ^= (h4 ^ (g4 & MASK)) & take;
  const low = h0 | (h1 << 26) | (h2 << 52);
  const high = (h2 >> 12) | (h3 << 14) | (h4 << 40);
  const sum = low + load<u64>(POLY, 80);
  return i64x2.replace_lane(i64x2.splat(sum), 1, high + load<u64>(POLY, 88) + <u64>(sum < low));
}
