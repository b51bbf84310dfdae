import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { expect, test, vi } from 'vitest'
import { toText } from '../../src/encoding/text.ts'
import { Secret } from '../../src/index.ts'
import {
  generateRecipientKeyPair,
  type HpkePublicKey,
  hpkePublicKey,
  publicKeyJwk,
  publicKeyPem,
  publicKeyText,
  readPublicKey,
  recipientKeyPair,
} from '../../src/public-keys/index.ts'

// RSA pairs take seconds to make on a busy machine.
vi.setConfig({ testTimeout: 120_000 })

const code = (expected: string): unknown => expect.objectContaining({ code: expected })
const sha256 = (...parts: Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest()
const types = [{ kem: 'P-256' }, { kem: 'X25519' }, { kem: 'X-Wing' }, { rsa: 2048 }] as const

/** Keys as another implementation makes and writes them. */
const foreign: readonly (readonly [string, KeyObject])[] = [
  ['P-256', generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey],
  ['X25519', generateKeyPairSync('x25519').publicKey],
  ['RSA', generateKeyPairSync('rsa', { modulusLength: 3072 }).publicKey],
]
const pem = (key: KeyObject): string => key.export({ format: 'pem', type: 'spki' }) as string

test.each(foreign)(
  'a public key of %s reads the same from PEM, DER and JWK, and is written as OpenSSL writes it',
  async (_, key) => {
    const der = key.export({ format: 'der', type: 'spki' })
    const jwk = key.export({ format: 'jwk' })
    const read = await readPublicKey(pem(key))
    expect(await readPublicKey(new Uint8Array(der))).toEqual(read)
    expect(await readPublicKey(jwk)).toEqual(read)
    expect(await readPublicKey(JSON.stringify({ ...jwk, use: 'enc', kid: 'x' }))).toEqual(read)
    expect(publicKeyPem(read)).toBe(pem(key))
    expect(publicKeyJwk(read)).toEqual(jwk)
    if (read.type === 'rsa-oaep') expect(Buffer.from(read.fingerprint)).toEqual(sha256(der).subarray(0, 16))
  },
)

test.each(['P-256', 'X25519', 'X-Wing'] as const)('the text form of %s carries kem, key and check', async (kem) => {
  const { publicKey } = await generateRecipientKeyPair({ kem })
  const key = publicKey as HpkePublicKey
  const text = publicKeyText(key)
  expect(text).toMatch(/^kmspk1[A-Za-z0-9_-]+$/)
  const bytes = Buffer.from(text.slice(6), 'base64url')
  const id = { 'P-256': 0x10, X25519: 0x20, 'X-Wing': 0x647a }[kem]
  expect(bytes.readUInt16BE(0)).toBe(id)
  expect(bytes.subarray(2, -4)).toEqual(Buffer.from(key.bytes))
  expect(bytes.subarray(-4)).toEqual(sha256(bytes.subarray(0, -4)).subarray(0, 4))
  expect(Buffer.from(key.fingerprint)).toEqual(sha256(bytes.subarray(0, -4)).subarray(0, 16))
  expect(await readPublicKey(`  ${text}\n`)).toEqual(key)
})

test('a text form that was mistyped, cut or lengthened is refused, wherever', async () => {
  const { publicKey } = await generateRecipientKeyPair({ kem: 'X25519' })
  const text = publicKeyText(publicKey)
  for (let at = 6; at < text.length; at++) {
    const changed = text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1)
    // The first characters are the kem's number, of which others may come to be.
    const expected = at < 9 ? expect.stringMatching(/^(unsupported|invalid-argument)$/) : 'invalid-argument'
    await expect(readPublicKey(changed)).rejects.toMatchObject({ code: expected })
    await expect(readPublicKey(text.slice(0, at))).rejects.toThrow(code('invalid-argument'))
  }
  await expect(readPublicKey(`${text}AA`)).rejects.toThrow(code('invalid-argument'))
  await expect(readPublicKey(`${text}=`)).rejects.toThrow(code('invalid-argument'))
})

test('RSA has no text form, and says to use the others', async () => {
  const key = await readPublicKey(pem(foreign[2]?.[1] as KeyObject))
  expect(() => publicKeyText(key)).toThrow(/PEM or JWK/)
})

test('X-Wing has no PEM and no JWK, and says to use the text form', async () => {
  const { publicKey } = await generateRecipientKeyPair({ kem: 'X-Wing' })
  expect(() => publicKeyPem(publicKey)).toThrow(/kmspk1/)
  expect(() => publicKeyJwk(publicKey)).toThrow(code('unsupported'))
})

