import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encryptedLength, plaintextLength, recipientLengths, textLength } from '../../src/envelope.ts'

test('the figures the specification gives [E-85] [E-86] [E-87]', () => {
  expect(encryptedLength(16)).toBe(115)
  expect(textLength(16)).toBe(154)
  expect(encryptedLength(0)).toBe(99)
  expect(encryptedLength(16_383)).toBe(16_482)
  expect(encryptedLength(16_384)).toBe(16_499)
  expect(encryptedLength(33, [recipientLengths.passwordPbkdf2])).toBe(209)
  expect(encryptedLength(33, [recipientLengths.key, 8])).toBe(40 + 63 + 8 + 56 + 33 + 16)
})

test('a body length leads back to the length of its message, and lengths between chunks to none', () => {
  fc.assert(
    fc.property(fc.oneof(fc.nat(100_000), fc.constantFrom(16_383, 16_384, 16_385, 32_768, 2 ** 40)), (n) => {
      expect(plaintextLength(encryptedLength(n) - 27)).toBe(n)
    }),
  )
  for (const cut of [0, 55, 56, 71, 56 + 16_400, 56 + 16_400 + 15]) expect(plaintextLength(cut)).toBeUndefined()
})

test('lengths that are none are refused', () => {
  for (const n of [-1, 0.5, Number.NaN, 2 ** 53]) {
    expect(() => encryptedLength(n)).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
  }
})
