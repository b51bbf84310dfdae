/** Finite-field groups of RFC 7919 appendix A, by their bits. */
export type FfdheGroup = 'ffdhe2048' | 'ffdhe3072' | 'ffdhe4096' | 'ffdhe6144' | 'ffdhe8192'

/** Bits of p, and what makes p and q = (p − 1) / 2 prime. */
const groups: Readonly<Record<FfdheGroup, readonly [bits: number, x: bigint]>> = {
  ffdhe2048: [2048, 560_316n],
  ffdhe3072: [3072, 2_625_351n],
  ffdhe4096: [4096, 5_736_041n],
  ffdhe6144: [6144, 15_705_020n],
  ffdhe8192: [8192, 10_965_728n],
}

export const ffdheGroups = Object.keys(groups) as readonly FfdheGroup[]

const primes = new Map<FfdheGroup, bigint>()

/**
 * The safe prime of a group, whose generator is 2: `p = 2^b − 2^(b−64) + (⌊2^(b−130) · e⌋ + X) · 2^64 − 1` (RFC 7919 appendix A). Computed from
 * Euler's number, in a millisecond, once.
 */
export function ffdhePrime(group: FfdheGroup): bigint {
  let prime = primes.get(group)
  if (prime === undefined) {
    const [bits, x] = groups[group]
    const b = BigInt(bits)
    prime = (1n << b) - (1n << (b - 64n)) + ((eulersNumber(b - 130n) + x) << 64n) - 1n
    primes.set(group, prime)
  }
  return prime
}

/** `⌊2^bits · e⌋`: the sum of 1/k!, with 64 bits to spare for what the divisions cut off. */
function eulersNumber(bits: bigint): bigint {
  const spare = 64n
  let sum = 0n
  let term = 1n << (bits + spare)
  for (let k = 1n; term > 0n; k++) {
    sum += term
    term /= k
  }
  return sum >> spare
}
