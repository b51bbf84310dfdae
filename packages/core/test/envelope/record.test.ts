import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  encryptedLength,
  noContext,
  parseUuid,
  prepareRecordKey,
  type RecordKey,
  recordHeader,
  recordTextPrefix,
  sealedBy,
  toText,
} from '../../src/envelope.ts'
import { slots } from './backend.ts'

const keyId = parseUuid('7bd5d47e-446f-4ec2-a3d8-11736110e578')
const context = { tenant: 'acme', table: 'users' }
const failed = expect.objectContaining({ code: 'authentication-failed' })

function recordKey(fill = 7, options: { version?: number; content?: 0 | 1; id?: Uint8Array } = {}): RecordKey {
  const material = slots.importKey(new Uint8Array(32).fill(fill))
  const { version = 1, content = 0, id = keyId } = options
  const key = prepareRecordKey(slots, material, { keyId: id, version, content })
  slots.release(material)
  return key
}

const bytesOf = (n: number): Uint8Array => Uint8Array.from({ length: n }, (_, i) => (i * 7) % 256)

test('what is sealed opens, in its context, and has the length that is promised [E-85]', () => {
  const key = recordKey()
  const pairs = fc.dictionary(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ unit: 'grapheme' }), {
    minKeys: 1,
    maxKeys: 4,
  })
  const length = fc.oneof(fc.nat(200), fc.constantFrom(16_383, 16_384, 16_385, 32_768, 40_000))
  fc.assert(
    fc.property(pairs, length, (given, n) => {
      const envelope = key.seal(bytesOf(n), given)
      expect(envelope).toHaveLength(encryptedLength(n))
      expect(Buffer.compare(key.open(envelope, given), bytesOf(n))).toBe(0)
      expect(() => key.open(envelope, { ...given, more: 'x' })).toThrow(failed)
    }),
  )
})

test('every single flipped bit is refused [E-94]', () => {
  const key = recordKey()
  const envelope = key.seal(bytesOf(40), context)
  for (let bit = 0; bit < envelope.length * 8; bit++) {
    const changed = envelope.slice()
    changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7))
    expect(() => key.open(changed, context)).toThrow(expect.objectContaining({ name: 'KmsError' }))
  }
})

test('every truncation and every extension is refused [E-94]', () => {
  const key = recordKey()
  for (const n of [0, 40]) {
    const envelope = key.seal(bytesOf(n), context)
    for (let length = 0; length < envelope.length; length++) {
      const code = length < 27 ? 'malformed' : 'authentication-failed'
      expect(() => key.open(envelope.subarray(0, length), context)).toThrow(expect.objectContaining({ code }))
    }
    expect(() => key.open(Buffer.concat([envelope, Buffer.alloc(1)]), context)).toThrow(failed)
  }
})

test('chunks swapped, dropped or repeated are refused [E-94]', () => {
  const key = recordKey()
  const envelope = key.seal(bytesOf(50_000), context)
  const chunk = (i: number): Uint8Array => envelope.subarray(83 + i * 16_400, 83 + (i + 1) * 16_400)
  const start = envelope.subarray(0, 83)
  for (const order of [[1, 0, 2, 3], [0, 2, 3], [0, 1, 2], [0, 1, 1, 2, 3], [0, 1, 2, 3, 3], [0, 1], []]) {
    expect(() => key.open(Buffer.concat([start, ...order.map(chunk)]), context)).toThrow(failed)
  }
  expect(key.open(Buffer.concat([start, ...[0, 1, 2, 3].map(chunk)]), context)).toHaveLength(50_000)
})

test('salts are fresh: the same message never gives the same envelope [E-31]', () => {
  const key = recordKey()
  const envelopes = Array.from({ length: 500 }, () => toText(key.seal(bytesOf(1), context)))
  expect(new Set(envelopes).size).toBe(500)
})

test('another key or version is no-matching-key with its id; another material under the same id fails [E-7] [E-92]', () => {
  const envelope = recordKey(7, { version: 3 }).seal(bytesOf(5), context)
  const named = { code: 'no-matching-key', keyIds: ['7bd5d47e-446f-4ec2-a3d8-11736110e578'], version: '3' }
  expect(() => recordKey(7, { version: 4 }).open(envelope, context)).toThrow(expect.objectContaining(named))
  expect(() => recordKey(7, { version: 3, id: new Uint8Array(16) }).open(envelope, context)).toThrow(
    expect.objectContaining(named),
  )
  expect(() => recordKey(8, { version: 3 }).open(envelope, context)).toThrow(failed)
})

