import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { publicKeyRecipient, readPublicKey } from '../../../src/envelope.ts'
import { createWasmPrimitives } from '../../../src/hazmat.ts'

const primitives = createWasmPrimitives()

/** What a recipient of that modulus and exponent is refused with, or nothing. */
async function refusal(n: bigint, e = 65_537n): Promise<string | undefined> {
  const base64url = (x: bigint): string => {
    const hex = x.toString(16)
    return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url')
  }
  const publicKey = await readPublicKey({ kty: 'RSA', n: base64url(n), e: base64url(e), alg: 'RSA-OAEP-256' })
  try {
    publicKeyRecipient(publicKey, { primitives })
    return undefined
  } catch (error) {
    expect(error).toMatchObject({ code: 'weak-key' })
    return (error as Error).message
  }
}

const modulusOf = (bits: number): bigint => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: bits })
  return integer(publicKey.export({ format: 'jwk' }).n as string)
}
const integer = (base64url: string): bigint => BigInt(`0x${Buffer.from(base64url, 'base64url').toString('hex')}`)
const random = (bits: number): bigint =>
  BigInt(`0x${Buffer.from(crypto.getRandomValues(new Uint8Array(bits / 8))).toString('hex')}`) |
  (1n << BigInt(bits - 1))

describe('an RSA public key is sealed to', () => {
  test('of 2048, 3072 and 4096 bits, made by OpenSSL', async () => {
    for (const bits of [2048, 2048, 3072, 4096]) expect(await refusal(modulusOf(bits))).toBeUndefined()
  })

  test('not with another exponent than 65537', async () => {
    const n = modulusOf(2048)
    for (const e of [3n, 17n, 35n]) expect(await refusal(n, e)).toContain('a small public exponent')
    expect(await refusal(n, 65_539n)).toContain('another public exponent')
  })

  test('not with a small factor', async () => {
    const n = modulusOf(2048)
    for (const prime of [3n, 7n, 163n]) {
      const multiple = (n / prime) * prime
      expect(await refusal(multiple % 2n === 0n ? multiple - prime : multiple)).toContain('small factor')
    }
  })
})

describe('ROCA (CVE-2017-15361)', () => {
  const primes: bigint[] = []
  for (let n = 2n; primes.length < 126; n++) if (primes.every((prime) => n % prime !== 0n)) primes.push(n)
  const M = primes.reduce((product, prime) => product * prime, 1n)

  function power(base: bigint, exponent: bigint): bigint {
    let result = 1n
    for (let b = base, e = exponent; e > 0n; e >>= 1n, b = (b * b) % M) if (e & 1n) result = (result * b) % M
    return result
  }

  /** As the library made them, but for being prime, which the pattern does not depend on: k·M + (65537^a mod M), of 1,024 bits. */
  function factor(): bigint {
    const k = ((1n << 1024n) - 1n) / M - (random(64) >> 40n)
    return k * M + power(65_537n, random(64))
  }

  test('a modulus of that pattern is refused, always', async () => {
    for (let i = 0; i < 10; i++) expect(await refusal(factor() * factor())).toContain('ROCA')
  })

  test('one factor of that pattern alone does not make it', async () => {
    const n = factor() * ((1n << 1024n) - 1n - (random(1000) | 1n) * 2n)
    // Mostly it has another small factor, and is refused for that.
    expect((await refusal(n)) ?? 'not refused').not.toContain('ROCA')
  })
})

describe('primes that are close to each other', () => {
  test.each([0n, 2n, 1n << 100n, 1n << 500n])('p and p + %i are refused', async (distance) => {
    // Without small factors, which are found first.
    let p = random(1024) | (1n << 1023n) | (1n << 1022n) | 1n
    const small = (n: bigint): boolean =>
      [
        3n,
        5n,
        7n,
        11n,
        13n,
        17n,
        19n,
        23n,
        29n,
        31n,
        37n,
        41n,
        43n,
        47n,
        53n,
        59n,
        61n,
        67n,
        71n,
        73n,
        79n,
        83n,
        89n,
        97n,
        101n,
        103n,
        107n,
        109n,
        113n,
        127n,
        131n,
        137n,
        139n,
        149n,
        151n,
        157n,
        163n,
        167n,
      ].some((prime) => n % prime === 0n)
    while (small(p) || small(p + distance)) p += 2n
    expect(await refusal(p * (p + distance))).toContain('close to each other')
  })

  test('as far apart as random ones are not', async () => {
    const odd = fc.bigInt({ min: 3n << 1022n, max: (1n << 1024n) - 1n })
    await fc.assert(
      fc.asyncProperty(odd, odd, async (p, q) => {
        fc.pre(p - q > 1n << 600n || q - p > 1n << 600n)
        expect((await refusal((p | 1n) * (q | 1n))) ?? '').not.toContain('close')
      }),
      { numRuns: 30 },
    )
  })
})
