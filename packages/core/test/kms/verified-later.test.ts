import { expect, test, vi } from 'vitest'
import type { KeyStore, Kms, MemoryStore } from '../../src/index.ts'
import { codeOf, newKms, openKms, rewrite, shared } from './memory-kms.ts'
import { verifiesNow } from './verifies-now.ts'

// Where signatures can be checked without waiting, the records of older versions are read with the key, and verified when they are
// first asked for.

const context = { tenant: 'acme' }
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const bytes = (of: string): Uint8Array => new TextEncoder().encode(of)

/** A key with some versions, and an envelope of each. */
async function versions(count: number): Promise<{ admin: Kms; store: MemoryStore; envelopes: Uint8Array[] }> {
  const { kms: admin, store } = await newKms()
  await admin.keys.create('k')
  const envelopes: Uint8Array[] = []
  for (let number = 1; number <= count; number++) {
    if (number > 1) await admin.keys.rotate('k')
    envelopes.push(await admin.encrypt(`version ${number}`, { key: 'k', context }))
  }
  return { admin, store, envelopes }
}

/** The store as someone else can make it: what it says of some records changes while a process has it open. */
function altered(store: KeyStore): {
  readonly store: KeyStore
  readonly instead: Map<string, { bytes: Uint8Array; revision: number }>
} {
  const instead = new Map<string, { bytes: Uint8Array; revision: number }>()
  return {
    instead,
    store: {
      ...shared(store),
      read: async (ids) => (await store.read(ids)).map((one) => ({ ...one, ...instead.get(one.id) })),
    },
  }
}

const recordOf = async (store: KeyStore, number: number) => {
  const records = await store.list('administered', 'version/', '', 100)
  return records.find(({ id }) => id.endsWith(number.toString(16).padStart(8, '0'))) as (typeof records)[number]
}

test('each version opens at once after use, and is verified when it is first asked for', async () => {
  const { store, envelopes } = await versions(20)
  const { crypto, count } = verifiesNow()
  const kms = await openKms(store, { crypto })
  const before = count.later
  const key = await kms.use('k')
  // Its name, itself and the primary.
  expect(count.later - before).toBeLessThanOrEqual(3)
  expect(count.now).toBe(0)
  expect(envelopes.map((envelope) => text(key.open(envelope, context)))).toEqual(
    envelopes.map((_, at) => `version ${at + 1}`),
  )
  expect(count.now).toBe(19)
  for (const envelope of envelopes) key.open(envelope, context)
  expect(count.now).toBe(19)
})

test('a forged record refuses its own version for as long as it is there, and no other', async () => {
  const { store, envelopes } = await versions(3)
  const forged = await rewrite(store, 'version/', (of, id) =>
    id.endsWith('00000001') ? bytes(text(of).replace('"by":"unnamed"', '"by":"somebody"')) : of,
  )
  const kms = await openKms(forged, { crypto: verifiesNow().crypto })
  const key = await kms.use('k')
  const [one, two] = envelopes as [Uint8Array, Uint8Array]
  for (let again = 0; again < 2; again++) {
    expect(await codeOf(() => key.open(one, context))).toBe('store-corrupt')
    expect(await codeOf(() => kms.decrypt(one, { key: 'k', context }))).toBe('store-corrupt')
    expect(text(key.open(two, context))).toBe('version 2')
  }
})

test('material that does not open is store-corrupt, each time it is asked for', async () => {
  const { store, envelopes } = await versions(2)
  const { crypto } = verifiesNow()
  const { store: seen, instead } = altered(store)
  const kms = await openKms(seen, { crypto: { ...crypto, verifyNow: () => true } })
  const record = await recordOf(store, 1)
  const damaged = text(record.bytes).replace(
    /("material":".{100})(.)/,
    (_, all, one) => all + (one === 'A' ? 'B' : 'A'),
  )
  instead.set(record.id, { bytes: bytes(damaged), revision: record.revision })
  const key = await kms.use('k')
  for (let again = 0; again < 3; again++) {
    expect(await codeOf(() => key.open(envelopes[0] as Uint8Array, context))).toBe('store-corrupt')
  }
  expect(text(key.open(envelopes[1] as Uint8Array, context))).toBe('version 2')
})

test('a version that was disabled before it was asked for opens nothing, and then again', async () => {
  const { admin, store, envelopes } = await versions(3)
  const kms = await openKms(store, { crypto: verifiesNow().crypto })
  const key = await kms.use('k')
  await admin.keys.disable('k', 1)
  await key.renew()
  expect(await codeOf(() => key.open(envelopes[0] as Uint8Array, context))).toBe('key-disabled')
  await admin.keys.enable('k', 1)
  await key.renew()
  expect(text(key.open(envelopes[0] as Uint8Array, context))).toBe('version 1')
})

test('an older record put back is not taken for what it was', async () => {
  const { admin, store, envelopes } = await versions(2)
  const { store: seen, instead } = altered(store)
  const kms = await openKms(seen, { crypto: verifiesNow().crypto })
  const { bytes: genuine, revision, id } = await recordOf(store, 1)
  const before = { bytes: genuine.slice(), revision }
  await admin.keys.disable('k', 1)
  // This process sees the change in the log, and then the record as it was before.
  await kms.keys.show('k')
  instead.set(id, before)
  const key = await kms.use('k')
  expect(await codeOf(() => key.open(envelopes[0] as Uint8Array, context))).toBe('version-not-loaded')
  expect(await codeOf(() => key.load(envelopes[0] as Uint8Array))).toBe('store-rolled-back')
})

test('a version that is not active yet is in memory beforehand', async () => {
  const { admin, store } = await versions(2)
  await admin.keys.importVersion('k', globalThis.crypto.getRandomValues(new Uint8Array(32)))
  // The primary is newer than it.
  await admin.keys.rotate('k')
  const kms = await openKms(store, { crypto: verifiesNow().crypto })
  await kms.use('k')
  await vi.waitFor(async () => {
    const sessions = await store.list('operational', 'op/session/', '', 10)
    expect(sessions.map(({ bytes }) => text(bytes)).join()).toMatch(/"staged":\[\{[^}]*"number":3\}\]/)
  }, 10_000)
})

test('searching uses all versions', async () => {
  const { admin, store } = await versions(3)
  const kms = await openKms(store, { crypto: verifiesNow().crypto })
  const key = await kms.use('k')
  const expected = await (await admin.use('k')).lookupIndex('x', context)
  expect(expected).toHaveLength(3)
  expect(await key.lookupIndex('x', context)).toEqual(expected)
})
