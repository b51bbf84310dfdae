import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  verify,
} from 'node:crypto'
import { expect, test } from 'vitest'
import { createWasmPrimitives } from '../../src/crypto/wasm/index.ts'
import { passwordOpener, passwordRecipient } from '../../src/envelope.ts'
import { type GivenMaterial, type KeySpecName, noContext, Secret } from '../../src/index.ts'
import { codeOf, newKms } from './memory-kms.ts'

const primitives = createWasmPrimitives()

const pairs: readonly (readonly [KeySpecName, () => KeyObject, string | null])[] = [
  ['ed25519', () => generateKeyPairSync('ed25519').privateKey, null],
  ['p-256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'sha256'],
  ['p-384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey, 'sha384'],
  ['p-521', () => generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey, 'sha512'],
  ['rsa-2048', () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, 'sha256'],
]
const pss = (spec: string): object => (spec.startsWith('rsa') ? { padding: 6, saltLength: 32 } : {})

const forms: readonly (readonly [string, (key: KeyObject) => GivenMaterial])[] = [
  ['PKCS#8 in DER', (key) => new Uint8Array(key.export({ format: 'der', type: 'pkcs8' }))],
  ['PKCS#8 in PEM', (key) => key.export({ format: 'pem', type: 'pkcs8' }) as string],
  ['JWK', (key) => key.export({ format: 'jwk' }) as { kty: string }],
  ['JWK as text', (key) => JSON.stringify(key.export({ format: 'jwk' }))],
]

test.each(
  pairs.flatMap(([spec, make, hash]) => forms.map(([form, write]) => [spec, form, make, hash, write] as const)),
)('a private key of %s as %s becomes a key, and signs as it did before', async (spec, _, make, hash, write) => {
  const { kms } = await newKms()
  const own = make()
  const info = await kms.keys.import('partner', write(own), { purpose: 'sign', method: 'from the old system' })
  expect(info).toMatchObject({
    spec,
    purpose: 'sign',
    versions: [{ origin: 'imported', method: 'from the old system' }],
  })
  const key = await kms.use('partner', { purpose: 'sign' })
  const options = { key: createPublicKey(own), dsaEncoding: 'ieee-p1363', ...pss(spec) } as const
  expect(verify(hash, Buffer.from('data'), options, await key.sign('data'))).toBe(true)
  const verifier = await kms.use('partner', { purpose: 'verify' })
  const theirs = sign(hash, Buffer.from('data'), { key: own, dsaEncoding: 'ieee-p1363', ...pss(spec) })
  expect(await verifier.verify(theirs, 'data')).toMatchObject({ version: '1' })
  await kms.close()
})

test.each(pairs)(
  'an exportable key of %s goes out as PKCS#8 under a password, which OpenSSL opens, and comes back',
  async (spec, make) => {
    const { kms } = await newKms()
    const password = Secret.fromPassword('correct horse')
    await kms.keys.create('mine', { purpose: 'sign', spec, exportable: true })
    const pem = await kms.keys.export('mine', { password, reason: 'moves' })
    const key = createPrivateKey({ key: pem, passphrase: 'correct horse' })
    const { pem: publicPem } = await kms.keys.publicKey('mine')
    expect(createPublicKey(key).export({ format: 'pem', type: 'spki' })).toBe(publicPem)

    const { kms: other } = await newKms()
    await other.keys.import('theirs', pem, { purpose: 'sign', password })
    expect((await other.keys.publicKey('theirs')).pem).toBe(publicPem)
    expect(await codeOf(() => other.keys.import('x', pem, { purpose: 'sign' }))).toBe('invalid-argument')
    const wrong = Secret.fromPassword('wrong horse')
    expect(await codeOf(() => other.keys.import('x', pem, { purpose: 'sign', password: wrong }))).toBe(
      'authentication-failed',
    )
    // What OpenSSL itself encrypts opens too.
    const theirs = make().export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'correct horse' })
    await other.keys.import('openssl', theirs as string, { purpose: 'sign', password })
    await kms.close()
    await other.close()
  },
)

test.each([
  ['symmetric-256', 'encrypt', 32],
  ['symmetric-128', 'encrypt', 16],
  ['hmac-512', 'mac', 64],
] as const)(
  'a symmetric key of %s goes out to recipients, and comes back as raw bytes',
  async (spec, purpose, length) => {
    const { kms } = await newKms()
    await kms.keys.create('mine', { purpose, spec, exportable: true })
    const password = Secret.fromPassword('correct horse')
    const to = [passwordRecipient(password, { primitives, kdf: 'pbkdf2' })]
    const context = { what: 'key mine' }
    const envelope = await kms.keys.export('mine', { to, context })
    const bytes = await kms.decrypt(envelope, { openers: [passwordOpener(password, { primitives })], context })
    expect(bytes).toHaveLength(length)
    expect(await codeOf(() => kms.keys.export('mine', { password }))).toBe('invalid-argument')
    expect(await codeOf(() => kms.keys.import('again', bytes.slice(), { purpose, spec }))).toBe('invalid-argument')
    const { kms: other } = await newKms()
    const given = bytes.slice()
    await other.keys.import('mine', given, { purpose, spec })
    expect(given.every((byte) => byte === 0)).toBe(true)
    await kms.close()
    await other.close()
  },
)

