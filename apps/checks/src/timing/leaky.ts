import { randomBytes } from 'node:crypto'
import type { Target } from './measure.ts'

// What the module is not: code that leaks, to show that the harness sees it.

/** Compares and stops at the first difference. */
function earlyExit(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return 0
  return 1
}

function earlyExitCompare(): Target {
  const genuine = randomBytes(32)
  const place = new Uint8Array(32)
  return {
    name: 'leaky: compare with an early exit',
    length: 32,
    batch: 16,
    fixed: genuine,
    call(tag) {
      place.set(tag)
      return earlyExit(place, genuine)
    },
  }
}

/** SubBytes and MixColumns as four tables of 256 words (Daemen and Rijmen, "The Design of Rijndael", §4.2). */
function roundTables(): Uint32Array {
  const sbox = new Uint8Array(256)
  for (let p = 1, q = 1, first = true; first || p !== 1; first = false) {
    p = (p ^ (p << 1) ^ (p & 0x80 ? 0x11b : 0)) & 0xff
    q ^= q << 1
    q ^= q << 2
    q ^= q << 4
    q &= 0xff
    if (q & 0x80) q ^= 0x09
    sbox[p] = q ^ rotate8(q, 1) ^ rotate8(q, 2) ^ rotate8(q, 3) ^ rotate8(q, 4) ^ 0x63
  }
  sbox[0] = 0x63
  const tables = new Uint32Array(1024)
  for (let x = 0; x < 256; x++) {
    const s = sbox[x] as number
    const s2 = ((s << 1) ^ (s & 0x80 ? 0x11b : 0)) & 0xff
    const word = ((s2 << 24) | (s << 16) | (s << 8) | (s2 ^ s)) >>> 0
    for (let i = 0; i < 4; i++) tables[256 * i + x] = (word >>> (8 * i)) | (word << (32 - 8 * i))
  }
  return tables
}

function rotate8(x: number, by: number): number {
  return ((x << by) | (x >>> (8 - by))) & 0xff
}

/** The same for two bytes of a column at a time, 2 × 65,536 words: half the look-ups, and more than a first-level cache holds. */
function pairTables(): Uint32Array {
  const tables = roundTables()
  const pairs = new Uint32Array(131_072)
  for (let x = 0; x < 65_536; x++) {
    const [high, low] = [x >>> 8, x & 255]
    pairs[x] = (tables[high] as number) ^ (tables[256 + low] as number)
    pairs[65_536 + x] = (tables[512 + high] as number) ^ (tables[768 + low] as number)
  }
  return pairs
}

/** The rounds of AES-256 by tables, over random round keys: which lines of the cache are read depends on key and state. */
function tableRounds(pairs: Uint32Array, keys: Uint32Array, input: Uint32Array): number {
  let a = (input[0] as number) ^ (keys[0] as number)
  let b = (input[1] as number) ^ (keys[1] as number)
  let c = (input[2] as number) ^ (keys[2] as number)
  let d = (input[3] as number) ^ (keys[3] as number)
  for (let round = 4; round < 60; round += 4) {
    const e = mix(pairs, a, b, c, d) ^ (keys[round] as number)
    const f = mix(pairs, b, c, d, a) ^ (keys[round + 1] as number)
    const g = mix(pairs, c, d, a, b) ^ (keys[round + 2] as number)
    d = mix(pairs, d, a, b, c) ^ (keys[round + 3] as number)
    a = e
    b = f
    c = g
  }
  return a ^ b ^ c ^ d
}

/** A column of the next state, of the bytes that ShiftRows brings together. */
function mix(pairs: Uint32Array, w: number, x: number, y: number, z: number): number {
  const upper = ((w >>> 16) & 0xff00) | ((x >>> 16) & 0xff)
  const lower = (y & 0xff00) | (z & 0xff)
  return (pairs[upper] as number) ^ (pairs[65_536 + lower] as number)
}

function tableAes(): Target {
  const pairs = pairTables()
  const keys = new Uint32Array(new Uint8Array(randomBytes(240)).buffer)
  const place = new Uint32Array(4)
  const bytes = new Uint8Array(place.buffer)
  return {
    name: 'leaky: AES by tables',
    length: 16,
    batch: 8,
    fixed: randomBytes(16),
    call(block) {
      bytes.set(block)
      return tableRounds(pairs, keys, place)
    },
  }
}

/** Both are found, or the harness sees nothing. */
export function leakyTargets(): readonly Target[] {
  return [earlyExitCompare(), tableAes()]
}
