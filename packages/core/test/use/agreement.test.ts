import { createECDH, createPublicKey, diffieHellman, generateKeyPairSync, hkdfSync, publicEncrypt } from 'node:crypto'
import { p256 } from '@noble/curves/nist.js'
import { Crypto as PeculiarCrypto } from '@peculiar/webcrypto'
import { describe, expect, test } from 'vitest'
import { Secret } from '../../src/index.ts'
import { codeOf, newKms } from '../kms/memory-kms.ts'

const webCryptos: readonly (readonly [string, typeof globalThis.crypto])[] = [
  ['@peculiar/webcrypto', new PeculiarCrypto() as typeof globalThis.crypto],
  ["the platform's WebCrypto", globalThis.crypto],
]

describe.each(webCryptos)('with %s', (_, crypto) => {
  test.each(['x25519', 'p-256', 'p-384', 'p-521'] as const)('two keys of %s agree on one key', async (spec) => {
    const { kms: one } = await newKms({ crypto })
    const { kms: two } = await newKms({ crypto })
    for (const kms of [one, two]) await kms.keys.create('peer', { purpose: 'agree', spec })
    const [ours, theirs] = [await one.use('peer', { purpose: 'agree' }), await two.use('peer', { purpose: 'agree' })]
    const { pem } = await two.keys.publicKey('peer')
    const { jwk } = await one.keys.publicKey('peer')
    const a = await ours.agree(pem as string, { info: 'backup' })
    const b = await theirs.agree(jwk as object as { kty: string }, { info: 'backup' })
    expect(a.version).toBe('1')
    expect(a.key.length).toBe(32)
    expect(b.key.reveal()).toEqual(a.key.reveal())
    const other = await ours.agree(pem as string, { info: 'restore' })
    expect(other.key.reveal()).not.toEqual(a.key.reveal())
    await one.close()
    await two.close()
  })

  test.each(['rsa-2048'] as const)('a key is sent to a key of %s, by whoever has its public half', async (spec) => {
    const { kms } = await newKms({ crypto })
    await kms.keys.create('inbox', { purpose: 'transport', spec })
    const key = await kms.use('inbox', { purpose: 'transport' })
    const secret = Secret.copy(Uint8Array.from({ length: 32 }, (_, i) => i * 3))
    const sent = await key.wrapKey(secret)
    const { pem } = await kms.keys.publicKey('inbox')
    const byNode = publicEncrypt({ key: pem as string, oaepHash: 'sha256' }, secret.reveal())
    await kms.keys.rotate('inbox')
    for (const bytes of [sent.bytes, byNode]) {
      expect((await key.unwrapKey(bytes, { version: sent.version })).reveal()).toEqual(secret.reveal())
      expect(await codeOf(() => key.unwrapKey(bytes))).toBe('authentication-failed')
    }
    expect(await codeOf(() => key.unwrapKey(sent.bytes.subarray(1), { version: 1 }))).toBe('authentication-failed')
    await kms.close()
  })
})

test.each([
  ['agree', 'x25519'],
  ['agree', 'p-256'],
  ['agree', 'x-wing'],
] as const)('what was sealed to a key to %s of %s opens, also after it was rotated', async (purpose, spec) => {
  const { kms } = await newKms()
  await kms.keys.create('inbox', { purpose, spec })
  const context = { to: 'inbox' }
  const to = [await kms.recipient('inbox')]
  const before = await kms.encrypt('before', { to, context })
  await kms.keys.rotate('inbox')
  const after = await kms.encrypt('after', { to, context })
  const openers = [await kms.opener('inbox')]
  expect(await kms.decryptText(before, { openers, context })).toBe('before')
  expect(await kms.decryptText(after, { openers, context })).toBe('after')
  await kms.keys.disable('inbox', 1)
  expect(await codeOf(() => kms.decrypt(before, { openers, context }))).toBe('key-disabled')
  await kms.keys.compromise('inbox', 1)
  expect(await codeOf(() => kms.decrypt(before, { openers, context }))).toBe('version-compromised')
  const leaving = [await kms.reencryptionOpener('inbox')]
  expect(await kms.decryptText(before, { openers: leaving, context })).toBe('before')
  await kms.close()
})

test('public keys that are none, of another spec, or of small order are refused [C-93]', async () => {
  const { kms } = await newKms()
  await kms.keys.create('curve', { purpose: 'agree' })
  await kms.keys.create('nist', { purpose: 'agree', spec: 'p-256' })
  const [curve, nist] = [await kms.use('curve', { purpose: 'agree' }), await kms.use('nist', { purpose: 'agree' })]
  const info = 'test'
  const { pem } = await kms.keys.publicKey('nist')
  expect(await codeOf(() => curve.agree(pem as string, { info }))).toBe('invalid-argument')
  const low = { kty: 'OKP', crv: 'X25519', x: Buffer.alloc(32).toString('base64url') }
  expect(await codeOf(() => curve.agree(low, { info }))).toBe('invalid-argument')
  const off = {
    kty: 'EC',
    crv: 'P-256',
    x: Buffer.alloc(32, 1).toString('base64url'),
    y: Buffer.alloc(32, 2).toString('base64url'),
  }
  expect(await codeOf(() => nist.agree(off, { info }))).toBe('invalid-argument')
  const { privateKey } = generateKeyPairSync('x25519')
  const jwk = privateKey.export({ format: 'jwk' }) as { kty: string }
  expect(await codeOf(() => curve.agree(jwk, { info }))).toBe('invalid-argument')
  await kms.close()
})