test('contents are separate: a stored key does not open as data, nor data as a stored key [E-6] [E-91]', () => {
  const [data, stored] = [recordKey(7), recordKey(7, { content: 1 })]
  expect(() => data.open(stored.seal(bytesOf(32), context), context)).toThrow(/key version/)
  expect(() => stored.open(data.seal(bytesOf(32), context), context)).toThrow(failed)
  const relabelled = data.seal(bytesOf(32), context)
  relabelled[4] = 1
  expect(() => stored.open(relabelled, context)).toThrow(failed)
})

test('a wrong context is named before a wrong envelope, which is never looked at [E-19] [E-88]', () => {
  const key = recordKey()
  expect(() => key.open(new Uint8Array(3), {})).toThrow(expect.objectContaining({ code: 'invalid-context' }))
  expect(() => key.seal('text' as unknown as Uint8Array, context)).toThrow(
    expect.objectContaining({ code: 'invalid-argument' }),
  )
  expect(() => key.open('text' as unknown as Uint8Array, context)).toThrow(
    expect.objectContaining({ code: 'invalid-argument' }),
  )
})

test('all that is wrong with keys, context and bytes gives one and the same message [E-94]', () => {
  const key = recordKey()
  const envelope = key.seal(bytesOf(5), context)
  const changed = envelope.slice()
  changed[changed.length - 1] = (changed.at(-1) as number) ^ 1
  const messages = [
    () => key.open(changed, context),
    () => key.open(envelope.subarray(0, 90), context),
    () => key.open(envelope, noContext),
    () => recordKey(9).open(envelope, context),
  ].map((attempt) => {
    try {
      attempt()
      return 'opened'
    } catch (error) {
      return (error as Error).message
    }
  })
  expect(new Set(messages).size).toBe(1)
  expect(messages[0]).toMatch(/context first/)
})

test('a bound context is the same context, also after others were used', () => {
  const key = recordKey()
  const bound = key.bind(context)
  const envelope = bound.seal(bytesOf(5))
  key.seal(bytesOf(9), { another: 'context', which: 'is longer'.repeat(9) })
  expect(Buffer.compare(key.open(envelope, context), bytesOf(5))).toBe(0)
  expect(Buffer.compare(bound.open(key.seal(bytesOf(6), context)), bytesOf(6))).toBe(0)
  expect(() => key.bind({ other: 'context' }).open(envelope)).toThrow(failed)
})

test('36 characters of text name the key version, and 27 bytes say whether it is the one [E-26] [E-29]', () => {
  const key = recordKey(7, { version: 2 })
  const envelope = key.seal(bytesOf(5), context)
  expect(toText(envelope).slice(0, 36)).toBe(recordTextPrefix({ keyId, version: 2 }))
  expect(key.textPrefix).toBe(recordTextPrefix({ keyId, version: 2 }))
  expect(recordTextPrefix({ keyId, version: 2 })).not.toBe(recordTextPrefix({ keyId, version: 3 }))
  expect(sealedBy(envelope, key.header)).toBe(true)
  expect(sealedBy(envelope, recordKey(7, { version: 3 }).header)).toBe(false)
  expect(sealedBy(envelope.subarray(0, 26), key.header)).toBe(false)
  expect(recordHeader(envelope)).toMatchObject({ mode: 0, version: 2 })
})

test('a released key is closed', () => {
  const key = recordKey()
  const envelope = key.seal(bytesOf(5), context)
  key.release()
  const closed = expect.objectContaining({ code: 'closed' })
  expect(() => key.seal(bytesOf(5), context)).toThrow(closed)
  expect(() => key.open(envelope, context)).toThrow(closed)
})

test('ids, versions and contents that no record has are refused', () => {
  const material = slots.importKey(new Uint8Array(32).fill(1))
  const wrong = [
    { keyId: new Uint8Array(15), version: 1 },
    { keyId, version: 0 },
    { keyId, version: 2 ** 32 },
    { keyId, version: 1.5 },
    { keyId, version: 1, content: 3 as const },
    { keyId, version: 1, suite: 3 as 1 },
  ]
  for (const options of wrong) {
    expect(() => prepareRecordKey(slots, material, options)).toThrow(
      expect.objectContaining({ code: 'invalid-argument' }),
    )
  }
  slots.release(material)
})
