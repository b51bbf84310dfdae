import { expect, test } from 'vitest'
import {
  type Context,
  type HeaderRecipient,
  keyOpener,
  keyRecipient,
  type Opener,
  openEnvelope,
  paddingRecipient,
  parseHeader,
  prepareRecordKey,
  type Recipient,
  type RecipientsHeader,
  type RewrapOptions,
  recordTextPrefix,
  rewrapHeader,
  rootKeyHolder,
  sealEnvelope,
} from '../../src/envelope.ts'
import { Secret } from '../../src/index.ts'
import { primitives, slots } from './backend.ts'

const context = { tenant: 'acme' }
const message = Buffer.from('attack at dawn')
const holder = (fill: number): ReturnType<typeof rootKeyHolder> =>
  rootKeyHolder(Secret.take(new Uint8Array(32).fill(fill)), primitives)
const to = (fill: number): Recipient => keyRecipient(holder(fill), { primitives })
const by = (fill: number): Opener => keyOpener(holder(fill), { primitives })
const names = (fill: number) => (one: HeaderRecipient) =>
  one.fields.name === 'key' && Buffer.compare(one.fields.keyId, holder(fill).id) === 0
/** A kind that this release does not know. */
const unknown: Recipient = { kind: 77, wrap: async () => Uint8Array.of(1, 2, 3) }

const seal = (...recipients: Recipient[]): Promise<Uint8Array> =>
  sealEnvelope(message, { context, recipients, primitives, slots })

const open = async (envelope: Uint8Array, fill: number, of: Context = context): Promise<Buffer> =>
  Buffer.from(await openEnvelope(envelope, { context: of, openers: [by(fill)], primitives, slots }))

async function rewrap(
  envelope: Uint8Array,
  options: Partial<RewrapOptions>,
): Promise<{ envelope: Uint8Array; unread: readonly HeaderRecipient[] }> {
  const { header, replaces, unread } = await rewrapHeader(envelope, {
    context,
    openers: [by(1)],
    primitives,
    ...options,
  })
  return { envelope: Buffer.concat([header, envelope.subarray(replaces)]), unread }
}

const bodyOf = (envelope: Uint8Array): Uint8Array => envelope.subarray(parseHeader(envelope).length)
const kindsOf = (envelope: Uint8Array): number[] =>
  (parseHeader(envelope) as RecipientsHeader).recipients.map(({ kind }) => kind)

test('[E-75] a recipient that is added opens, the others still do, and the body keeps its bytes', async () => {
  const sealed = await seal(to(1), to(2))
  const { envelope, unread } = await rewrap(sealed, { add: [to(3)] })
  for (const fill of [1, 2, 3]) expect(await open(envelope, fill)).toEqual(message)
  expect(Buffer.compare(bodyOf(envelope), bodyOf(sealed))).toBe(0)
  expect(unread).toHaveLength(1)
})

test('a recipient that is removed opens the new envelope no more, and its room becomes padding', async () => {
  const sealed = await seal(to(1), to(2))
  const { envelope } = await rewrap(sealed, { remove: names(2) })
  await expect(open(envelope, 2)).rejects.toMatchObject({ code: 'no-matching-key' })
  expect(await open(envelope, 1)).toEqual(message)
  expect(envelope).toHaveLength(sealed.length)
  expect(kindsOf(envelope)).toEqual([1, 0])
})

test('replacing the recipient that opened it leaves a header of the same length', async () => {
  const sealed = await seal(to(1))
  const { envelope } = await rewrap(sealed, { remove: () => true, add: [to(2)] })
  expect(envelope).toHaveLength(sealed.length)
  expect(await open(envelope, 2)).toEqual(message)
})

test('padding is used up before a header grows, and is left out when nobody wants it', async () => {
  const sealed = await seal(to(1), paddingRecipient(63 + 69))
  const { envelope: once } = await rewrap(sealed, { add: [to(2)] })
  expect(once).toHaveLength(sealed.length)
  expect(kindsOf(once)).toEqual([1, 1, 0])
  const { envelope: twice } = await rewrap(once, { add: [to(3)] })
  expect(twice).toHaveLength(sealed.length)
  const { envelope: thrice } = await rewrap(twice, { add: [to(4)] })
  expect(thrice.length).toBeGreaterThan(sealed.length)
  expect(kindsOf((await rewrap(sealed, { add: [to(2)], length: 0 })).envelope)).toEqual([1, 1])
  for (const fill of [1, 2, 3, 4]) expect(await open(thrice, fill)).toEqual(message)
})