test('an agreed key is HKDF over the shared secret that node:crypto computes [C-92]', async () => {
  const { kms } = await newKms()
  await kms.keys.create('curve', { purpose: 'agree' })
  const key = await kms.use('curve', { purpose: 'agree' })
  const { publicKey, privateKey } = generateKeyPairSync('x25519')
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  const { bytes, pem } = await kms.keys.publicKey('curve')
  const secret = diffieHellman({ privateKey, publicKey: createPublicKey(pem as string) })
  const [first, second] = [Buffer.from(bytes), spki].sort(Buffer.compare) as [Buffer, Buffer]
  const info = Buffer.concat([Buffer.from('kms1/agree\0'), Buffer.from([0, 0, 0, 32]), first, second, Buffer.from('x')])
  const expected = new Uint8Array(hkdfSync('sha512', secret, '', info, 32))
  expect((await key.agree(spki, { info: 'x' })).key.reveal()).toEqual(expected)
  await kms.close()
})

test('keys that transport are no recipients and open no envelopes: unwrapKey would be an opener of what was sealed to them', async () => {
  const { kms } = await newKms()
  await kms.keys.create('old', { purpose: 'transport', spec: 'rsa-2048' })
  await expect(kms.recipient('old')).rejects.toMatchObject({
    code: 'invalid-argument',
    message: expect.stringContaining('agree'),
  })
  expect(await codeOf(() => kms.opener('old'))).toBe('invalid-argument')
  expect(await codeOf(() => kms.reencryptionOpener('old'))).toBe('invalid-argument')
  await kms.close()
})

test.each([
  [0, 'authentication-failed'],
  [15, 'authentication-failed'],
  [16, 'no error'],
  [64, 'no error'],
  [65, 'authentication-failed'],
  [190, 'authentication-failed'],
])('%i bytes that were sent end with %s', async (length, expected) => {
  const { kms } = await newKms()
  await kms.keys.create('old', { purpose: 'transport', spec: 'rsa-2048' })
  const key = await kms.use('old', { purpose: 'transport' })
  const { pem } = await kms.keys.publicKey('old')
  const sent = publicEncrypt({ key: pem as string, oaepHash: 'sha256' }, new Uint8Array(length))
  expect(await codeOf(() => key.unwrapKey(sent))).toBe(expected)
  await kms.close()
})

test('a private half that the platform did not take once is brought in again', async () => {
  let refusals = 0
  const subtle = new Proxy(globalThis.crypto.subtle, {
    get:
      (target, name) =>
      (...of: unknown[]) => {
        if (name === 'importKey' && of[0] === 'pkcs8' && refusals-- > 0) return Promise.reject(new Error('busy'))
        return Reflect.apply(Reflect.get(target, name) as () => unknown, target, of)
      },
  })
  const platform = { subtle, getRandomValues: globalThis.crypto.getRandomValues.bind(globalThis.crypto) }
  const { kms } = await newKms({ crypto: platform as typeof globalThis.crypto })
  await kms.keys.create('curve', { purpose: 'agree', spec: 'p-256' })
  refusals = 1
  const key = await kms.use('curve', { purpose: 'agree' })
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'der', type: 'spki' })
  expect(await codeOf(() => key.agree(other, { info: 'x' }))).toBe('invalid-argument')
  expect((await key.agree(other, { info: 'x' })).version).toBe('1')
  await kms.close()
})

test('a shared secret with x = 0 is a shared secret on a NIST curve', async () => {
  const { kms } = await newKms()
  // A scalar d, and the public key of d⁻¹ · (0, √b): together they give (0, √b).
  const { Point } = p256
  const scalar = 0x7ab0123456789fedcba9876543210f0e1d2c3b4a59687766554433221100ffedn
  const zeroX = Point.fromAffine({
    x: 0n,
    y: 0x66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4n,
  })
  const other = zeroX.multiply(Point.Fn.inv(scalar)).toBytes(false)
  const ecdh = createECDH('prime256v1')
  ecdh.setPrivateKey(scalar.toString(16), 'hex')
  const own = ecdh.getPublicKey()
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')
  const coordinates = (point: Uint8Array) => ({ x: text(point.subarray(1, 33)), y: text(point.subarray(33)) })
  const jwk = { kty: 'EC', crv: 'P-256', ...coordinates(own), d: text(ecdh.getPrivateKey()) }
  await kms.keys.import('curve', jwk, { purpose: 'agree' })
  const key = await kms.use('curve', { purpose: 'agree' })
  const agreed = await key.agree({ kty: 'EC', crv: 'P-256', ...coordinates(other) }, { info: 'x' })
  expect(agreed.key.length).toBe(32)
  await kms.close()
})
