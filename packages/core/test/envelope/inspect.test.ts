import { expect, test } from 'vitest'
import { encodeKeyHeader, encodeRecipients, encryptedLength, inspect, parseUuid, toText } from '../../src/envelope.ts'

const uuid = '7bd5d47e-446f-4ec2-a3d8-11736110e578'
const zeros = (n: number): Uint8Array => new Uint8Array(n)
const record = Buffer.concat([
  encodeKeyHeader({ suite: 1, content: 0, mode: 0 }, parseUuid(uuid), 7),
  zeros(24).fill(1),
  zeros(32).fill(2),
  zeros(80),
])

test('a record says its key, its version and what it costs', () => {
  expect(inspect(record)).toEqual({
    version: 1,
    form: 'bytes',
    suite: { id: 1, name: 'AEAD_AES_256_GCM' },
    content: { id: 0, name: 'data' },
    mode: { id: 0, name: 'sealed by a key version' },
    keyId: uuid,
    keyVersion: 7,
    textPrefix: toText(record).slice(0, 36),
    length: 163,
    headerLength: 27,
    bodyLength: 136,
    plaintextLength: 64,
    chunks: 1,
    overhead: 99,
    salt: '01'.repeat(24),
    commitment: '02'.repeat(32),
  })
  expect(inspect(toText(record))).toEqual({ ...inspect(record), form: 'text' })
})

test('recipients say who can open, and whether a password asks for more work than allowed', () => {
  const kdf = (iterations: number): Uint8Array => {
    const bytes = new Uint8Array(61)
    bytes[16] = 1
    new DataView(bytes.buffer).setUint32(17, iterations)
    return bytes
  }
  const key = new Uint8Array(60)
  key.set(parseUuid(uuid))
  key[19] = 3
  const external = Buffer.concat([
    Buffer.from([5]),
    Buffer.from('vault'),
    Buffer.from([0, 3]),
    Buffer.from('k/a'),
    zeros(42),
  ])
  const header = encodeRecipients({ suite: 2, content: 3, mode: 2 }, [
    { kind: 1, bytes: key },
    { kind: 2, bytes: kdf(600_000) },
    { kind: 2, bytes: kdf(10_000_001) },
    { kind: 5, bytes: external },
    { kind: 0, bytes: zeros(9) },
    { kind: 42, bytes: zeros(1) },
  ])
  const inspection = inspect(Buffer.concat([header, zeros(32 + 56 + 16)]))
  expect(inspection.recipients).toEqual([
    { kind: 1, name: 'key', length: 60, keyId: uuid, keyVersion: 3 },
    {
      kind: 2,
      name: 'password',
      length: 61,
      kdf: { kdf: 1, name: 'PBKDF2-HMAC-SHA-256', iterations: 600_000 },
      withinLimits: true,
    },
    {
      kind: 2,
      name: 'password',
      length: 61,
      kdf: { kdf: 1, name: 'PBKDF2-HMAC-SHA-256', iterations: 10_000_001 },
      withinLimits: false,
    },
    { kind: 5, name: 'external', length: external.length, provider: 'vault', reference: 'k/a' },
    { kind: 0, name: 'padding', length: 9 },
    { kind: 42, name: 'unknown', length: 1 },
  ])
  expect(inspection.plaintextLength).toBe(0)
  expect(inspection.content).toEqual({ id: 3, name: 'backup' })
})

test('the beginning of a large envelope and its length are enough', () => {
  const length = encryptedLength(40 * 2 ** 30)
  const inspection = inspect(record.subarray(0, 83), { length })
  expect(inspection).toMatchObject({ length, plaintextLength: 40 * 2 ** 30, chunks: 40 * 2 ** 16 + 1 })
  expect(inspect(record.subarray(0, 27), { length })).toMatchObject({ salt: null, commitment: null })
  expect(() => inspect(record.subarray(0, 20), { length })).toThrow(
    expect.objectContaining({ code: 'invalid-argument' }),
  )
  expect(() => inspect(record, { length: 10 })).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
})

test('a body that was cut shows no length, and a header that was cut is malformed', () => {
  expect(inspect(record.subarray(0, 90))).toMatchObject({ plaintextLength: null, chunks: null, overhead: null })
  expect(() => inspect(record.subarray(0, 20))).toThrow(expect.objectContaining({ code: 'malformed' }))
  expect(() => inspect('hello')).toThrow(expect.objectContaining({ code: 'malformed' }))
  expect(() => inspect(Buffer.from('just some text'))).toThrow(expect.objectContaining({ code: 'unsupported' }))
})

test('the beginning of a large file that is no envelope is unsupported, not too short', () => {
  expect(() => inspect(Buffer.from('just some text'), { length: 10 ** 9 })).toThrow(
    expect.objectContaining({ code: 'unsupported' }),
  )
})
