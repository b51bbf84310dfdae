import { createHash, createPublicKey, generateKeyPairSync, verify as nodeVerify } from 'node:crypto'
import { Crypto as PeculiarCrypto } from '@peculiar/webcrypto'
import { afterEach, describe, expect, test } from 'vitest'
import type { KeySpecName, Kms } from '../../src/index.ts'
import { openSshLine, readOpenSshLine } from '../../src/key-pairs/openssh.ts'
import { codeOf, newKms, openKms } from '../kms/memory-kms.ts'

const webCryptos: readonly (readonly [string, typeof globalThis.crypto])[] = [
  ['@peculiar/webcrypto', new PeculiarCrypto() as typeof globalThis.crypto],
  ["the platform's WebCrypto", globalThis.crypto],
]
const signing: readonly KeySpecName[] = ['ed25519', 'p-256', 'p-384', 'p-521', 'rsa-2048']
const message = 'invoice 4711: 300 €'

const opened: Kms[] = []
async function kmsWith(crypto: typeof globalThis.crypto = globalThis.crypto): Promise<Kms> {
  const { kms } = await newKms({ crypto })
  opened.push(kms)
  return kms
}
afterEach(async () => {
  for (const kms of opened.splice(0)) await kms.close()
})

describe.each(webCryptos)('with %s', (_, crypto) => {
  test.each(signing)(
    'a key of %s signs, and all that it signed verifies, whichever version signed it',
    async (spec) => {
      const kms = await kmsWith(crypto)
      await kms.keys.create('invoices', { purpose: 'sign', spec })
      const key = await kms.use('invoices', { purpose: 'sign' })
      const verifier = await kms.use('invoices', { purpose: 'verify' })
      const first = await key.sign(message)
      await kms.keys.rotate('invoices')
      const second = await key.sign(message)
      expect(await verifier.verify(first, message)).toEqual({ version: '1', compromisedSince: null, destroyed: false })
      expect(await verifier.verify(second, message)).toMatchObject({ version: '2' })
      expect(await codeOf(() => verifier.verify(first, `${message}0`))).toBe('authentication-failed')
      expect(await codeOf(() => verifier.verify(first, message, { version: 2 }))).toBe('authentication-failed')
    },
  )
})

test.each(signing)(
  'node:crypto verifies what a key of %s signs, by the public key it gives out [C-90]',
  async (spec) => {
    const kms = await kmsWith()
    await kms.keys.create('invoices', { purpose: 'sign', spec })
    const key = await kms.use('invoices', { purpose: 'sign' })
    const { pem, jwk } = await kms.keys.publicKey('invoices')
    const data = Buffer.from(message)
    const options = spec.startsWith('rsa') ? { padding: 6, saltLength: 32 } : {}
    const hash = { 'p-256': 'sha256', 'p-384': 'sha384', 'p-521': 'sha512', 'rsa-2048': 'sha256' }[spec as string]
    const signature = await key.sign(message)
    const raw = { ...options, dsaEncoding: 'ieee-p1363' } as const
    expect(nodeVerify(hash ?? null, data, { key: createPublicKey(pem as string), ...raw }, signature)).toBe(true)
    expect(
      nodeVerify(
        hash ?? null,
        data,
        { key: createPublicKey({ key: jwk as object, format: 'jwk' }), ...raw },
        signature,
      ),
    ).toBe(true)
    if (!spec.startsWith('p-')) return
    const inDer = await key.sign(message, { form: 'der' })
    expect(nodeVerify(hash, data, { key: createPublicKey(pem as string) }, inDer)).toBe(true)
    const verifier = await kms.use('invoices', { purpose: 'verify' })
    expect(await verifier.verify(inDer, message, { form: 'der' })).toMatchObject({ version: '1' })
  },
)

test('who is asked for a DER of Ed25519 or of RSA says that they have one form', async () => {
  const kms = await kmsWith()
  await kms.keys.create('invoices', { purpose: 'sign' })
  const key = await kms.use('invoices', { purpose: 'sign' })
  expect(await codeOf(() => key.sign(message, { form: 'der' }))).toBe('invalid-argument')
})

test('a signature under a compromised version is genuine, and says since when it may be somebody else’s', async () => {
  const kms = await kmsWith()
  await kms.keys.create('invoices', { purpose: 'sign' })
  const key = await kms.use('invoices', { purpose: 'sign' })
  const verifier = await kms.use('invoices', { purpose: 'verify' })
  const signature = await key.sign(message)
  const since = new Date('2026-01-02T03:04:05Z')
  await kms.keys.compromise('invoices', 1, { since })
  expect(await verifier.verify(signature, message)).toEqual({ version: '1', compromisedSince: since, destroyed: false })
  expect(await codeOf(() => key.sign(message))).toBe('no-primary-version')
})

