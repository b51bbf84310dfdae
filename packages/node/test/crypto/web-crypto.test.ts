import { generateKeyPairSync, type webcrypto } from 'node:crypto'
import { Crypto as PeculiarCrypto } from '@peculiar/webcrypto'
import { expect, test } from 'vitest'
import { createNodeWebCrypto } from '../../src/crypto/web-crypto.ts'

const ours = createNodeWebCrypto()
const theirs = new PeculiarCrypto() as unknown as typeof ours
const algorithm = { name: 'Ed25519' }
const data = new Uint8Array(1_000).fill(7)

function pair(): { readonly pkcs8: Uint8Array; readonly raw: Uint8Array } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return {
    pkcs8: new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' })),
    raw: new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)),
  }
}

const imported = async ({ pkcs8, raw }: ReturnType<typeof pair>, crypto: typeof ours) => ({
  signs: await crypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']),
  verifies: await crypto.subtle.importKey('raw', raw, algorithm, true, ['verify']),
})

test('Ed25519 signs and verifies as @peculiar/webcrypto does, one or many at once', async () => {
  const keys = pair()
  const [a, b] = [await imported(keys, ours), await imported(keys, theirs)]
  const expected = new Uint8Array(await theirs.subtle.sign(algorithm, b.signs, data))
  expect(new Uint8Array(await ours.subtle.sign(algorithm, a.signs, data))).toEqual(expected)
  const many = await Promise.all(Array.from({ length: 40 }, () => ours.subtle.sign(algorithm, a.signs, data)))
  for (const signature of many) expect(new Uint8Array(signature)).toEqual(expected)
  const other = data.slice()
  other[999] = 8
  const verified = Array.from({ length: 20 }, (_, i) =>
    ours.subtle.verify(algorithm, a.verifies, expected, i % 2 === 0 ? data : other),
  )
  expect(await Promise.all(verified)).toEqual(Array.from({ length: 20 }, (_, i) => i % 2 === 0))
  expect(await ours.subtle.verify(algorithm, a.verifies, expected.slice(1), data)).toBe(false)
})

test('keys that are not Ed25519 are no Ed25519 keys, and are imported under their own name', async () => {
  const x25519 = generateKeyPairSync('x25519').privateKey.export({ format: 'der', type: 'pkcs8' })
  await expect(ours.subtle.importKey('pkcs8', x25519, algorithm, false, ['sign'])).rejects.toThrow()
  await expect(ours.subtle.importKey('raw', new Uint8Array(31), algorithm, true, ['verify'])).rejects.toThrow()
  const p256 = await ours.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
  const operation = { name: 'ECDSA', hash: 'SHA-256' }
  const signature = await ours.subtle.sign(operation, p256.privateKey, data)
  expect(await ours.subtle.verify(operation, p256.publicKey, signature, data)).toBe(true)
})

