import { createPublicKey, diffieHellman, generateKeyPairSync, hkdfSync, publicEncrypt } from 'node:crypto'
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
    const sent = await key.send(secret)
    const { pem } = await kms.keys.publicKey('inbox')
    const byNode = publicEncrypt({ key: pem as string, oaepHash: 'sha256' }, secret.reveal())
    await kms.keys.rotate('inbox')
    for (const bytes of [sent.bytes, byNode]) {
      expect((await key.receive(bytes, { version: sent.version })).reveal()).toEqual(secret.reveal())
      expect(await codeOf(() => key.receive(bytes))).toBe('authentication-failed')
    }
    expect(await codeOf(() => key.receive(sent.bytes.subarray(1), { version: 1 }))).toBe('authentication-failed')
    await kms.close()
  })
})

test.each([
  ['agree', 'x25519'],
  ['agree', 'p-256'],
  ['agree', 'x-wing'],
  ['transport', 'rsa-2048'],
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
