import { afterEach, expect, test, vi } from 'vitest'
import { beginSealing, hedgedSalt, noContext, sealEnvelope, streamSalt } from '../../src/envelope.ts'
import { primitives, slots } from './backend.ts'
import { vectors } from './vectors.ts'

const hex = (text: string | undefined): Uint8Array => new Uint8Array(Buffer.from(text as string, 'hex'))
const saltOf = (envelope: Uint8Array, headerLength: number): string =>
  Buffer.from(envelope.subarray(headerLength, headerLength + 24)).toString('hex')

/** A machine whose random bytes are always the same: cloned, or put back to a snapshot, before each call. */
function repeatRandomBytes(): void {
  vi.spyOn(crypto, 'getRandomValues').mockImplementation((array) => {
    if (array instanceof Uint8Array) array.fill(7)
    return array
  })
}

afterEach(() => {
  vi.restoreAllMocks()
})

test('a hedged salt is what the specification derives', () => {
  const { random, C, plaintext, hedgedSalt: expected } = vectors.derivations
  expect(Buffer.from(hedgedSalt(primitives, hex(C), hex(plaintext), hex(random))).toString('hex')).toBe(expected)
})

test('with random bytes that repeat, two messages or contexts have two hedged salts', () => {
  repeatRandomBytes()
  const [a, b] = [Uint8Array.of(1), Uint8Array.of(2)]
  const salts = [hedgedSalt(primitives, a, a), hedgedSalt(primitives, a, b), hedgedSalt(primitives, b, a)]
  expect(new Set(salts.map(String)).size).toBe(3)
  expect(hedgedSalt(primitives, a, a)).toEqual(salts[0])
})

test('with random bytes that repeat, two whole messages to recipients have two salts', async () => {
  const recipient = { kind: 77, wrap: async () => new Uint8Array(1) }
  const options = { context: noContext, recipients: [recipient], primitives, slots }
  repeatRandomBytes()
  const sealed = [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(1)].map((plaintext) =>
    sealEnvelope(plaintext, options),
  )
  const salts = (await Promise.all(sealed)).map((envelope) => saltOf(envelope, 44))
  expect(salts[0]).not.toBe(salts[1])
  expect(salts[0]).toBe(salts[2])
})

test('with random bytes that repeat, two streams have two salts', async () => {
  repeatRandomBytes()
  expect(streamSalt(primitives)).not.toEqual(streamSalt(primitives))
  const recipient = { kind: 77, wrap: async () => new Uint8Array(1) }
  const options = { context: noContext, recipients: [recipient], primitives, slots }
  const [first, second] = [await beginSealing(options), await beginSealing(options)]
  expect(saltOf(first.start, 44)).not.toBe(saltOf(second.start, 44))
})