test('a private key where a public one belongs is refused, and says so', async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  await expect(readPublicKey(privateKey.export({ format: 'jwk' }))).rejects.toThrow(/private key/)
  await expect(readPublicKey(privateKey.export({ format: 'pem', type: 'pkcs8' }) as string)).rejects.toThrow(
    /private key/,
  )
  await expect(readPublicKey(privateKey.export({ format: 'pem', type: 'sec1' }) as string)).rejects.toThrow(
    /private key/,
  )
})

test('keys of other algorithms and lengths are refused', async () => {
  const refused = [
    [generateKeyPairSync('ed25519').publicKey, 'invalid-argument'],
    [generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey, 'invalid-argument'],
    [generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey, 'invalid-argument'],
    [generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey, 'unsupported'],
  ] as const
  for (const [key, expected] of refused) await expect(readPublicKey(pem(key))).rejects.toThrow(code(expected))
  for (const nonsense of [
    '',
    'ssh-ed25519 AAAA',
    '{',
    '[]',
    '{}',
    'kmspk1',
    'kmspk1AA',
    'kmspk1ABA',
    '-----BEGIN PUBLIC KEY-----',
  ]) {
    await expect(readPublicKey(nonsense), nonsense).rejects.toThrow(code('invalid-argument'))
  }
  await expect(readPublicKey('kmspk1__8AAAAAAAAAAAAA')).rejects.toThrow(code('unsupported'))
})

test('what is no point on P-256 is refused, as is a compressed one', async () => {
  const { bytes } = (await generateRecipientKeyPair({ kem: 'P-256' })).publicKey
  const off = bytes.slice()
  off[64] = (off[64] as number) ^ 1
  await expect(hpkePublicKey('P-256', off)).rejects.toThrow(code('invalid-argument'))
  const hybrid = bytes.slice()
  hybrid[0] = 6 + ((bytes[64] as number) & 1)
  await expect(hpkePublicKey('P-256', hybrid)).rejects.toThrow(code('invalid-argument'))
  await expect(hpkePublicKey('P-256', bytes.subarray(0, 33))).rejects.toThrow(code('invalid-argument'))
})

test.each([
  ['an exponent of 1', 'AQ', 0x01],
  ['an even exponent', 'AQAA', 0x01],
  ['an exponent of more than 64 bits', toText(new Uint8Array(9).fill(1)), 0x01],
  ['an even modulus', 'AQAB', 0x02],
])('an RSA key with %s is refused', async (_what, e, last) => {
  const modulus = new Uint8Array(256).fill(0xc5)
  modulus[255] = last
  await expect(readPublicKey({ kty: 'RSA', n: toText(modulus), e })).rejects.toMatchObject({ code: 'invalid-argument' })
})

test('an RSA key in another encoding of the same numbers is refused: it would have another fingerprint', async () => {
  const der = new Uint8Array(createPublicKey(pem(foreign[2]?.[1] as KeyObject)).export({ format: 'der', type: 'spki' }))
  for (const at of [1, 20]) {
    const changed = new Uint8Array([...der.subarray(0, at), ...der.subarray(at - 1)])
    await expect(readPublicKey(changed)).rejects.toThrow(code('invalid-argument'))
  }
  await expect(readPublicKey(new Uint8Array([...der, 0]))).rejects.toThrow(code('invalid-argument'))
  for (let length = 0; length < der.length; length++) {
    await expect(readPublicKey(der.subarray(0, length))).rejects.toThrow(code('invalid-argument'))
  }
})

test.each(types)('a pair of %j is put together again from its halves, and not from others', async (type) => {
  const pair = await generateRecipientKeyPair(type)
  const again = await recipientKeyPair(pair.publicKey, Secret.copy(pair.privateKey.reveal()))
  expect(again.publicKey).toBe(pair.publicKey)
  const other = await generateRecipientKeyPair(type)
  await expect(recipientKeyPair(pair.publicKey, other.privateKey)).rejects.toThrow(code('invalid-argument'))
  await expect(recipientKeyPair(pair.publicKey, Secret.copy(new Uint8Array(31)))).rejects.toThrow(
    code('invalid-argument'),
  )
})

test('a private key never prints', async () => {
  const pair = await generateRecipientKeyPair()
  const hex = Buffer.from(pair.privateKey.reveal()).toString('hex')
  expect(JSON.stringify(pair)).not.toContain(hex)
  expect(`${pair.privateKey}`).toBe('[redacted]')
})