test('a key without a primary is named by id wherever the primary was asked for', async () => {
  const kms = await kmsWith()
  const { id } = await kms.keys.create('invoices', { purpose: 'sign' })
  const key = await kms.use('invoices', { purpose: 'sign' })
  await kms.keys.compromise('invoices', 1)
  const refused = { code: 'no-primary-version', keyIds: [id] }
  await expect(key.sign(message)).rejects.toMatchObject(refused)
  await expect(kms.keys.publicKey('invoices')).rejects.toMatchObject(refused)
  await expect(kms.keys.version('invoices')).rejects.toMatchObject(refused)
})

test('a disabled version neither signs nor verifies, until it is enabled', async () => {
  const kms = await kmsWith()
  await kms.keys.create('invoices', { purpose: 'sign' })
  const key = await kms.use('invoices', { purpose: 'sign' })
  const verifier = await kms.use('invoices', { purpose: 'verify' })
  const signature = await key.sign(message)
  await kms.keys.disable('invoices')
  expect(await codeOf(() => verifier.verify(signature, message))).toBe('key-disabled')
  expect(await codeOf(() => key.sign(message))).toBe('key-disabled')
  await kms.keys.enable('invoices')
  expect(await verifier.verify(signature, message)).toMatchObject({ version: '1' })
})

test('a retired version signs no more and verifies on', async () => {
  const kms = await kmsWith()
  await kms.keys.create('invoices', { purpose: 'sign' })
  const key = await kms.use('invoices', { purpose: 'sign' })
  const signature = await key.sign(message)
  await kms.keys.rotate('invoices')
  await kms.keys.retire('invoices', 1)
  const verifier = await kms.use('invoices', { purpose: 'verify' })
  expect(await verifier.verify(signature, message)).toMatchObject({ version: '1' })
  expect((await key.signed(message)).version).toBe('2')
})

test('a signature file names key and version, and verifies in another process, over parts of any size [C-94] [C-95]', async () => {
  const { kms, store } = await newKms()
  opened.push(kms)
  await kms.keys.create('releases', { purpose: 'sign', spec: 'p-384' })
  const key = await kms.use('releases', { purpose: 'sign' })
  const data = Uint8Array.from({ length: 100_000 }, (_, i) => (i * i) & 0xff)
  async function* parts(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < data.length; at += 33_333) yield data.subarray(at, at + 33_333)
  }
  const file = await key.signFile(parts())
  expect(JSON.parse(file)).toMatchObject({
    key: key.id,
    version: '1',
    spec: 'p-384',
    digest: createHash('sha512').update(data).digest('base64url'),
  })
  expect(file.endsWith('\n')).toBe(true)
  const other = await openKms(store)
  opened.push(other)
  const verifier = await other.use('releases', { purpose: 'verify' })
  expect(await verifier.verifyFile(file, data)).toMatchObject({ version: '1' })
  data[5] = (data[5] as number) ^ 1
  expect(await codeOf(() => verifier.verifyFile(file, data))).toBe('authentication-failed')
  data[5] = (data[5] as number) ^ 1
  for (const change of [
    { version: '2' },
    { spec: 'p-256' },
    { key: crypto.randomUUID() },
    { type: 'kms-signature-2' },
    { more: 1 },
  ]) {
    const changed = `${JSON.stringify(Object.fromEntries(Object.entries({ ...JSON.parse(file), ...change }).sort()))}\n`
    expect(await codeOf(() => verifier.verifyFile(changed, data))).not.toBe('no error')
  }
})

test('what this system signs itself, no caller can have signed as data [E-99]', async () => {
  const kms = await kmsWith()
  await kms.keys.create('invoices', { purpose: 'sign' })
  const key = await kms.use('invoices', { purpose: 'sign' })
  expect(await codeOf(() => key.sign('kms1/record\0{}'))).toBe('invalid-argument')
})

test('messages are signed by a managed key, and opened by who asks for its public half', async () => {
  const kms = await kmsWith()
  await kms.keys.create('ada', { purpose: 'sign' })
  await kms.keys.create('box', { purpose: 'encrypt' })
  const key = await kms.use('ada', { purpose: 'sign' })
  const { pem } = await kms.keys.publicKey('ada')
  const context = { to: 'bob' }
  const recipient = await kms.recipient('box')
  const envelope = await kms.encrypt('hello', { to: [recipient], from: key.signer(), context })
  const { data } = await kms.decryptFrom(envelope, {
    from: [pem as string],
    context,
    openers: [await kms.opener('box')],
  })
  expect(new TextDecoder().decode(data)).toBe('hello')
})