test('a header one or two bytes too short to be filled up stays shorter', async () => {
  const sealed = await seal(to(1), { kind: 77, wrap: async () => new Uint8Array(4) })
  const shorter: Recipient = { kind: 77, wrap: async () => new Uint8Array(2) }
  const { envelope } = await rewrap(sealed, { remove: ({ kind }) => kind === 77, add: [shorter] })
  expect(envelope).toHaveLength(sealed.length - 2)
  expect(await open(envelope, 1)).toEqual(message)
})

test('[E-74] [E-76] recipients of unknown kinds are kept to the byte and reported, or removed by whoever names them', async () => {
  const sealed = await seal(unknown, to(1))
  const { envelope, unread } = await rewrap(sealed, { add: [to(2)] })
  expect(unread).toMatchObject([{ kind: 77, bytes: Uint8Array.of(1, 2, 3) }])
  expect(kindsOf(envelope)).toEqual([77, 1, 1])
  expect(kindsOf((await rewrap(sealed, { remove: ({ kind }) => kind === 77, length: 0 })).envelope)).toEqual([1])
})

test('[E-76] somebody whom the caller names is left', async () => {
  const sealed = await seal(to(1), to(2), unknown)
  await expect(rewrap(sealed, { remove: names(1) })).rejects.toMatchObject({ code: 'invalid-argument' })
  await expect(rewrap(sealed, { remove: () => true })).rejects.toMatchObject({ code: 'invalid-argument' })
  await expect(rewrap(sealed, { remove: () => true, add: [paddingRecipient(10)] })).rejects.toMatchObject({
    code: 'invalid-argument',
  })
  expect(kindsOf((await rewrap(sealed, { remove: names(1), add: [to(3)] })).envelope)).toEqual([1, 77, 1])
})

test('padding added by the caller is nobody', async () => {
  const sealed = await seal(to(1), to(2))
  await expect(rewrap(sealed, { remove: names(1), add: [paddingRecipient(10)] })).rejects.toMatchObject({
    code: 'invalid-argument',
  })
})

test('[E-76] the context and the whole old header are needed', async () => {
  const sealed = await seal(to(1))
  await expect(rewrap(sealed, { add: [to(2)], context: { tenant: 'other' } })).rejects.toMatchObject({
    code: 'authentication-failed',
  })
  await expect(rewrap(sealed, { add: [to(2)], openers: [by(2)] })).rejects.toMatchObject({ code: 'no-matching-key' })
  const header = parseHeader(sealed) as RecipientsHeader
  for (let at = 0; at < header.length; at++) {
    const changed = Uint8Array.from(sealed)
    changed[at] = (changed[at] as number) ^ 1
    await expect(rewrap(changed, { add: [to(2)] }), `byte ${at}`).rejects.toMatchObject({
      code: expect.stringMatching(/^(malformed|unsupported|authentication-failed|no-matching-key)$/),
    })
  }
})

test('records have no recipients to rewrap', async () => {
  const key = prepareRecordKey(slots, slots.importKey(new Uint8Array(32).fill(9)), {
    keyId: new Uint8Array(16),
    version: 1,
  })
  expect(recordTextPrefix({ keyId: new Uint8Array(16), version: 1 })).toHaveLength(36)
  await expect(rewrap(key.seal(message, context), { add: [to(1)] })).rejects.toMatchObject({
    code: 'authentication-failed',
  })
})

test('[E-80] the header alone is enough, for objects whose header stands elsewhere', async () => {
  const sealed = await seal(to(1))
  const { length } = parseHeader(sealed)
  const [detached, body] = [sealed.slice(0, length), sealed.slice(length)]
  const { header } = await rewrapHeader(detached, { context, openers: [by(1)], primitives, add: [to(2)] })
  expect(await open(Buffer.concat([header, body]), 2)).toEqual(message)
})

test('a header takes 255 recipients, 4 passwords and 65,536 bytes, and no more', async () => {
  const sealed = await seal(to(1), ...Array.from({ length: 254 }, () => to(2)))
  await expect(rewrap(sealed, { add: [to(3)] })).rejects.toMatchObject({ code: 'invalid-argument' })
  const large = await seal(to(1), paddingRecipient(65_000))
  const big: Recipient = { kind: 78, wrap: async () => new Uint8Array(65_535) }
  await expect(rewrap(large, { add: [big] })).rejects.toMatchObject({ code: 'invalid-argument' })
})
