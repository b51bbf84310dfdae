import { describe, expect, test } from 'vitest'
import { contentContexts } from '../../src/access/content-contexts.ts'
import {
  decodeRingAdminister,
  decodeRingUse,
  encodeRingAdminister,
  encodeRingUse,
} from '../../src/access/ring-secrets.ts'
import { decodeStoreSecrets, encodeStoreSecrets } from '../../src/access/store-secrets.ts'
import { SigningKey } from '../../src/crypto/signing.ts'
import { createWasmPrimitives } from '../../src/crypto/wasm/index.ts'
import { Secret } from '../../src/index.ts'
import { fromHex, toHex, vectors } from '../store/vectors.ts'

const primitives = createWasmPrimitives()
const parts = { primitives, crypto: globalThis.crypto }
const { contents, secrets, signingKey, store } = vectors
const secret = (name: string): Secret => Secret.copy(fromHex(secrets[name] as string))
const administration = fromHex(signingKey.publicKey as string)
const signer = (): Promise<SigningKey> =>
  SigningKey.fromSeed(secret('administrationSeed'), administration, globalThis.crypto)
const plaintextOf = (name: string): Uint8Array =>
  fromHex(contents.find((content) => content.name === name)?.plaintext as string)
const of = { store: store.id, ring: store.ring, version: 1 }

const storeSecrets = () => ({
  store: store.id,
  storeKey: secret('storeKey'),
  storeKeyId: secrets.storeKeyId as string,
  storeKeyVersion: 1,
  administrationSeed: secret('administrationSeed'),
  administration,
})
const useSecrets = () => ({
  ...of,
  ringKey: secret('ringKey'),
  logSeed: secret('logSeed'),
  logKey: fromHex(secrets.logKey as string),
  administration,
})
const administerSecrets = () => ({
  ...of,
  administrationSeed: secret('ringAdministrationSeed'),
  administration: fromHex(secrets.ringAdministration as string),
})

const codeOf = async (work: () => unknown): Promise<string> => {
  try {
    await work()
    return 'no error'
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
}

/** What was decoded, with its secrets laid open for comparison. */
const shown = (decoded: object): object =>
  Object.fromEntries(
    Object.entries(decoded).map(([name, value]) => [name, value instanceof Secret ? toHex(value.reveal()) : value]),
  )

const kinds = {
  store: {
    encode: async () => encodeStoreSecrets(storeSecrets(), await signer(), primitives),
    decode: (plaintext: Uint8Array) => decodeStoreSecrets(plaintext, store.id, parts),
    secrets: storeSecrets,
    context: contentContexts.store(store.id),
  },
  'ring, use': {
    encode: async () => encodeRingUse(useSecrets(), await signer(), primitives),
    decode: (plaintext: Uint8Array) => decodeRingUse(plaintext, of, parts),
    secrets: useSecrets,
    context: contentContexts.ring(store.id, store.ring, 1, 'use'),
  },
  'ring, administer': {
    encode: async () => encodeRingAdminister(administerSecrets(), await signer(), primitives),
    decode: (plaintext: Uint8Array) => decodeRingAdminister(plaintext, of, administration, parts),
    secrets: administerSecrets,
    context: contentContexts.ring(store.id, store.ring, 1, 'administer'),
  },
}

describe.each(Object.entries(kinds))('the plaintext of %s', (name, kind) => {
  test('is that of the vectors, both ways [C-45] [C-46] [C-47] [C-48] [C-49]', async () => {
    expect(toHex(await kind.encode())).toBe(toHex(plaintextOf(name)))
    expect(shown(await kind.decode(plaintextOf(name)))).toEqual(shown(kind.secrets()))
    expect(kind.context).toEqual(contents.find((content) => content.name === name)?.context)
  })

  test('changed in any byte, or cut, is store-corrupt [E-8]', async () => {
    const plaintext = plaintextOf(name)
    for (let at = 0; at < plaintext.length; at++) {
      const changed = plaintext.slice()
      changed[at] = (changed[at] as number) ^ 1
      expect(await codeOf(() => kind.decode(changed)), `byte ${at}`).toBe('store-corrupt')
    }
    for (const length of [0, 1, 20, 84, 116, 148, plaintext.length - 1]) {
      expect(await codeOf(() => kind.decode(plaintext.slice(0, length))), `${length} bytes`).toBe('store-corrupt')
    }
  })
})

test('what was signed for one ring, version or store is nothing in another', async () => {
  const other = [
    { ...of, store: store.ring },
    { ...of, ring: store.id },
    { ...of, version: 2 },
  ]
  for (const place of other) {
    expect(await codeOf(() => decodeRingUse(plaintextOf('ring, use'), place, parts))).toBe('store-corrupt')
  }
  expect(await codeOf(() => decodeStoreSecrets(plaintextOf('store'), store.ring, parts))).toBe('store-corrupt')
})

test('the right to use is not the right to administer', async () => {
  const use = plaintextOf('ring, use')
  expect(await codeOf(() => decodeRingAdminister(use, of, administration, parts))).toBe('store-corrupt')
})

test('a right to administer that the store did not sign is refused [C-50]', async () => {
  const forger = await SigningKey.generate(globalThis.crypto)
  const key = await SigningKey.fromSeed(forger.seed, forger.publicKey, globalThis.crypto)
  const forged = await encodeRingAdminister(administerSecrets(), key, primitives)
  expect(await codeOf(() => decodeRingAdminister(forged, of, administration, parts))).toBe('store-corrupt')
})
