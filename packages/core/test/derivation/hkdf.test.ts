import { hkdfSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createWasmPrimitives, hkdf } from '../../src/hazmat.ts'

const primitives = createWasmPrimitives()
const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'))
const counting = (from: number, length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => from + i)

describe('RFC 5869 appendix A', () => {
  test.each([
    [
      'A.1',
      new Uint8Array(22).fill(11),
      counting(0, 13),
      counting(0xf0, 10),
      42,
      '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
    ],
    [
      'A.2, longer',
      counting(0, 80),
      counting(0x60, 80),
      counting(0xb0, 80),
      82,
      'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87',
    ],
    [
      'A.3, empty salt and info',
      new Uint8Array(22).fill(11),
      bytes(''),
      bytes(''),
      42,
      '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
    ],
  ])('%s', (_, inputKey, salt, info, length, okm) => {
    const output = hkdf('SHA-256', inputKey, { primitives, salt, info, length })
    expect(Buffer.from(output).toString('hex')).toBe(okm)
    if (salt.length === 0) expect(hkdf('SHA-256', inputKey, { primitives, length })).toEqual(output)
  })
})

test('is what OpenSSL computes, with each hash', () => {
  const some = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength })
  const hash = fc.constantFrom('SHA-256' as const, 'SHA-384' as const, 'SHA-512' as const)
  fc.assert(
    fc.property(
      hash,
      some(16, 200),
      some(0, 200),
      some(0, 200),
      fc.integer({ min: 1, max: 300 }),
      (name, key, salt, info, length) => {
        const expected = new Uint8Array(hkdfSync(name.replace('SHA-', 'sha'), key, salt, info, length))
        expect(hkdf(name, key, { primitives, salt, info, length })).toEqual(expected)
      },
    ),
  )
})

test('refuses passwords and short inputs, and says why', () => {
  const refused = (inputKey: unknown) => () => hkdf('SHA-256', inputKey as Uint8Array, { primitives })
  expect(refused('correct horse battery staple')).toThrow(/no password hash.*deriveKey/)
  expect(refused('correct horse battery staple')).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
  expect(refused(new Uint8Array(15))).toThrow(expect.objectContaining({ code: 'weak-key' }))
  expect(refused(new Uint8Array(15))).toThrow(/15 bytes can be guessed/)
  expect(refused(undefined)).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
})
