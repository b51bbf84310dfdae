// SHA-256 and SHA-512 (FIPS 180-4 §6.2, §6.4): the message schedule in vectors, the rounds in scalars, W + K through a small buffer.
// Only additions, rotations and Boolean operations; addresses are counters: constant time. State: SCHEDULE, W + K of the rounds that come next.

import { lines } from './assemblyscript.mjs'

const primes = []
for (let n = 2; primes.length < 80; n++) if (primes.every((p) => n % p !== 0)) primes.push(n)

/** The first `bits` bits of the fraction of p^(1/root): FIPS 180-4 §4.2.2, §4.2.3, §5.3. */
function fraction(p, root, bits) {
  const target = BigInt(p) << BigInt(root * bits)
  let low = 0n
  let high = 1n << BigInt(bits + 10)
  while (low < high) {
    const middle = (low + high + 1n) >> 1n
    if (middle ** BigInt(root) <= target) low = middle
    else high = middle - 1n
  }
  return low & ((1n << BigInt(bits)) - 1n)
}

const hex = (x) => `0x${x.toString(16)}`
const words = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
const constants = (count, bits) => primes.slice(0, count).map((p) => hex(fraction(p, 3, bits)))
const initial = (from, bits) => primes.slice(from, from + 8).map((p) => hex(fraction(p, 2, bits)))
const rotate = (v) => [v[7], ...v.slice(0, 7)]

/**
 * FIPS 180-4 §6.2.2 step 3, an instruction a line, in the order that keeps the longest chain short: Σ1(e) first, Maj last.
 * Σ(x) = rotr p ⊕ rotr q ⊕ rotr r, the last two as one of a difference: a move fewer. Maj(a, b, c) = b ⊕ ((a ⊕ b) ∧ (b ⊕ c)), whose
 * last factor is the previous round's first.
 */
const round = (type, [a, b, , d, e, f, g, h], [p0, q0, r0], [p1, q1, r1], kw) => {
  const rotated = (x, n) => `rotr<${type}>(${x}, ${n})`
  return [
    `${h} += ${kw};`,
    `s = ${f} ^ ${g};`,
    `t = ${rotated(e, r1 - q1)};`,
    `s &= ${e};`,
    `t ^= ${e};`,
    `r = ${rotated(e, p1)};`,
    `s ^= ${g};`,
    `t = ${rotated('t', q1)};`,
    `${h} += s;`,
    't ^= r;',
    `${h} += t;`,
    `${d} += ${h};`,
    `r = ${rotated(a, r0 - q0)};`,
    `ab = ${a} ^ ${b};`,
    `r ^= ${a};`,
    'bc &= ab;',
    `r = ${rotated('r', q0)};`,
    `s = ${rotated(a, p0)};`,
    `bc ^= ${b};`,
    'r ^= s;',
    `${h} += bc;`,
    'bc = ab;',
    `${h} += r;`,
  ]
}

/** Two lists of independent instructions as one, evenly mixed: rounds keep the scalar units busy, the schedule those for vectors. */
function interleave(rounds, schedule) {
  const mixed = []
  let next = 0
  for (const [i, line] of rounds.entries()) {
    mixed.push(line)
    while (next * rounds.length < (i + 1) * schedule.length) mixed.push(schedule[next++])
  }
  return mixed
}

// ---- SHA-256: W in four vectors of four words

const next = '4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19'

/** σ1 (§4.1.2) of two words that stand twice each in u, into v: rotr 17, 19 of 32 bits as shifts of 64. */
const small1 = [
  'v = i64x2.shr_u(u, 17);',
  'p = i64x2.shr_u(u, 19);',
  'u = i32x4.shr_u(u, 10);',
  'v = v128.xor(v, p);',
  'v = v128.xor(v, u);',
]

