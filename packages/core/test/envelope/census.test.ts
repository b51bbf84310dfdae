import { expect, test } from 'vitest'
import {
  Census,
  keyRecipient,
  paddingRecipient,
  prepareRecordKey,
  type RecordKey,
  rootKeyHolder,
  sealEnvelope,
  toText,
} from '../../src/envelope.ts'
import { noContext, Secret } from '../../src/index.ts'
import { primitives, slots } from './backend.ts'

const keyId = new Uint8Array(16).fill(0xab)
const uuid = 'abababab-abab-abab-abab-abababababab'

function recordKey(version: number): RecordKey {
  return prepareRecordKey(slots, slots.importKey(new Uint8Array(32).fill(version)), { keyId, version })
}

const to = (fill: number): ReturnType<typeof keyRecipient> =>
  keyRecipient(rootKeyHolder(Secret.take(new Uint8Array(32).fill(fill)), primitives), { primitives })

test('records are counted by key version, in bytes and in text, whatever stands around them', () => {
  const [one, two] = [recordKey(1), recordKey(2)]
  const census = new Census()
  for (let i = 0; i < 5; i++) expect(census.add(one.seal(new Uint8Array(i), noContext))).toBe(true)
  const text = (key: RecordKey, length: number): string => toText(key.seal(new Uint8Array(length), noContext))
  census.addText(JSON.stringify({ a: text(two, 0), b: [text(two, 1), text(one, 2)] }))
  census.addText(`${text(two, 3)},${text(two, 4)}\n`)
  expect(census.rows()).toEqual([
    { content: 'data', mode: 0, keyId: uuid, version: 1, count: 6 },
    { content: 'data', mode: 0, keyId: uuid, version: 2, count: 4 },
  ])
  expect(census).toMatchObject({ envelopes: 10, unreadable: 0 })
})

test('an envelope to recipients is counted for each of them, padding aside', async () => {
  const envelope = await sealEnvelope(new Uint8Array(100_000), {
    context: noContext,
    recipients: [to(1), to(2), to(2), paddingRecipient(99), { kind: 77, wrap: async () => new Uint8Array(3) }],
    primitives,
    slots,
  })
  const census = new Census()
  census.add(envelope.subarray(0, 65_536))
  census.addText(`>${toText(envelope)}<`)
  expect(census.envelopes).toBe(2)
  expect(census.rows().map(({ recipient, count }) => [recipient, count])).toEqual([
    ['key', 2],
    ['key', 2],
    ['unknown', 2],
  ])
})

test('what begins like an envelope and is none is told apart from text that merely looks a little like one', () => {
  const census = new Census()
  census.addText('kms1 kms1A kms1AQAAXAAAAAA kms2AQAAAAAA abckms1AQAAAAAA')
  expect(census).toMatchObject({ envelopes: 0, unreadable: 0 })
  census.addText('kms1AQAAAA kms1AQACAAAA')
  census.add(Uint8Array.of(0x92, 0x6b, 0x35, 1, 0, 0, 0))
  expect(census).toMatchObject({ envelopes: 0, unreadable: 3 })
  expect(census.rows()).toEqual([])
})

test('rows are bounded, whatever keys the envelopes name; the rest is counted together', () => {
  const census = new Census()
  const start = new Uint8Array(27).fill(7)
  start.set([0x92, 0x6b, 0x35, 1, 1, 0, 0])
  const view = new DataView(start.buffer)
  for (let version = 1; version <= 100_010; version++) {
    view.setUint32(23, version)
    census.add(start)
  }
  view.setUint32(23, 5)
  census.add(start)
  expect(census.rows().length).toBe(100_000)
  expect(census).toMatchObject({ envelopes: 100_011, unreadable: 0, further: 10 })
  expect(census.rows()[0]).toMatchObject({ version: 5, count: 2 })
})