test('a key pair that is made here signs there', async () => {
  const { privateKey, publicKey } = (await ours.subtle.generateKey(algorithm, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair
  const pkcs8 = await ours.subtle.exportKey('pkcs8', privateKey)
  const signs = await theirs.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign'])
  const signature = await theirs.subtle.sign(algorithm, signs, data)
  expect(await ours.subtle.verify(algorithm, publicKey, signature, data)).toBe(true)
  const kept = (await ours.subtle.generateKey(algorithm, false, ['sign', 'verify'])) as webcrypto.CryptoKeyPair
  await expect(ours.subtle.exportKey('pkcs8', kept.privateKey)).rejects.toThrow()
})

test('a public key is given out as it came, a private one not at all', async () => {
  const keys = pair()
  const { signs, verifies } = await imported(keys, ours)
  expect(new Uint8Array((await ours.subtle.exportKey('raw', verifies)) as ArrayBuffer)).toEqual(keys.raw)
  await expect(ours.subtle.exportKey('pkcs8', signs)).rejects.toThrow()
  await expect(ours.subtle.sign(algorithm, verifies, data)).rejects.toThrow()
})

const pairs: readonly (readonly [
  webcrypto.EcKeyGenParams | webcrypto.RsaHashedKeyGenParams | { name: string },
  webcrypto.KeyUsage[],
])[] = [
  [{ name: 'Ed25519' }, ['sign', 'verify']],
  [{ name: 'ECDSA', namedCurve: 'P-384' }, ['sign', 'verify']],
  [{ name: 'ECDH', namedCurve: 'P-521' }, ['deriveBits']],
  [{ name: 'X25519' }, ['deriveBits']],
  [
    { name: 'RSA-PSS', hash: 'SHA-256', modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) },
    ['sign', 'verify'],
  ],
]

test.each(pairs)('a pair of %j goes out and into @peculiar/webcrypto, and back', async (params, usages) => {
  const made = (await ours.subtle.generateKey(params, true, usages)) as webcrypto.CryptoKeyPair
  const publicUsages = usages.filter((usage) => usage === 'verify')
  const privateUsages = usages.filter((usage) => usage !== 'verify')
  for (const [from, to] of [
    [ours, theirs],
    [theirs, ours],
  ] as const) {
    const pair =
      from === ours ? made : ((await from.subtle.generateKey(params, true, usages)) as webcrypto.CryptoKeyPair)
    const spki = await from.subtle.exportKey('spki', pair.publicKey)
    const pkcs8 = await from.subtle.exportKey('pkcs8', pair.privateKey)
    const publicKey = await to.subtle.importKey('spki', spki, params, true, publicUsages)
    const privateKey = await to.subtle.importKey('pkcs8', pkcs8, params, false, privateUsages)
    if (usages[0] === 'sign') {
      const operation = { name: params.name, hash: 'SHA-256', saltLength: 32 }
      const signature = await to.subtle.sign(operation, privateKey, data)
      expect(await from.subtle.verify(operation, pair.publicKey, signature, data)).toBe(true)
      expect(await to.subtle.verify(operation, publicKey, signature, data)).toBe(true)
    } else {
      const bits = params.name === 'X25519' ? 256 : 528
      const there = await to.subtle.deriveBits({ name: params.name, public: publicKey }, privateKey, bits)
      const here = await from.subtle.deriveBits({ name: params.name, public: pair.publicKey }, pair.privateKey, bits)
      expect(new Uint8Array(there)).toEqual(new Uint8Array(here))
    }
  }
})

test('X25519 agrees on the secret of RFC 7748 §6.1, and with nothing that is no key of an honest party', async () => {
  const x25519 = { name: 'X25519' }
  const hex = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits, 'hex'))
  const alice = hex('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a')
  const pkcs8 = Buffer.concat([hex('302e020100300506032b656e04220420'), alice])
  const own = await ours.subtle.importKey('pkcs8', pkcs8, x25519, false, ['deriveBits'])
  const bob = hex('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f')
  const secretWith = async (raw: Uint8Array, bits = 256): Promise<Uint8Array> => {
    const theirs = await ours.subtle.importKey('raw', raw, x25519, true, [])
    return new Uint8Array(await ours.subtle.deriveBits({ name: 'X25519', public: theirs }, own, bits))
  }
  expect(await secretWith(bob)).toEqual(hex('4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742'))
  await expect(secretWith(new Uint8Array(32))).rejects.toThrow()
  await expect(secretWith(bob, 128)).rejects.toThrow()
  const ed25519 = await ours.subtle.importKey('raw', pair().raw, algorithm, true, ['verify'])
  await expect(ours.subtle.deriveBits({ name: 'X25519', public: ed25519 }, own, 256)).rejects.toThrow()
  await expect(ours.subtle.exportKey('pkcs8', own)).rejects.toThrow()
})

test('an RSA key is made while the main thread goes on', async () => {
  let turns = 0
  const timer = setInterval(() => turns++, 1)
  const params = { name: 'RSA-PSS', hash: 'SHA-256', modulusLength: 4096, publicExponent: Uint8Array.of(1, 0, 1) }
  const start = performance.now()
  let longest = 0
  let last = start
  const watch = setInterval(() => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }, 1)
  await ours.subtle.generateKey(params, true, ['sign', 'verify'])
  const taken = performance.now() - start
  clearInterval(timer)
  clearInterval(watch)
  // One that blocks leaves no turn at all between its start and its end.
  expect(turns).toBeGreaterThan(taken > 50 ? 5 : 0)
  expect(longest).toBeLessThan(Math.max(taken / 2, 40))
})

const oaep = { name: 'RSA-OAEP', hash: 'SHA-256', modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) }

test.each(pairs)('what is given for %j is read at the call, and may be wiped then', async (params, usages) => {
  const made = (await ours.subtle.generateKey(params, true, usages)) as webcrypto.CryptoKeyPair
  const pkcs8 = new Uint8Array(await ours.subtle.exportKey('pkcs8', made.privateKey))
  const importing = ours.subtle.importKey('pkcs8', pkcs8, params, false, [usages[0] as webcrypto.KeyUsage])
  pkcs8.fill(0)
  const key = await importing
  if (usages[0] !== 'sign') {
    const bits = params.name === 'X25519' ? 256 : 528
    const derive = (from: typeof key) =>
      ours.subtle.deriveBits({ name: params.name, public: made.publicKey }, from, bits)
    expect(new Uint8Array(await derive(key))).toEqual(new Uint8Array(await derive(made.privateKey)))
    return
  }
  const operation = { name: params.name, hash: 'SHA-256', saltLength: 32 }
  const message = data.slice()
  const signing = ours.subtle.sign(operation, key, message)
  message.fill(0)
  const signature = new Uint8Array(await signing)
  const [copy, given] = [data.slice(), signature.slice()]
  const verifying = ours.subtle.verify(operation, made.publicKey, given, copy)
  copy.fill(0)
  given.fill(0)
  expect(await verifying).toBe(true)
})