/** W[t … t+3] in place of W[t−16 … t−13]; σ1 in two steps, since its second half needs the words of its first. */
function schedule256(i) {
  const [a, b, c, d] = [0, 1, 2, 3].map((j) => `x${(i + j) & 3}`)
  return [
    `u = i8x16.shuffle(${a}, ${b}, ${next});`,
    `v = i8x16.shuffle(${c}, ${d}, ${next});`,
    'p = i32x4.shr_u(u, 7);',
    `${a} = i32x4.add(${a}, v);`,
    'v = i32x4.shl(u, 25);',
    'p = v128.xor(p, v);',
    'v = i32x4.shr_u(u, 18);',
    'p = v128.xor(p, v);',
    'v = i32x4.shl(u, 14);',
    'p = v128.xor(p, v);',
    'u = i32x4.shr_u(u, 3);',
    'p = v128.xor(p, u);',
    `u = i8x16.shuffle(${d}, ${d}, 8, 9, 10, 11, 8, 9, 10, 11, 12, 13, 14, 15, 12, 13, 14, 15);`,
    `${a} = i32x4.add(${a}, p);`,
    ...small1,
    'v = i8x16.swizzle(v, lowHalf);',
    `${a} = i32x4.add(${a}, v);`,
    `u = i8x16.shuffle(${a}, ${a}, 0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7);`,
    ...small1,
    'v = i8x16.swizzle(v, highHalf);',
    `${a} = i32x4.add(${a}, v);`,
  ]
}

const rounds256 = (() => {
  const code = []
  for (let i = 0; i < 4; i++) {
    code.push(`let x${i} = i8x16.swizzle(v128.load(source, ${16 * i}), bigEndian);`)
    code.push(`v128.store(SCHEDULE, i32x4.add(x${i}, v128.load(K256, ${16 * i})), ${16 * i});`)
  }
  code.push('let t: u32, s: u32, r: u32, ab: u32, bc: u32 = b ^ c, u: v128, v: v128, p: v128;')
  let v = words
  for (let q = 0; q < 16; q++) {
    const rounds = []
    for (let j = 0; j < 4; j++) {
      rounds.push(...round('u32', v, [2, 13, 22], [6, 11, 25], `load<u32>(SCHEDULE, ${16 * q + 4 * j})`))
      v = rotate(v)
    }
    code.push(...interleave(rounds, q < 12 ? schedule256(q & 3) : []))
    const at = 16 * (q + 4)
    if (q < 12) code.push(`v128.store(SCHEDULE, i32x4.add(x${q & 3}, v128.load(K256, ${at})), ${at});`)
  }
  return lines(code, 4)
})()

const halves = `const lowHalf = i8x16(0, 1, 2, 3, 8, 9, 10, 11, -1, -1, -1, -1, -1, -1, -1, -1);
  const highHalf = i8x16(-1, -1, -1, -1, -1, -1, -1, -1, 0, 1, 2, 3, 8, 9, 10, 11);`
/** A digest is stored as vectors: scalar stores followed by a vector load would stall. */
const pack256 = ([a, b, c, d]) =>
  `i32x4.replace_lane(i32x4.replace_lane(i32x4.replace_lane(i32x4.splat(${a}), 1, ${b}), 2, ${c}), 3, ${d})`

export const sha256 = `// Generated by generators/sha2.mjs.
import { SCHEDULE } from '../src/memory';

const K256: usize = memory.data<u32>([${constants(64, 32)}], 16);
/** FIPS 180-4 §5.3.3. */
export const H256: usize = memory.data<u32>([${initial(0, 32)}], 16);

/** Compresses blocks of 64 bytes: from one state of eight words to another, which may be the same. */
export function sha256Blocks(from: usize, source: usize, blocks: u32, to: usize): void {
  ${halves}
  const bigEndian = i8x16(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
${lines(
  words.map((x, i) => `let ${x} = load<u32>(from, ${4 * i});`),
  2,
)}
  for (; blocks != 0; --blocks) {
${lines(
  words.map((x) => `const ${x}0 = ${x};`),
  4,
)}
${rounds256}
${lines(
  words.map((x) => `${x} += ${x}0;`),
  4,
)}
    source += 64;
  }
  v128.store(to, ${pack256(words)});
  v128.store(to, ${pack256(words.slice(4))}, 16);
}
`

// ---- SHA-512: W in eight vectors of two words, a loop of 16 rounds

const next2 = '8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23'

