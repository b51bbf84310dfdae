import { expect, test } from 'vitest'
import { formatUuid, inspect, openEnvelope, sealEnvelope } from '../../src/envelope/index.ts'
import type { Kms, Rewrapped, RewrapUnder } from '../../src/index.ts'
import { codeOf, newKms, openKms, parts } from './memory-kms.ts'

const context = { file: 'report' }

/** Seals to keys of the store, and says which versions of which keys an envelope is sealed to. */
async function store() {
  const { kms, store } = await newKms()
  await kms.keys.create('files')
  await kms.keys.create('archive')
  const { primitives, slots } = parts(store)
  const seal = async (...names: string[]) =>
    sealEnvelope(new TextEncoder().encode('the report'), {
      context,
      recipients: await Promise.all(names.map((name) => kms.recipient(name))),
      primitives,
      slots,
    })
  const open = async (envelope: Uint8Array, name: string) =>
    new TextDecoder().decode(
      await openEnvelope(envelope, { context, openers: [await kms.opener(name)], primitives, slots }),
    )
  return { kms, store, seal, open }
}

async function rewrap(kms: Kms, envelope: Uint8Array, options: Partial<RewrapUnder> = {}): Promise<Uint8Array> {
  const { header, replaces }: Rewrapped = await kms.rewrap(envelope, { context, ...options })
  return Buffer.concat([header, envelope.subarray(replaces)])
}

const versionsIn = (envelope: Uint8Array): (number | undefined)[] =>
  (inspect(envelope).recipients ?? []).filter(({ kind }) => kind === 1).map(({ keyVersion }) => keyVersion)

test('after a rotation an envelope is brought to the newest version, and opens when the old one is disabled', async () => {
  const { kms, seal, open } = await store()
  const sealed = await seal('files')
  await kms.keys.rotate('files')
  const rewrapped = await rewrap(kms, sealed)
  expect(versionsIn(rewrapped)).toEqual([2])
  expect(rewrapped).toHaveLength(sealed.length)
  await kms.keys.retire('files', '1')
  await kms.keys.disable('files', '1')
  expect(await open(rewrapped, 'files')).toBe('the report')
  expect(await codeOf(() => open(sealed, 'files'))).toBe('key-disabled')
})

test('an envelope at its newest versions stays as it is, to the byte', async () => {
  const { kms, seal } = await store()
  const sealed = await seal('files', 'archive')
  expect(Buffer.compare(await rewrap(kms, sealed), sealed)).toBe(0)
})

test('of several keys each is brought to its own newest version, and one without a primary stays', async () => {
  const { kms, seal } = await store()
  const sealed = await seal('files', 'archive')
  await kms.keys.rotate('files')
  await kms.keys.rotate('archive')
  await kms.keys.rotate('archive')
  expect(versionsIn(await rewrap(kms, sealed)).sort()).toEqual([2, 3])
  await kms.keys.retire('archive', '3')
  expect(versionsIn(await rewrap(kms, sealed)).sort()).toEqual([1, 2])
})

test('recipients are added and removed by name, which replaces the default', async () => {
  const { kms, seal, open } = await store()
  const sealed = await seal('files')
  await kms.keys.rotate('files')
  const both = await rewrap(kms, sealed, { add: [await kms.recipient('archive')] })
  expect(versionsIn(both)).toEqual([1, 1])
  const archive = (await kms.keys.show('archive')).id
  const one = await rewrap(kms, both, {
    remove: ({ fields }) => fields.name === 'key' && formatUuid(fields.keyId) !== archive,
    add: [await kms.recipient('archive')],
    length: 0,
  })
  expect(versionsIn(one)).toEqual([1, 1])
  expect(await open(one, 'archive')).toBe('the report')
})

test('keys of another ring are kept unread', async () => {
  const { kms, store: shared, seal } = await store()
  await kms.rings.create('other')
  const other = await openKms(shared, { ring: 'other' })
  await other.keys.create('theirs')
  const sealed = await seal('files')
  const both = await rewrap(kms, sealed, { add: [await other.recipient('theirs')] })
  await kms.keys.rotate('files')
  await other.keys.rotate('theirs')
  const { unread } = await kms.rewrap(both, { context })
  expect(unread).toHaveLength(1)
  expect(versionsIn(await rewrap(kms, both)).sort()).toEqual([1, 2])
  await other.close()
})

test('the wrong context, and a closed Kms, rewrap nothing', async () => {
  const { kms, seal } = await store()
  const sealed = await seal('files')
  expect(await codeOf(() => kms.rewrap(sealed, { context: { file: 'other' } }))).toBe('authentication-failed')
  await kms.close()
  expect(await codeOf(() => kms.rewrap(sealed, { context }))).toBe('closed')
})

test('the newest version is the one that somebody else made meanwhile', async () => {
  const { kms, store: records, seal } = await store()
  const sealed = await seal('files')
  const other = await openKms(records)
  await other.keys.rotate('files')
  await other.close()
  expect(versionsIn(await rewrap(kms, sealed))).toEqual([2])
})
