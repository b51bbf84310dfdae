import { expect, test } from 'vitest'
import {
  formatUuid,
  inspect,
  openEnvelope,
  paddingRecipient,
  parseHeader,
  type Recipient,
  sealEnvelope,
} from '../../src/envelope.ts'
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

test('many are rewrapped to what each would be alone, in their order, whatever else they are sealed to', async () => {
  const { kms, store: stored, seal } = await store()
  const stranger = await newKms()
  await stranger.kms.keys.create('theirs')
  const { primitives, slots } = parts(stored)
  const sealTo = async (...recipients: Recipient[]) =>
    sealEnvelope(new Uint8Array(3), { context, recipients, primitives, slots })
  const [files, archive] = [await kms.recipient('files'), await kms.recipient('archive')]
  const unknown: Recipient = { kind: 77, wrap: async () => Uint8Array.of(1, 2, 3) }
  const old = [
    ...(await Promise.all(Array.from({ length: 11 }, () => seal('files')))),
    await seal('archive'),
    await seal('files', 'archive'),
    await sealTo(unknown, files, paddingRecipient(100)),
    await sealTo(archive, unknown),
    await sealTo(files, paddingRecipient(40_000)),
  ]
  await kms.keys.rotate('files')
  const envelopes = [...old, await seal('files'), await sealTo(unknown, archive, paddingRecipient(5))]
  const outcomes = await kms.rewrapMany(envelopes.map((envelope) => ({ envelope, context })))
  for (const [i, envelope] of envelopes.entries())
    expect(outcomes[i]?.rewrapped).toEqual(await kms.rewrap(envelope, { context }))
  expect(outcomes).toHaveLength(envelopes.length)
  expect(await kms.rewrapMany([])).toEqual([])
})

test('of many each that cannot be rewrapped says why, as alone, and stops none of the others', async () => {
  const { kms, seal } = await store()
  const stranger = await store()
  const good = await seal('files')
  const flipped = (at: number): Uint8Array => good.map((byte, i) => (i === at ? byte ^ 1 : byte))
  const { length } = parseHeader(good)
  const theirs = await stranger.seal('files')
  const archived = await seal('archive')
  await kms.keys.rotate('files')
  await kms.keys.rotate('archive')
  await kms.keys.retire('archive', '1')
  await kms.keys.disable('archive', '1')
  const items = [
    { envelope: good, context },
    { envelope: flipped(length - 1), context },
    { envelope: flipped(40), context },
    { envelope: good, context: { file: 'another' } },
    { envelope: theirs, context },
    { envelope: good, context: {} },
    { envelope: good.subarray(0, 50), context },
    { envelope: archived, context },
    { envelope: 'text' as unknown as Uint8Array, context },
    { envelope: good, context },
  ]
  const outcomes = await kms.rewrapMany(items)
  const codes: string[] = []
  for (const { envelope, context } of items) codes.push(await codeOf(() => kms.rewrap(envelope, { context })))
  expect(outcomes.map(({ error }) => error?.code ?? 'no error')).toEqual(codes)
  expect(codes).toEqual([
    'no error',
    'authentication-failed',
    'authentication-failed',
    'authentication-failed',
    'key-not-found',
    'invalid-context',
    'malformed',
    'key-disabled',
    'malformed',
    'no error',
  ])
  expect(versionsIn(outcomes[0]?.rewrapped?.header ?? new Uint8Array())).toEqual([2])
  expect(outcomes[9]).toEqual(outcomes[0])
})

test('many rewraps are audited as each alone, and refused once the Kms is closed', async () => {
  const told: string[] = []
  const { kms, store: stored } = await newKms({
    onAudit: ({ operation, outcome, version }) => void told.push(`${operation} ${outcome} ${version}`),
  })
  const { primitives, slots } = parts(stored)
  await kms.keys.create('files')
  const recipients = [await kms.recipient('files')]
  const sealed = await sealEnvelope(new Uint8Array(3), { context, recipients, primitives, slots })
  await kms.keys.rotate('files')
  const changed = sealed.map((byte, i) => (i === 60 ? byte ^ 1 : byte))
  told.length = 0
  await kms.rewrap(sealed, { context })
  await codeOf(() => kms.rewrap(changed, { context }))
  const alone = told.splice(0)
  const many = [sealed, changed].map((envelope) => ({ envelope, context }))
  await kms.rewrapMany(many)
  expect(told).toEqual(alone)
  await kms.close()
  expect(await codeOf(() => kms.rewrapMany(many))).toBe('closed')
})