test('a key that was not made exportable stays, and each export is in the log before anything goes out', async () => {
  const { kms, store } = await newKms()
  await kms.keys.create('stays', { purpose: 'sign' })
  const password = Secret.fromPassword('correct horse')
  expect(await codeOf(() => kms.keys.export('stays', { password }))).toBe('not-permitted')
  await kms.keys.create('goes', { purpose: 'sign', exportable: true })
  await kms.keys.export('goes', { password, reason: 'audit' })
  const log = (await store.list('log', '', '', 100)).map(({ bytes }) => new TextDecoder().decode(bytes))
  const exports = log.filter((entry) => entry.includes('"key.export"'))
  expect(exports).toHaveLength(1)
  expect(exports[0]).toContain('audit; given out under a password')
  await kms.keys.disable('goes')
  expect(await codeOf(() => kms.keys.export('goes', { password }))).toBe('key-disabled')
  const requestId = crypto.randomUUID()
  await kms.keys.enable('goes')
  await kms.keys.export('goes', { password, requestId })
  expect(await codeOf(() => kms.keys.export('goes', { password, requestId }))).toBe('conflict')
  await kms.close()
})

test('weak private keys are refused, with the reason', async () => {
  const { kms } = await newKms()
  const refused = async (given: GivenMaterial, options: object): Promise<string> => {
    try {
      await kms.keys.import('weak', given, options)
      return 'nothing'
    } catch (error) {
      return (error as Error).message
    }
  }
  // RFC 8032 §7.1, test 1.
  const published = Buffer.from(
    '302e020100300506032b6570042204209d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'hex',
  )
  expect(await refused(new Uint8Array(published), { purpose: 'sign' })).toContain('published')
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey
  expect(await refused(small.export({ format: 'pem', type: 'pkcs8' }) as string, { purpose: 'sign' })).toContain(
    '1024 bits',
  )
  const exponent = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).privateKey
  expect(await refused(exponent.export({ format: 'pem', type: 'pkcs8' }) as string, { purpose: 'sign' })).toContain(
    'exponent',
  )
  expect(await refused(new Uint8Array(32).fill(7), { purpose: 'mac', spec: 'hmac-256' })).toContain('same')
  expect(await refused(new Uint8Array(randomBytes(31)), { purpose: 'mac' })).toContain('32 bytes')
  await kms.close()
})

test('halves of two pairs, public keys, and other algorithms are no private keys', async () => {
  const { kms } = await newKms()
  const [one, two] = [0, 1].map(() =>
    generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }),
  )
  const mixed = { ...one, n: two?.n } as { kty: string }
  expect(await codeOf(() => kms.keys.import('x', mixed, { purpose: 'sign' }))).toBe('invalid-argument')
  const pem = generateKeyPairSync('ed25519').publicKey.export({ format: 'pem', type: 'spki' }) as string
  expect(await codeOf(() => kms.keys.import('x', pem, { purpose: 'sign' }))).toBe('invalid-argument')
  const dsa = generateKeyPairSync('ed448').privateKey.export({ format: 'pem', type: 'pkcs8' }) as string
  expect(await codeOf(() => kms.keys.import('x', dsa, { purpose: 'sign' }))).toBe('invalid-argument')
  const ed = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }) as string
  expect(await codeOf(() => kms.keys.import('x', ed, { purpose: 'agree' }))).toBe('invalid-argument')
  for (const text of ['', '{', '{}', '-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----', 'ssh-ed25519 AAAA']) {
    expect(await codeOf(() => kms.keys.import('x', text, { purpose: 'sign' }))).toBe('invalid-argument')
  }
  await kms.close()
})

test('a version of a pair is added from outside, and the same material does not come twice', async () => {
  const { kms } = await newKms()
  await kms.keys.create('signing', { purpose: 'sign' })
  const pem = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }) as string
  const { version } = await kms.keys.importVersion('signing', pem)
  await kms.rotations.rotate('signing', { to: version, urgent: true })
  const key = await kms.use('signing', { purpose: 'sign' })
  expect((await key.signed('x')).version).toBe('2')
  expect(await codeOf(() => kms.keys.importVersion('signing', pem))).toBe('invalid-argument')
  await kms.keys.create('other', { purpose: 'sign' })
  expect(await codeOf(() => kms.keys.importVersion('other', pem))).toBe('invalid-argument')
  expect(await codeOf(() => kms.keys.import('third', pem, { purpose: 'sign' }))).toBe('invalid-argument')
  await kms.keys.compromise('signing', 2)
  expect(await codeOf(() => kms.keys.import('third', pem, { purpose: 'sign' }))).toBe('version-compromised')
  await kms.close()
})

test('an import that is repeated with its request id makes one key', async () => {
  const { kms } = await newKms()
  const pem = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }) as string
  const requestId = crypto.randomUUID()
  const first = await kms.keys.import('once', pem, { purpose: 'sign', requestId })
  expect((await kms.keys.import('once', pem, { purpose: 'sign', requestId })).id).toBe(first.id)
  expect(await kms.keys.list()).toHaveLength(1)
  await kms.close()
})

test('X-Wing comes as its seed', async () => {
  const { kms } = await newKms()
  await kms.keys.import('quantum', new Uint8Array(randomBytes(32)), { purpose: 'agree', spec: 'x-wing' })
  const envelope = await kms.encrypt('x', { to: [await kms.recipient('quantum')], context: noContext })
  expect(await kms.decryptText(envelope, { openers: [await kms.opener('quantum')], context: noContext })).toBe('x')
  await kms.close()
})
