import { Crypto as NodeWebCrypto } from '@peculiar/webcrypto'
import { expect, test } from 'vitest'
import {
  generateKeyPackage,
  generateSigningKey,
  inspect,
  keyPairOpener,
  packagedKeyPairs,
  passwordOpener,
  passwordRecipient,
  publicKeyJwk,
  publicKeyPem,
  publicKeyText,
  SigningKey,
  verificationKeyText,
  wipePackage,
} from '../../src/envelope.ts'
import { type AuditEvent, type RecipientForm, Secret } from '../../src/index.ts'
import { primitives } from '../envelope/backend.ts'
import { codeOf, newKms } from './memory-kms.ts'

const context = { from: 'alice', to: 'bob' }

async function identity(algorithm: 'Ed25519' | 'P-256' = 'Ed25519'): Promise<SigningKey> {
  const { pkcs8, publicKey } = await generateSigningKey(algorithm, globalThis.crypto)
  return SigningKey.fromPkcs8(pkcs8, { algorithm, publicKey }, globalThis.crypto)
}

test('a signed message to a key of the ring opens there, and says from whom it is', async () => {
  const { kms } = await newKms()
  await kms.keys.create('inbox')
  const alice = await identity()
  const to = await kms.recipient('inbox')
  const envelope = await kms.encrypt('pay bob 5', { to, from: alice, context })
  expect(inspect(envelope).content.name).toBe('signed data')
  const text = verificationKeyText(alice, { primitives })
  const { data, from } = await kms.decryptFrom(envelope, { from: text, context })
  expect(new TextDecoder().decode(data)).toBe('pay bob 5')
  expect(verificationKeyText(from, { primitives })).toBe(text)
  const others = [await identity(), await identity('P-256')]
  expect(await codeOf(() => kms.decryptFrom(envelope, { from: others, context }))).toBe('authentication-failed')
  expect((await kms.decryptFrom(envelope, { from: [...others, alice], context })).from.publicKey).toEqual(
    alice.publicKey,
  )
  expect(await codeOf(() => kms.decryptFrom(envelope, { from: alice, context: { ...context, to: 'carol' } }))).toBe(
    'authentication-failed',
  )
  expect(await codeOf(() => kms.decryptFrom(envelope, { from: [], context }))).toBe('invalid-argument')
  await kms.close()
  expect(await codeOf(() => kms.decryptFrom(envelope, { from: alice, context }))).toBe('closed')
})

test('a message that nobody signed opens as that, and never as from somebody', async () => {
  const { kms } = await newKms()
  await kms.keys.create('inbox')
  const alice = await identity()
  const to = [await kms.recipient('inbox')]
  const unsigned = await kms.encryptText('anonymous', { to, context })
  const signed = await kms.encryptText('signed', { to, from: alice, context })
  expect(await kms.decryptText(unsigned, { context })).toBe('anonymous')
  expect(await codeOf(() => kms.decryptFrom(unsigned, { from: alice, context }))).toBe('authentication-failed')
  expect(await codeOf(() => kms.decrypt(signed, { context }))).toBe('authentication-failed')
  await kms.close()
})

test('a message to somebody outside the ring opens with what they hold', async () => {
  const { kms } = await newKms()
  await kms.keys.create('inbox')
  const alice = await identity('P-256')
  const password = Secret.fromPassword('correct horse battery staple')
  const to = passwordRecipient(password, { primitives })
  const envelope = await kms.encrypt('for bob', { to, from: alice, context })
  expect(await codeOf(() => kms.decryptFrom(envelope, { from: alice, context }))).toBe('no-matching-key')
  const openers = [passwordOpener(password, { primitives })]
  const { data } = await kms.decryptFrom(envelope, { from: alice, openers, context })
  expect(new TextDecoder().decode(data)).toBe('for bob')
  await kms.close()
})

test.each([
  ['agree', 'x25519'],
  ['agree', 'p-256'],
  ['agree', 'x-wing'],
  ['transport', 'rsa-2048'],
] as const)(
  'a message to the public key of a key pair, %s %s, opens with the pair, whatever the form',
  async (purpose, spec) => {
    const { kms } = await newKms({ crypto: new NodeWebCrypto() as unknown as Crypto })
    const alice = await identity()
    const bobs = await generateKeyPackage({ name: 'bob', purpose, spec, by: 'tests' })
    const pairs = await packagedKeyPairs(bobs)
    const openers = pairs.map((pair) => keyPairOpener(pair, { primitives }))
    const { publicKey } = pairs[0] as (typeof pairs)[number]
    const forms: RecipientForm[] = [publicKey]
    if (publicKey.type === 'hpke') forms.push(publicKeyText(publicKey))
    if (spec !== 'x-wing') forms.push(publicKeyPem(publicKey), publicKeyJwk(publicKey))
    for (const to of forms) {
      const signed = await kms.encrypt('for bob', { to, from: alice, context })
      const { data } = await kms.decryptFrom(signed, { from: alice, openers, context })
      expect(new TextDecoder().decode(data)).toBe('for bob')
      expect(await codeOf(() => kms.decryptFrom(signed, { from: alice, context }))).toBe('no-matching-key')
    }
    const unsigned = await kms.encryptText('for bob', { to: forms, context })
    expect(await kms.decryptText(unsigned, { openers, context })).toBe('for bob')
    expect(await codeOf(() => kms.encrypt('x', { to: 'nonsense', context }))).toBe('invalid-argument')
    wipePackage(bobs)
    await kms.close()
  },
)

test('messages are audited, a refused sender too', async () => {
  const events: AuditEvent[] = []
  const { kms } = await newKms({ onAudit: (event) => events.push(event) })
  await kms.keys.create('inbox')
  const alice = await identity()
  const envelope = await kms.encrypt('x', { to: await kms.recipient('inbox'), from: alice, context })
  await kms.decryptFrom(envelope, { from: alice, context })
  await codeOf(async () => kms.decryptFrom(envelope, { from: await identity(), context }))
  const told = events.map(({ operation, outcome }) => `${operation} ${outcome}`)
  expect(told).toEqual(
    expect.arrayContaining(['encrypt-to ok', 'decrypt-from ok', 'decrypt-from authentication-failed']),
  )
  await kms.close()
})
