import { checkPrimeSync, createDiffieHellman, createHash } from 'node:crypto'
import { KmsError, type Primitives } from '@kms/core'
import { diffieHellman } from '@kms/core/hazmat'
import { describe, expect, test } from 'vitest'
import { ffdhePrime } from '../../src/crypto/ffdhe-groups.ts'
import { createNativePrimitives } from '../../src/crypto/native-primitives.ts'
import { type FfdheGroup, FfdheKey } from '../../src/hazmat.ts'

const primitives: Primitives = createNativePrimitives()
const info = new TextEncoder().encode('a test of ffdhe')
const code = (expected: string): unknown => expect.objectContaining({ code: expected })

/** SHA-256 of each prime, big-endian, as OpenSSL 3.0 has it: `openssl genpkey -algorithm DH -pkeyopt group:ffdhe2048 -outform DER`. */
const primes: readonly (readonly [FfdheGroup, number, string])[] = [
  ['ffdhe2048', 2048, '9cd3b7f336872f46c09428d1bbc19877a4d440512cda8d1c1cf0cd6e33698966'],
  ['ffdhe3072', 3072, '0eaf67db3a839156d5013494a5318a772b5697d270d721f37f092efc69ea5a17'],
  ['ffdhe4096', 4096, '4648414224ac881b3d0dc59b466f96d06a558278776807797ecf1f66ff397b3e'],
  ['ffdhe6144', 6144, '227ac9066b3ddd9e193670cda2388fa884f65ba0cf98b742d1fe77a6687c79c7'],
  ['ffdhe8192', 8192, '770b14efaf6f049929c523113b3fa99a8d11dab1b18af3609590122075d19833'],
]

const toBytes = (integer: bigint, length: number): Uint8Array =>
  new Uint8Array(Buffer.from(integer.toString(16).padStart(length * 2, '0'), 'hex'))

describe.each(primes)('%s', (group, bits, digest) => {
  const p = ffdhePrime(group)
  const length = bits / 8

  test('its prime is that of RFC 7919, and of OpenSSL', () => {
    expect(createHash('sha256').update(toBytes(p, length)).digest('hex')).toBe(digest)
    expect(p >> (BigInt(bits) - 64n)).toBe(2n ** 64n - 1n)
    expect(p % 2n ** 64n).toBe(2n ** 64n - 1n)
  })

  test('both sides derive the same, and OpenSSL with them', async () => {
    const own = FfdheKey.generate(group)
    const other = createDiffieHellman(toBytes(p, length), 2)
    const publicKey = toBytes(BigInt(`0x${other.generateKeys('hex')}`), length)
    expect(own.publicKey.length).toBe(length)
    const secret = await own.sharedSecret(publicKey)
    expect(secret.length).toBe(length)
    expect(BigInt(`0x${Buffer.from(secret.reveal()).toString('hex')}`)).toBe(
      BigInt(`0x${other.computeSecret(own.publicKey, null, 'hex')}`),
    )
    const peer = FfdheKey.generate(group)
    const options = { info, length: 32, primitives }
    const derived = await diffieHellman(own, peer.publicKey, options)
    expect((await diffieHellman(peer, own.publicKey, options)).reveal()).toEqual(derived.reveal())
  })

  test('0, 1, p − 1, p, numbers above it, of the other half, and of other lengths are refused', async () => {
    const own = FfdheKey.generate(group)
    // −1 is no square modulo a safe prime, so of y and −y one is outside the subgroup.
    const outside = p - BigInt(`0x${Buffer.from(FfdheKey.generate(group).publicKey).toString('hex')}`)
    const integers = [0n, 1n, p - 1n, p, p + 1n, p + 4n, 2n ** BigInt(bits) - 1n, outside, p - 4n]
    for (const y of integers) {
      await expect(own.sharedSecret(toBytes(y, length)), String(y)).rejects.toEqual(code('invalid-argument'))
    }
    const { publicKey } = FfdheKey.generate(group)
    for (const wrong of [publicKey.subarray(1), Uint8Array.of(0, ...publicKey), new Uint8Array(0)]) {
      await expect(own.sharedSecret(wrong)).rejects.toBeInstanceOf(KmsError)
    }
    // 4 is a square.
    expect((await own.sharedSecret(toBytes(4n, length))).length).toBe(length)
  })
})

// The others are those that OpenSSL knows, above; a safe prime of 8192 bits takes a minute to check.
test('p and (p − 1) / 2 of ffdhe2048 and ffdhe3072 are prime', () => {
  for (const group of ['ffdhe2048', 'ffdhe3072'] as const) {
    const p = ffdhePrime(group)
    expect(checkPrimeSync(p, { checks: 10 })).toBe(true)
    expect(checkPrimeSync((p - 1n) / 2n, { checks: 10 })).toBe(true)
  }
})

test('a secret with zeros before it keeps the length of the prime', async () => {
  const own = FfdheKey.generate('ffdhe2048')
  for (let tries = 0; tries < 10_000; tries++) {
    const peer = FfdheKey.generate('ffdhe2048')
    const secret = await own.sharedSecret(peer.publicKey)
    expect(secret.length).toBe(256)
    if (secret.reveal()[0] === 0) {
      expect((await peer.sharedSecret(own.publicKey)).reveal()).toEqual(secret.reveal())
      return
    }
  }
  throw new Error('ten thousand secrets, and none begins with a zero')
})

test('a group that there is not is refused', () => {
  for (const group of ['modp14', 'ffdhe1024', 'constructor', undefined] as never[]) {
    expect(() => FfdheKey.generate(group)).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
  }
})