/** W[t], W[t+1] in place of W[t−16], W[t−15] (§6.4.2 step 1), and with their constants into u; σ0 in p, σ1 in v. */
function schedule512(q) {
  const x = (j) => `x${(q + j) & 7}`
  return [
    `u = i8x16.shuffle(${x(0)}, ${x(1)}, ${next2});`,
    'p = i64x2.shr_u(u, 1);',
    'o = i64x2.shl(u, 63);',
    `v = i64x2.shl(${x(7)}, 3);`,
    `w = i64x2.shr_u(${x(7)}, 61);`,
    'p = v128.xor(p, o);',
    'o = i8x16.swizzle(u, rotate8);',
    'v = v128.xor(v, w);',
    `w = i64x2.shr_u(${x(7)}, 19);`,
    'u = i64x2.shr_u(u, 7);',
    'p = v128.xor(p, o);',
    'v = v128.xor(v, w);',
    `w = i64x2.shl(${x(7)}, 45);`,
    'p = v128.xor(p, u);',
    'v = v128.xor(v, w);',
    `w = i64x2.shr_u(${x(7)}, 6);`,
    `u = i8x16.shuffle(${x(4)}, ${x(5)}, ${next2});`,
    'v = v128.xor(v, w);',
    `${x(0)} = i64x2.add(${x(0)}, p);`,
    'u = i64x2.add(u, v);',
    `${x(0)} = i64x2.add(${x(0)}, u);`,
    `u = i64x2.add(${x(0)}, v128.load(k, ${16 * q}));`,
  ]
}

function rounds512(load) {
  const code = []
  for (let i = 0; i < 8; i++) {
    code.push(`let x${i} = ${load(i)}; v128.store(SCHEDULE, i64x2.add(x${i}, v128.load(K512, ${16 * i})), ${16 * i});`)
  }
  const pass = (withSchedule) => {
    const steps = []
    let v = words
    for (let q = 0; q < 8; q++) {
      const rounds = []
      for (const j of [0, 1]) {
        rounds.push(...round('u64', v, [28, 34, 39], [14, 18, 41], `load<u64>(SCHEDULE, ${16 * q + 8 * j})`))
        v = rotate(v)
      }
      steps.push(...interleave(rounds, withSchedule ? schedule512(q) : []))
      if (withSchedule) steps.push(`v128.store(SCHEDULE, u, ${16 * q});`)
    }
    return steps
  }
  code.push('bc = b ^ c;', 'for (let k: usize = K512 + 128; k < K512 + 640; k += 128) {')
  code.push(...pass(true).map((line) => `  ${line}`), '}', ...pass(false))
  return lines(code, 4)
}

const prologue512 = `const rotate8 = i8x16(1, 2, 3, 4, 5, 6, 7, 0, 9, 10, 11, 12, 13, 14, 15, 8);
  let t: u64, s: u64, r: u64, ab: u64, bc: u64, u: v128, v: v128, p: v128, o: v128, w: v128;`

export const sha512 = `// Generated by generators/sha2.mjs.
import { SCHEDULE } from '../src/memory';

const K512: usize = memory.data<u64>([${constants(80, 64)}], 16);
/** FIPS 180-4 §5.3.5, and §5.3.4 for SHA-384. */
export const H512: usize = memory.data<u64>([${initial(0, 64)}], 16);
export const H384: usize = memory.data<u64>([${initial(8, 64)}], 16);

/** Compresses blocks of 128 bytes into a state of eight words. */
export function sha512Blocks(state: usize, source: usize, blocks: u32): void {
  const bigEndian = i8x16(7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8);
  ${prologue512}
${lines(
  words.map((x, i) => `let ${x} = load<u64>(state, ${8 * i});`),
  2,
)}
  for (; blocks != 0; --blocks) {
${lines(
  words.map((x) => `const ${x}0 = ${x};`),
  4,
)}
${rounds512((i) => `i8x16.swizzle(v128.load(source, ${16 * i}), bigEndian)`)}
${lines(
  words.map((x) => `${x} += ${x}0;`),
  4,
)}
    source += 128;
  }
${lines(
  words.map((x, i) => `store<u64>(state, ${x}, ${8 * i});`),
  2,
)}
}
`
