/**
 * Pseudorandom numbers that a seed and a case's number give again: sfc32 (Doty-Humphrey, PractRand), seeded by splitmix32.
 * For choosing test cases, not for keys that protect anything.
 */
export class CaseRandom {
  #a: number
  #b: number
  #c: number
  #counter = 1

  constructor(seed: number, index: number) {
    let state = (seed ^ Math.imul(index, 0x9e3779b1) ^ Math.floor(index / 2 ** 32)) >>> 0
    const split = (): number => {
      state = (state + 0x9e3779b9) | 0
      let z = state ^ (state >>> 16)
      z = Math.imul(z, 0x21f0aaad)
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
      return z ^ (z >>> 15)
    }
    this.#a = split()
    this.#b = split()
    this.#c = split()
    for (let i = 0; i < 8; i++) this.word()
  }

  /** 32 random bits. */
  word(): number {
    const result = (this.#a + this.#b + this.#counter++) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) | 0
    return result >>> 0
  }

  /** A whole number from 0 to `limit` − 1. */
  below(limit: number): number {
    return Math.floor((this.word() / 2 ** 32) * limit)
  }

  /** True once in `n` times. */
  oneIn(n: number): boolean {
    return this.below(n) === 0
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T
  }

  /** Random bytes that start anywhere in their buffer, odd offsets included, with random bytes around them. */
  bytes(length: number): Uint8Array {
    const offset = this.below(17)
    const words = new Uint32Array(Math.ceil((offset + length + this.below(9)) / 4))
    for (let i = 0; i < words.length; i++) words[i] = this.word()
    return new Uint8Array(words.buffer, offset, length)
  }
}

/** Where the code changes its way: words, blocks of the hashes and ciphers, a GCM batch, pairs of GHASH blocks. */
const boundaries = [8, 16, 32, 48, 64, 96, 112, 128, 224, 256, 352, 368, 512, 768, 1024, 2048]
/** A chunk, a sealed chunk, and what the module takes at once. */
const farBoundaries = [16_384, 16_400, 32_768, 65_536]
const furthestBoundaries = [262_144 - 64, 262_144 - 32, 262_144, 262_400]

/** A length: half of them within two bytes of a boundary, most short, a few of several chunks, now and then more than the module takes at once. */
export function anyLength(random: CaseRandom): number {
  const near = (choices: readonly number[]): number => random.pick(choices) + random.below(5) - 2
  if (random.oneIn(8192)) return near(furthestBoundaries)
  if (random.oneIn(256)) return random.oneIn(2) ? near(farBoundaries) : random.below(40_000)
  if (random.oneIn(2)) return near(boundaries)
  return random.oneIn(16) ? random.below(3000) : random.below(200)
}

/** Bytes of any length up to a limit. */
export function anyBytes(random: CaseRandom, limit: number = Number.POSITIVE_INFINITY): Uint8Array {
  return random.bytes(Math.min(anyLength(random), limit))
}

/** The same bytes in pieces, cut at random points, some of them empty. */
export function pieces(random: CaseRandom, bytes: Uint8Array): readonly Uint8Array[] {
  const cuts = [0, bytes.length]
  for (let n = random.below(5); n > 0; n--) cuts.push(random.below(bytes.length + 1))
  cuts.sort((a, b) => a - b)
  return cuts.slice(1).map((end, i) => bytes.subarray(cuts[i], end))
}