test('what RSA encrypts is read at the call', async () => {
  const pair = (await ours.subtle.generateKey(oaep, false, ['encrypt', 'decrypt'])) as webcrypto.CryptoKeyPair
  const secret = new Uint8Array(32).fill(9)
  const encrypting = ours.subtle.encrypt('RSA-OAEP', pair.publicKey, secret)
  secret.fill(0)
  const opened = await ours.subtle.decrypt('RSA-OAEP', pair.privateKey, await encrypting)
  expect(new Uint8Array(opened)).toEqual(new Uint8Array(32).fill(9))
})

const nameOf = async (work: () => Promise<unknown>): Promise<string> => {
  try {
    await work()
    return 'nothing'
  } catch (error) {
    return (error as Error).name
  }
}

test.each([
  ['Ed25519', 'sign', 'verify'],
  ['X25519', 'deriveBits', undefined],
] as const)(
  'keys of %s are used for what they were made for, and refused as WebCrypto refuses them',
  async (name, privateUsage, publicUsage) => {
    const publicUsages = publicUsage === undefined ? [] : [publicUsage]
    const pair = (await ours.subtle.generateKey(name, true, [privateUsage, ...publicUsages])) as webcrypto.CryptoKeyPair
    expect([pair.privateKey.usages, pair.publicKey.usages]).toEqual([[privateUsage], publicUsages])
    const pkcs8 = await ours.subtle.exportKey('pkcs8', pair.privateKey)
    const raw = await ours.subtle.exportKey('raw', pair.publicKey)
    const { subtle } = ours
    const jwk = { kty: 'OKP', crv: name, x: 'AAAA' } as const
    expect(await nameOf(() => subtle.importKey('jwk', jwk, name, true, []))).toBe('NotSupportedError')
    expect(await nameOf(() => subtle.exportKey('jwk', pair.publicKey))).toBe('NotSupportedError')
    expect(await nameOf(() => subtle.importKey('pkcs8', pkcs8, name, true, []))).toBe('SyntaxError')
    expect(await nameOf(() => subtle.importKey('pkcs8', pkcs8, name, true, ['encrypt']))).toBe('SyntaxError')
    expect(await nameOf(() => subtle.importKey('raw', raw, name, true, [privateUsage]))).toBe('SyntaxError')
    expect(await nameOf(() => subtle.importKey('pkcs8', new Uint8Array(40), name, true, [privateUsage]))).toBe(
      'DataError',
    )
    expect(await nameOf(() => subtle.importKey('raw', new Uint8Array(31), name, true, []))).toBe('DataError')
    expect(await nameOf(() => subtle.generateKey(name, true, publicUsages))).toBe('SyntaxError')
    expect(await nameOf(() => subtle.generateKey(name, true, [privateUsage, 'encrypt']))).toBe('SyntaxError')
    expect(await nameOf(() => subtle.exportKey('raw', pair.privateKey))).toBe('InvalidAccessError')
    expect(await nameOf(() => subtle.sign('Ed25519', pair.publicKey, data))).toBe('InvalidAccessError')
    const useless = await subtle.importKey('raw', raw, name, true, [])
    expect(await nameOf(() => subtle.verify('Ed25519', useless, new Uint8Array(64), data))).toBe('InvalidAccessError')
    const ecdsa = { name: 'ECDSA', hash: 'SHA-256' }
    expect(await nameOf(() => subtle.sign(ecdsa, pair.privateKey, data))).toBe('InvalidAccessError')
  },
)

test('X25519 agrees with public keys of its own alone, and gives no secret of zeros', async () => {
  const { subtle } = ours
  const { privateKey, publicKey } = (await subtle.generateKey('X25519', false, [
    'deriveBits',
  ])) as webcrypto.CryptoKeyPair
  const derive = (other: webcrypto.CryptoKey, bits: number) =>
    subtle.deriveBits({ name: 'X25519', public: other }, privateKey, bits)
  const low = await subtle.importKey('raw', new Uint8Array(32), 'X25519', true, [])
  expect(await nameOf(() => derive(low, 256))).toBe('OperationError')
  expect(await nameOf(() => derive(privateKey, 256))).toBe('InvalidAccessError')
  expect(await nameOf(() => derive(publicKey, 512))).toBe('OperationError')
  await expect(subtle.exportKey('pkcs8', privateKey)).rejects.toThrow()
})
