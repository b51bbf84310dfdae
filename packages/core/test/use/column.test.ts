import { expect, test } from 'vitest'
import { codeOf, newKms } from '../kms/memory-kms.ts'

const context = { table: 'users', column: 'email' }

async function key() {
  const { kms } = await newKms()
  await kms.keys.create('k')
  return kms.use('k')
}

test.each([
  ['string', 'ada@example.org'],
  ['string', ''],
  ['json', { a: [1, null, 'x'], b: false }],
  ['json', null],
  ['date', new Date('2026-11-24T10:00:00.123Z')],
  ['bigint', -12345678901234567890n],
  ['bytes', Uint8Array.of(0, 255)],
] as const)('a column of %s keeps %s', async (type, value) => {
  const column = (await key()).column({ context, type })
  const stored = column.encode(value as never)
  if (value === null) expect(stored).toBeNull()
  else expect(stored).toMatch(/^kms1/)
  expect(column.decode(stored)).toEqual(value)
})

test('null and undefined stay null', async () => {
  const column = (await key()).column({ context })
  expect([column.encode(null), column.encode(undefined), column.decode(null)]).toEqual([null, null, null])
})

test('values of another type are refused before anything is sealed', async () => {
  const one = await key()
  expect(await codeOf(() => one.column({ context }).encode(1 as never))).toBe('invalid-argument')
  expect(await codeOf(() => one.column({ context, type: 'date' }).encode(new Date('x')))).toBe('invalid-argument')
  expect(await codeOf(() => one.column({ context, type: 'json' }).encode((() => 1) as never))).toBe('invalid-argument')
  expect(await codeOf(() => one.column({ context, type: 'number' as never }))).toBe('invalid-argument')
})

test('plaintext is refused, and accepted only where adoption says so', async () => {
  const one = await key()
  expect(await codeOf(() => one.column({ context }).decode('plain'))).toBe('malformed')
  expect(one.column({ context, acceptPlaintext: true }).decode('plain')).toBe('plain')
  const adopting = one.column({ context, acceptPlaintext: true })
  expect(adopting.decode(adopting.encode('sealed'))).toBe('sealed')
  expect(await codeOf(() => adopting.decode('kms1AQAAA damaged'))).toBe('malformed')
})

test('a value moved to another column does not open', async () => {
  const one = await key()
  const stored = one.column({ context }).encode('x')
  expect(await codeOf(() => one.column({ context: { ...context, column: 'phone' } }).decode(stored))).toBe(
    'authentication-failed',
  )
})
