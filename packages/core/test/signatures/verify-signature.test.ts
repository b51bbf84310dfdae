import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { Crypto as PeculiarCrypto } from '@peculiar/webcrypto'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { createWasmPrimitives } from '../../src/hazmat.ts'
import {
  type KeySpecName,
  type Kms,
  type PublicKeyForm,
  verifySignature,
  verifySignatureFile,
} from '../../src/index.ts'
import { codeOf, newKms } from '../kms/memory-kms.ts'

const webCryptos: readonly (readonly [string, typeof globalThis.crypto])[] = [
  ['@peculiar/webcrypto', new PeculiarCrypto() as typeof globalThis.crypto],
  ["the platform's WebCrypto", globalThis.crypto],
]
const hex = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits, 'hex'))
const message = 'invoice 4711: 300 €'

const opened: Kms[] = []
afterEach(async () => {
  for (const kms of opened.splice(0)) await kms.close()
})

/** What a key of a store signs, and the forms of its public half, as somebody without a store has them. */
async function signed(spec: KeySpecName, form?: 'raw' | 'der') {
  const { kms } = await newKms()
  opened.push(kms)
  await kms.keys.create('invoices', { purpose: 'sign', spec })
  const key = await kms.use('invoices', { purpose: 'sign' })
  const { pem, jwk, openSsh, bytes } = await kms.keys.publicKey('invoices')
  const forms = [pem, jwk, JSON.stringify(jwk), openSsh, bytes] as readonly PublicKeyForm[]
  return { forms, signature: await key.sign(message, form === undefined ? {} : { form }) }
}

// RFC 8032 §7.1 without TEST 1024, which is in Wycheproof's file: public key, message, signature.
const rfc8032 = [
  [
    'TEST 1',
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    'TEST 2',
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
  [
    'TEST 3',
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  ],
  [
    'TEST SHA(abc)',
    'ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf',
    createHash('sha512').update('abc').digest('hex'),
    'dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704',
  ],
] as const

describe.each(webCryptos)('with %s', (_, crypto) => {
  test.each(rfc8032)('RFC 8032 §7.1, %s, and no other data', async (_name, key, data, signature) => {
    const publicKey = hex(`302a300506032b6570032100${key}`)
    await verifySignature(publicKey, hex(signature), hex(data), { crypto })
    expect(await codeOf(() => verifySignature(publicKey, hex(signature), hex(`${data}00`), { crypto }))).toBe(
      'authentication-failed',
    )
  })

  test.each(['ed25519', 'p-256', 'p-384', 'p-521', 'rsa-2048'] as const)(
    'who has but the public key of %s, in any form, verifies what the store signed, and nothing else',
    async (spec) => {
      const { forms, signature } = await signed(spec)
      for (const form of forms) {
        await verifySignature(form, signature, message, { crypto })
        expect(await codeOf(() => verifySignature(form, signature, `${message}0`, { crypto }))).toBe(
          'authentication-failed',
        )
      }
    },
  )

  test('a signature of another length is not genuine, whatever the algorithm', async () => {
    for (const spec of ['ed25519', 'p-256', 'rsa-2048'] as const) {
      const { forms, signature } = await signed(spec)
      for (const changed of [new Uint8Array(0), signature.subarray(1), Uint8Array.of(...signature, 0)]) {
        const verify = (): Promise<void> => verifySignature(forms[0]!, changed, message, { crypto })
        expect(await codeOf(verify)).toBe('authentication-failed')
      }
    }
  })
})

test.each([
  ['p-256', 'prime256v1', 'sha256'],
  ['p-384', 'secp384r1', 'sha384'],
  ['p-521', 'secp521r1', 'sha512'],
] as const)('a DER of OpenSSL on %s is genuine with the form der alone', async (_, namedCurve, hash) => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve })
  const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string
  const signature = new Uint8Array(sign(hash, Buffer.from(message), privateKey))
  await verifySignature(pem, signature, message, { form: 'der' })
  expect(await codeOf(() => verifySignature(pem, signature, message))).toBe('authentication-failed')
})

test('a key that does not sign, a private key and what is no key are refused as such', async () => {
  const pemOf = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }) as string
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const signature = new Uint8Array(64)
  const refusal = (key: PublicKeyForm): Promise<string> => codeOf(() => verifySignature(key, signature, message))
  expect(await refusal(pemOf(generateKeyPairSync('x25519').publicKey))).toBe('invalid-argument')
  expect(await refusal(pemOf(createPublicKey(publicKey.export({ type: 'spki', format: 'pem' })))!)).toBe(
    'authentication-failed',
  )
  expect(await refusal(privateKey.export({ format: 'jwk' }) as PublicKeyForm)).toBe('invalid-argument')
  expect(await refusal('ssh-ed25519')).toBe('invalid-argument')
  expect(await codeOf(() => verifySignature(pemOf(publicKey), 'text' as never, message))).toBe('invalid-argument')
})

test('a signature with any byte changed is genuine in no form', async () => {
  const raw = await signed('p-256')
  const der = await signed('p-256', 'der')
  await fc.assert(
    fc.asyncProperty(fc.boolean(), fc.nat(), fc.integer({ min: 1, max: 255 }), async (isDer, at, mask) => {
      const { forms, signature } = isDer ? der : raw
      const changed = signature.slice()
      changed[at % changed.length] = (changed[at % changed.length] as number) ^ mask
      const form = isDer ? 'der' : 'raw'
      expect(await codeOf(() => verifySignature(forms[0]!, changed, message, { form }))).toBe('authentication-failed')
    }),
  )
})

test('who has but the public key verifies a signature file over parts of any size, and learns which version of which key signed', async () => {
  const { kms } = await newKms()
  opened.push(kms)
  const primitives = createWasmPrimitives()
  const { id } = await kms.keys.create('releases', { purpose: 'sign', spec: 'p-384' })
  await kms.keys.create('others', { purpose: 'sign', spec: 'p-384' })
  const first = (await kms.keys.publicKey('releases')).pem as string
  await kms.keys.rotate('releases')
  const key = await kms.use('releases', { purpose: 'sign' })
  const second = (await kms.keys.publicKey('releases')).pem as string
  const data = new Uint8Array(100_000).fill(7)
  const file = await key.signFile(data)
  const parts = [data.subarray(0, 1), data.subarray(1, 70_000), data.subarray(70_000)]
  expect(await verifySignatureFile(second, file, parts, { primitives })).toEqual({ key: id, version: '2' })

  const other = data.slice()
  other[99_999] = 8
  const refusal = (of: PublicKeyForm, sig: string, over = data): Promise<string> =>
    codeOf(() => verifySignatureFile(of, sig, over, { primitives }))
  expect(await refusal(second, file, other)).toBe('authentication-failed')
  // Neither the version before, nor another key, nor one of another spec signed it.
  expect(await refusal(first, file)).toBe('authentication-failed')
  expect(await refusal((await kms.keys.publicKey('others')).pem as string, file)).toBe('authentication-failed')
  const ed25519 = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }) as string
  expect(await refusal(ed25519, file)).toBe('authentication-failed')
  // What it says of its version is signed.
  expect(await refusal(second, file.replace('"version":"2"', '"version":"1"'))).toBe('authentication-failed')
  expect(await refusal(second, 'text')).toBe('malformed')
})
