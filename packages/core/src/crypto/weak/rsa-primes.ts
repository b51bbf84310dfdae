import { KmsError } from '../../errors.ts'

/** What every key has that this or any careful generator makes (FIPS 186-5 §A.1.1): larger exponents only cost, smaller ones were attacked. */
const publicExponent = 65_537n
const leastBits = 2_048

// ROCA, CVE-2017-15361 (Nemec et al., The Return of Coppersmith's Attack, CCS 2017, §3): primes of that library are
// k·M + (65537^a mod M), M the product of the first primes. So the modulus is a power of 65537 modulo each of them.
const rocaPrimes = [
  3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113,
  127, 131, 137, 139, 149, 151, 157, 163, 167,
] as const

/** Steps of Fermat's factorisation: primes that differ in their upper half are not found by any number of them. */
const fermatSteps = 100

/**
 * Refuses RSA public keys whose private half can be found, or whose exponent is not 65537: fewer than 2,048 bits, a small factor, the pattern of
 * CVE-2017-15361 (ROCA), or two primes close to each other (CVE-2022-26320).
 * @param modulus big-endian
 * @param exponent big-endian
 * @param what it is called in the message
 * @throws `weak-key`, with the reason
 */
export function refuseWeakRsa(modulus: Uint8Array, exponent: Uint8Array, what: string): void {
  const refuse = (why: string): never => {
    throw new KmsError('weak-key', `${what} ${why}. Ask for another key.`)
  }
  const [n, e] = [integer(modulus), integer(exponent)]
  if (n < 1n << BigInt(leastBits - 1)) refuse(`has a modulus of fewer than ${leastBits} bits, which can be factored`)
  if (e !== publicExponent) {
    refuse(
      (e & 1n) === 0n || e < 3n
        ? 'has a public exponent that is even or below 3, so that it is no RSA key at all'
        : `has ${e < publicExponent ? 'a small' : 'another'} public exponent where 65537 is used: others were attacked, or only cost time`,
    )
  }
  if ((n & 1n) === 0n || rocaPrimes.some((prime) => n % BigInt(prime) === 0n)) refuse('has a small factor')
  if (hasRocaPattern(n)) refuse('was made by a library whose keys can be factored (ROCA, CVE-2017-15361)')
  if (hasClosePrimes(n)) refuse('has two primes that are close to each other, from which anyone finds them')
}

/** One modulus in 2¹⁵⁰ or so that was made otherwise has it too. */
function hasRocaPattern(n: bigint): boolean {
  return rocaPrimes.every((prime) => powersOf65537(prime).has(Number(n % BigInt(prime))))
}

function powersOf65537(prime: number): ReadonlySet<number> {
  const powers = new Set<number>()
  for (let power = 1; !powers.has(power); power = (power * (65_537 % prime)) % prime) powers.add(power)
  return powers
}

/** Fermat: n = a² − b² for an a just above √n. */
function hasClosePrimes(n: bigint): boolean {
  let a = squareRoot(n)
  if (a * a < n) a++
  for (let step = 0; step < fermatSteps; step++, a++) if (isSquare(a * a - n)) return true
  return false
}

function isSquare(x: bigint): boolean {
  // Squares end in one of 12 ways modulo 64: few numbers need the root.
  if (((0x0202021202030213n >> (x & 63n)) & 1n) === 0n) return false
  const root = squareRoot(x)
  return root * root === x
}

/** Rounded down, by Newton's method. */
function squareRoot(x: bigint): bigint {
  if (x < 2n) return x
  let root = 1n << BigInt((x.toString(2).length + 1) >> 1)
  for (;;) {
    const next = (root + x / root) >> 1n
    if (next >= root) return root
    root = next
  }
}

function integer(bytes: Uint8Array): bigint {
  let hex = '0x0'
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0')
  return BigInt(hex)
}
