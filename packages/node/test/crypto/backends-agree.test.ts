import { pbkdf2 } from 'node:crypto'
import type { KeySlots, Slot, Suite } from '@kms/core'
import { prepareVersionKey } from '@kms/core/envelope'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { backendParts } from '../../src/backend.ts'
import { nativeFrom } from '../../src/crypto/hybrid-key-slots.ts'

const names = ['auto', 'native', 'wasm'] as const
const backends = names.map((name) => backendParts(name))
const around = (length: number): number[] => [length - 1, length, length + 1]
const lengths = [
  0,
  1,
  ...around(nativeFrom - 99),
  ...around(nativeFrom - 56),
  ...around(nativeFrom),
  ...around(16_384),
  ...around(32_768),
]

function prepared(slots: KeySlots, key: Uint8Array, suite: Suite, header: Uint8Array): Slot {
  const slot = slots.importKey(key.slice())
  slots.prepare(slot, suite, header)
  return slot
}

test('what one backend seals every backend opens, to the byte, on both sides of the crossover', () => {
  const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length })
  fc.assert(
    fc.property(
      bytes(32),
      bytes(24),
      fc.uint8Array({ maxLength: 200 }),
      fc.constantFrom<Suite>(1, 2),
      fc.constantFrom(0, 27),
      fc.constantFrom(...lengths),
      (key, salt, bound, suite, headerLength, length) => {
        const header = new Uint8Array(headerLength).fill(0x92)
        const plaintext = Uint8Array.from({ length }, (_, i) => i % 251)
        const sealed = backends.map(({ slots }) => {
          const slot = prepared(slots, key, suite, header)
          slots.bound.set(bound)
          const message = slots.seal(slot, bound.length, plaintext, salt)
          const opened = slots.open(slot, bound.length, message)
          slots.release(slot)
          expect(Buffer.compare(opened, plaintext)).toBe(0)
          return Buffer.from(message).toString('base64')
        })
        expect(new Set(sealed).size).toBe(1)
      },
    ),
    { numRuns: 300 },
  )
})

test('every suite and mode opens on every backend, and what is deterministic is the same on all of them', () => {
  const keyId = new Uint8Array(16).fill(3)
  const material = new Uint8Array(32).fill(9)
  const keys = backends.map(({ slots }) =>
    prepareVersionKey(slots, slots.importKey(material.slice()), { keyId, version: 1 }),
  )
  const same = (made: readonly Uint8Array[]): void =>
    expect(new Set(made.map((bytes) => Buffer.from(bytes).toString('base64'))).size).toBe(1)
  fc.assert(
    fc.property(
      fc.constantFrom<Suite>(1, 2),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(...lengths),
      fc.nat(255),
      (suite, value, length, start) => {
        const context = { table: 'users', value }
        const plaintext = Uint8Array.from({ length }, (_, i) => start + i)
        const deterministic = keys.map((key) => key.deterministic(suite).seal(plaintext, context))
        same(deterministic)
        same(keys.map((key) => key.index.compute(plaintext, context, 32)))
        const random = keys.map((key) => key.recordOf(suite).seal(plaintext, context))
        for (const envelope of [...random, ...deterministic]) {
          for (const key of keys) expect(Buffer.compare(key.open(envelope, context), plaintext)).toBe(0)
        }
        const changed = random[start % 3] as Uint8Array
        const at = (start * 7919 + length) % changed.length
        changed[at] = (changed[at] as number) ^ (1 << (start % 8))
        for (const key of keys) expect(() => key.open(changed, context)).toThrow()
      },
    ),
    { numRuns: 200 },
  )
})

test('results are arrays of their own, not views of a pool that Node shares', () => {
  const { primitives, slots } = backendParts('native')
  const key = new Uint8Array(32).fill(7)
  const slot = prepared(slots, key, 1, new Uint8Array(0))
  const results = [
    primitives.hash('SHA-512', key),
    primitives.hmac('SHA-256', key, key),
    primitives.keyWrap(key, key),
    primitives.aeadSeal('AES-256-GCM', key, key.subarray(0, 12), new Uint8Array(0), key),
    slots.seal(slot, 0, key),
    slots.messageKey(slot, 0, key.subarray(0, 24)).nonce,
  ]
  for (const result of results) {
    expect(Object.getPrototypeOf(result)).toBe(Uint8Array.prototype)
    expect(result.buffer.byteLength).toBeLessThan(4096)
  }
})

test('an aborted derivation rejects before it is done', async () => {
  const { primitives } = backendParts('native')
  const stop = new AbortController()
  const derivation = primitives.pbkdf2('SHA-256', new Uint8Array(8), new Uint8Array(16), 3_000_000, 32, {
    signal: stop.signal,
  })
  let done = false
  pbkdf2('', '', 3_000_000, 32, 'sha256', () => {
    done = true
  })
  stop.abort()
  await expect(derivation).rejects.toMatchObject({ code: 'aborted' })
  expect(done).toBe(false)
})
