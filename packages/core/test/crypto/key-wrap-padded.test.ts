import { createCipheriv, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createWasmPrimitives } from '../../src/hazmat.ts'
import { KmsError } from '../../src/index.ts'

// RFC 5649 §6 has vectors for keys of 192 bits alone, which are not ours: OpenSSL is the other implementation here; NIST's vectors
// are in published-vectors.test.ts.

const { keyWrapPadded, keyUnwrapPadded } = createWasmPrimitives()
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** OpenSSL's KWP. */
function opensslWrap(kek: Uint8Array, key: Uint8Array): Buffer {
  const cipher = createCipheriv(`id-aes${8 * kek.length}-wrap-pad`, kek, Buffer.from('a65959a6', 'hex'))
  return Buffer.concat([cipher.update(key), cipher.final()])
}

/** Wraps padded bytes under any initial value: what only a broken or hostile writer makes (§3). */
function wrapWith(kek: Uint8Array, initial: Uint8Array, padded: Uint8Array): Buffer {
  const bits = 8 * kek.length
  const cipher =
    padded.length === 8
      ? createCipheriv(`aes-${bits}-ecb`, kek, null).setAutoPadding(false)
      : createCipheriv(`id-aes${bits}-wrap`, kek, initial)
  if (padded.length === 8) cipher.update(initial) // half a block: nothing comes out yet
  return Buffer.concat([cipher.update(padded), cipher.final()])
}

function initialValue(constant: string, length: number): Buffer {
  const value = Buffer.from(`${constant}00000000`, 'hex')
  value.writeUInt32BE(length, 4)
  return value
}

function code(call: () => unknown): string {
  try {
    call()
    return 'none'
  } catch (error) {
    if (error instanceof KmsError) return error.code
    throw error
  }
}

describe.each([16, 32])('AES-KWP with a key of %i bytes', (size) => {
  const kek = randomBytes(size)

  test('gives what OpenSSL gives, for every length to 100, and unwraps it', () => {
    for (let length = 1; length <= 100; length++) {
      const key = randomBytes(length)
      const wrapped = keyWrapPadded(kek, key)
      expect(hex(wrapped)).toBe(hex(opensslWrap(kek, key)))
      expect(hex(keyUnwrapPadded(kek, wrapped))).toBe(hex(key))
    }
  })

  test('and for long ones', () => {
    const lengths = fc.oneof(fc.integer({ min: 101, max: 5000 }), fc.constantFrom(65_529, 65_535, 65_536))
    fc.assert(
      fc.property(lengths, (length) => {
        const key = randomBytes(length)
        const wrapped = keyWrapPadded(kek, key)
        expect(hex(wrapped)).toBe(hex(opensslWrap(kek, key)))
        expect(hex(keyUnwrapPadded(kek, wrapped))).toBe(hex(key))
      }),
      { numRuns: 20 },
    )
  })

  test('any bit that is changed is noticed', () => {
    for (const length of [5, 8, 9, 20]) {
      const wrapped = keyWrapPadded(kek, randomBytes(length))
      for (let bit = 0; bit < 8 * wrapped.length; bit++) {
        const changed = Uint8Array.from(wrapped)
        changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7))
        expect(code(() => keyUnwrapPadded(kek, changed))).toBe('authentication-failed')
      }
    }
  })

  test.each([8, 16, 40])('of %i padded bytes, only right lengths and zeros after them unwrap (§3)', (total) => {
    const padded = (length: number): Buffer => Buffer.concat([Buffer.alloc(length, 0xff), Buffer.alloc(total - length)])
    const unwrap = (initial: Buffer, bytes: Buffer): string =>
      code(() => keyUnwrapPadded(kek, wrapWith(kek, initial, bytes)))
    for (let length = total - 7; length <= total; length++) {
      expect(unwrap(initialValue('a65959a6', length), padded(length))).toBe('none')
      if (length < total) {
        const dirty = padded(length)
        dirty[total - 1] = 1
        expect(unwrap(initialValue('a65959a6', length), dirty)).toBe('authentication-failed')
        dirty[total - 1] = 0
        dirty[length] = 128
        expect(unwrap(initialValue('a65959a6', length), dirty)).toBe('authentication-failed')
      }
    }
    const zeros = Buffer.alloc(total)
    for (const length of [0, total - 8, total + 1, total + 8, 2 ** 31, 2 ** 32 - 1]) {
      expect(unwrap(initialValue('a65959a6', length), zeros)).toBe('authentication-failed')
    }
    for (const constant of ['a65959a7', 'a6a6a6a6', '265959a6']) {
      expect(unwrap(initialValue(constant, total), padded(total))).toBe('authentication-failed')
    }
  })

  test('lengths that nothing wraps to are not genuine, and nothing or too much is not wrapped', () => {
    for (const length of [0, 8, 15, 17, 23, 25]) {
      expect(code(() => keyUnwrapPadded(kek, new Uint8Array(length)))).toBe('authentication-failed')
    }
    expect(code(() => keyWrapPadded(kek, new Uint8Array(0)))).toBe('invalid-argument')
    expect(code(() => keyWrapPadded(kek, new Uint8Array(65_537)))).toBe('invalid-argument')
  })
})
