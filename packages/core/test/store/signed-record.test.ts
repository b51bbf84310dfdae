import { Crypto as NodeWebCrypto } from '@peculiar/webcrypto'
import { describe, expect, test } from 'vitest'
import { storeFingerprint } from '../../src/access/store-fingerprint.ts'
import { SigningKey, VerifyingKey } from '../../src/crypto/signing.ts'
import { signerFingerprint } from '../../src/crypto/verification-key.ts'
import { createWasmPrimitives } from '../../src/crypto/wasm/index.ts'
import { Secret } from '../../src/index.ts'
import type { KeyRecord } from '../../src/store/records.ts'
import { openRecord, signRecord } from '../../src/store/signed-record.ts'
import { fromHex, fromUtf8, recordIn, toHex, utf8, vectors } from './vectors.ts'

const primitives = createWasmPrimitives()
const cryptos: readonly [string, Crypto][] = [
  ['@peculiar/webcrypto', new NodeWebCrypto() as unknown as Crypto],
  ["the platform's WebCrypto", globalThis.crypto],
]
const { signingKey, secrets, store } = vectors
const signer = (crypto: Crypto): Promise<SigningKey> =>
  SigningKey.fromSeed(
    Secret.copy(fromHex(secrets.ringAdministrationSeed as string)),
    fromHex(secrets.ringAdministration as string),
    crypto,
  )
const codeOf = async (work: () => unknown): Promise<string> => {
  try {
    await work()
    return 'no error'
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
}

describe.each(cryptos)('Ed25519 through %s', (_, crypto) => {
  test('a seed signs as everywhere else, and its public half verifies that and nothing else [C-24]', async () => {
    const seed = Secret.copy(fromHex(signingKey.seed as string))
    const publicKey = fromHex(signingKey.publicKey as string)
    const key = await SigningKey.fromSeed(seed, publicKey, crypto)
    const data = utf8('message')
    const signature = await key.sign(data)
    expect(signature.length).toBe(64)
    for (const [, other] of cryptos) {
      const verifying = await VerifyingKey.fromRaw(publicKey, other)
      expect(await verifying.verify(signature, data)).toBe(true)
      expect(await verifying.verify(signature, utf8('another'))).toBe(false)
      const changed = signature.slice()
      changed[5] = (changed[5] as number) ^ 1
      expect(await verifying.verify(changed, data)).toBe(false)
      expect(await verifying.verify(signature.subarray(1), data)).toBe(false)
    }
    expect(seed.length).toBe(32)
  })

  test('a generated seed belongs to the public key beside it', async () => {
    const { seed, publicKey } = await SigningKey.generate(crypto)
    const signature = await (await SigningKey.fromSeed(seed, publicKey, crypto)).sign(utf8('x'))
    expect(await (await VerifyingKey.fromRaw(publicKey, crypto)).verify(signature, utf8('x'))).toBe(true)
  })

  test('records are signed byte for byte as in the vectors [C-10] [C-18]', async () => {
    const key = await signer(crypto)
    const rings = store.commits.slice(1).flatMap(({ put }) => put.filter(({ id }) => !id.startsWith('op/')))
    expect(rings.length).toBeGreaterThan(8)
    for (const stored of rings) {
      const again = await signRecord(recordIn(stored), key)
      expect(again).toEqual({ id: stored.id, revision: stored.revision, bytes: utf8(stored.bytes) })
    }
  })
})

test('fingerprints are those of the vectors [C-25] [C-26]', () => {
  const publicKey = fromHex(signingKey.publicKey as string)
  expect(toHex(signerFingerprint({ algorithm: 'Ed25519', publicKey }, primitives))).toBe(signingKey.fingerprint)
  expect(storeFingerprint(publicKey, primitives)).toBe(signingKey.storeFingerprint)
})

test('a public key of another length is store-corrupt', async () => {
  expect(await codeOf(() => VerifyingKey.fromRaw(new Uint8Array(31), globalThis.crypto))).toBe('store-corrupt')
})

describe('a stored record', () => {
  const stored = store.commits[1]?.put.find(({ id }) => id.startsWith('key/')) as {
    id: string
    revision: number
    bytes: string
  }
  const open = async (change: Partial<typeof stored>, of = store.id): Promise<unknown> => {
    const key = await VerifyingKey.fromRaw(fromHex(secrets.ringAdministration as string), globalThis.crypto)
    const { bytes, ...place } = { ...stored, ...change }
    return (await openRecord('key', { ...place, bytes: utf8(bytes) }, { key, store: of })).record
  }

  test('opens as it was signed', async () => {
    expect(await open({})).toEqual(recordIn(stored))
  })

  const { signature } = JSON.parse(stored.bytes)
  const base = recordIn(stored) as KeyRecord
  const without = (name: string): object => Object.fromEntries(Object.entries(base).filter(([field]) => field !== name))
  const refused: [string, () => Promise<unknown>][] = [
    ['a byte changed', () => open({ bytes: stored.bytes.replace('vectors', 'vectorz') })],
    ['white space', () => open({ bytes: `${stored.bytes} ` })],
    ['another place', () => open({ id: `${stored.id.slice(0, -1)}0` })],
    ['another revision', () => open({ revision: 2 })],
    ['another store', () => open({}, store.ring)],
    ['no signature', () => open({ bytes: stored.bytes.replace(/,"signature":"[^"]*"/, '') })],
    ['a field beside record and signature', () => open({ bytes: stored.bytes.replace(/}$/, ',"x":1}') })],
    ['nothing in it', () => open({ bytes: '{}' })],
    ['a signature of another length', () => open({ bytes: stored.bytes.replace(signature, signature.slice(4)) })],
  ]
  test.each(refused)('with %s is store-corrupt [C-19]', async (_, work) => {
    expect(await codeOf(work)).toBe('store-corrupt')
  })

  const misfits: [string, object][] = [
    ['lacks a field', without('spec')],
    ['has a field that its kind does not have', { ...base, extra: 1 }],
    ['has a field of another type', { ...base, primary: '1' }],
    ['has an array with something else in it', { ...base, newest: ['1'] }],
    ['is of another kind', { ...base, kind: 'name' }],
  ]
  test.each(misfits)('that is signed but %s is store-corrupt [C-17] [C-20]', async (_, record) => {
    const { bytes } = await signRecord(record as KeyRecord, await signer(globalThis.crypto))
    expect(await codeOf(() => open({ bytes: fromUtf8(bytes) }))).toBe('store-corrupt')
  })
})