test('a handle has the calls of its purpose, and a key none of another', async () => {
  const kms = await kmsWith()
  await kms.keys.create('invoices', { purpose: 'sign' })
  await kms.keys.create('rows')
  expect(await codeOf(() => kms.use('invoices'))).toBe('invalid-argument')
  expect(await codeOf(() => kms.use('rows', { purpose: 'sign' }))).toBe('invalid-argument')
  expect(await codeOf(() => kms.encrypt('x', { key: 'invoices', context: { a: 'b' } }))).toBe('invalid-argument')
  expect(await codeOf(() => kms.use('rows', { purpose: 'nothing' as 'sign' }))).toBe('invalid-argument')
  expect(await codeOf(() => kms.keys.create('x', { purpose: 'sign', spec: 'hmac-256' }))).toBe('invalid-argument')
  const key = await kms.use('invoices', { purpose: 'sign' })
  key.release()
  expect(await codeOf(() => key.sign(message))).toBe('closed')
})

test('destroying a version destroys its private half: what it signed verifies on, and says so', async () => {
  const { kms, store } = await newKms()
  opened.push(kms)
  await kms.keys.create('invoices', { purpose: 'sign' })
  const key = await kms.use('invoices', { purpose: 'sign' })
  const signature = await key.sign(message)
  await kms.keys.rotate('invoices')
  expect(await codeOf(() => kms.keys.destroy('invoices', 1))).toBe('invalid-transition')
  await kms.keys.retire('invoices', 1)
  await kms.keys.destroy('invoices', 1)
  const other = await openKms(store)
  opened.push(other)
  for (const of of [kms, other]) {
    const verifier = await of.use('invoices', { purpose: 'verify' })
    expect(await verifier.verify(signature, message)).toEqual({ version: '1', compromisedSince: null, destroyed: true })
  }
  expect((await kms.keys.publicKey('invoices', 1)).pem).toContain('PUBLIC KEY')
})

test('what is no signature and no data is refused as that', async () => {
  const kms = await kmsWith()
  await kms.keys.create('invoices', { purpose: 'sign' })
  const verifier = await kms.use('invoices', { purpose: 'verify' })
  for (const nothing of [null, undefined, 5, 'text', [1]]) {
    expect(await codeOf(() => verifier.verify(nothing as unknown as Uint8Array, message))).toBe('invalid-argument')
    if (nothing === 'text') continue
    const signature = new Uint8Array(64)
    expect(await codeOf(() => verifier.verify(signature, nothing as unknown as Uint8Array))).toBe('invalid-argument')
  }
})

test('a public half goes out with the state of its version', async () => {
  const kms = await kmsWith()
  await kms.keys.create('invoices', { purpose: 'sign' })
  expect(await kms.keys.publicKey('invoices')).toMatchObject({ version: '1', state: 'active', compromisedSince: null })
  await kms.keys.disable('invoices', 1)
  expect(await kms.keys.publicKey('invoices')).toMatchObject({ version: '1', state: 'suspended' })
  const since = new Date('2026-01-02')
  await kms.keys.compromise('invoices', 1, { since })
  const known = await kms.keys.publicKey('invoices', 1)
  expect(known).toMatchObject({ version: '1', state: 'compromised', compromisedSince: since })
})

test('an RSA key has one line of OpenSSH', () => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const { n, e } = publicKey.export({ format: 'jwk' }) as { n: string; e: string }
  const string = (bytes: Uint8Array): Buffer => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    return Buffer.concat([length, bytes])
  }
  const zero = Buffer.from([0])
  const [modulus, exponent] = [Buffer.from(n, 'base64url'), Buffer.from(e, 'base64url')]
  const line = (...parts: Uint8Array[]): string =>
    `ssh-rsa ${Buffer.concat([Buffer.from('ssh-rsa'), ...parts].map(string)).toString('base64')}`
  const right = line(exponent, Buffer.concat([zero, modulus]))
  const { spki } = readOpenSshLine(right)
  expect(Buffer.from(spki)).toEqual(publicKey.export({ format: 'der', type: 'spki' }))
  expect(openSshLine('rsa-2048', spki, '')).toBe(right)
  const wrong = [
    line(exponent, modulus),
    line(Buffer.concat([zero, exponent]), Buffer.concat([zero, modulus])),
    line(exponent, Buffer.concat([zero, zero, modulus])),
  ]
  for (const one of wrong) expect(() => readOpenSshLine(one)).toThrow('no public key')
})
