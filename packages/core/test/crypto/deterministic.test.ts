import { createHmac, randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createWasmKeySlots } from '../../src/hazmat.ts'

const header = Buffer.alloc(27, 9)
const bound = Buffer.from('what is bound')

describe.each([1, 2] as const)('deterministic messages of suite %i', (suite) => {
  const slots = createWasmKeySlots()
  const root = slots.importKey(randomBytes(32))
  const slot = slots.deriveDeterministic(root, Buffer.from('info'))
  slots.prepare(slot, suite, header)
  slots.bound.set(bound)
  const saltKey = slots.expand(root, Buffer.from('info'), 64).subarray(32)

  test.each([0, 1, 127, 16_384, 262_131, 262_144, 700_000])(
    '%i bytes: the salt is HMAC-SHA-512(S, C ‖ plaintext)',
    (length) => {
      const plaintext = randomBytes(length)
      const sealed = slots.sealDeterministic(slot, bound.length, plaintext)
      const salt = createHmac('sha512', saltKey).update(bound).update(plaintext).digest().subarray(0, 24)
      expect(Buffer.compare(sealed.subarray(27, 51), salt)).toBe(0)
      expect(Buffer.compare(slots.sealDeterministic(slot, bound.length, plaintext), sealed)).toBe(0)
      expect(Buffer.compare(slots.openDeterministic(slot, bound.length, sealed), plaintext)).toBe(0)
    },
  )

  test('a genuine message with another salt is refused', () => {
    const sealed = slots.seal(slot, bound.length, Buffer.from('hello'))
    expect(slots.open(slot, bound.length, sealed)).toEqual(new Uint8Array(Buffer.from('hello')))
    expect(() => slots.openDeterministic(slot, bound.length, sealed)).toThrow(
      expect.objectContaining({ code: 'authentication-failed' }),
    )
  })

  test('a slot without a salt key seals nothing deterministically', () => {
    const plain = slots.deriveKey(root, Buffer.from('info'))
    slots.prepare(plain, suite, header)
    expect(() => slots.sealDeterministic(plain, bound.length, Buffer.from('hello'))).toThrow(
      expect.objectContaining({ code: 'invalid-argument' }),
    )
  })
})
