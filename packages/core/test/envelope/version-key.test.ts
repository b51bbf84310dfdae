import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  type BlindIndex,
  encryptedLength,
  inspect,
  noContext,
  parseUuid,
  prepareBlindIndex,
  prepareDeterministicKey,
  prepareVersionKey,
  recordTextPrefix,
  textLength,
  toText,
  type VersionKey,
  wholeMessageLimit,
} from '../../src/envelope.ts'
import { primitives, slots } from './backend.ts'
import { vectors } from './vectors.ts'

const keyId = parseUuid('7bd5d47e-446f-4ec2-a3d8-11736110e578')
const context = { tenant: 'acme', table: 'users' }
const failed = expect.objectContaining({ code: 'authentication-failed' })
const suites = [1, 2] as const

function versionKey(fill = 7, version = 1): VersionKey {
  return prepareVersionKey(slots, slots.importKey(new Uint8Array(32).fill(fill)), { keyId, version })
}

const bytesOf = (n: number): Uint8Array => Uint8Array.from({ length: n }, (_, i) => (i * 7) % 256)

/** Seals in each mode that a key version seals in. */
const sealing = {
  random: (key: VersionKey, suite: 1 | 2) => key.recordOf(suite),
  deterministic: (key: VersionKey, suite: 1 | 2) => key.deterministic(suite),
} as const
const modes = Object.keys(sealing) as (keyof typeof sealing)[]

afterEach(() => {
  vi.restoreAllMocks()
})

describe('every suite and mode', () => {
  const key = versionKey()
  const pairs = fc.dictionary(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ unit: 'grapheme' }), {
    minKeys: 1,
    maxKeys: 4,
  })
  const length = fc.oneof(fc.nat(200), fc.constantFrom(16_383, 16_384, 16_385, 40_000))
  const [suite, mode] = [fc.constantFrom(...suites), fc.constantFrom(...modes)]

  test('what is sealed opens, in its context, and has the length that is promised [E-22] [E-85] [E-86]', () => {
    fc.assert(
      fc.property(suite, mode, pairs, length, (suite, mode, given, n) => {
        const envelope = sealing[mode](key, suite).seal(bytesOf(n), given)
        expect(envelope).toHaveLength(encryptedLength(n))
        expect(toText(envelope)).toHaveLength(textLength(n))
        expect(Buffer.compare(key.open(envelope, given), bytesOf(n))).toBe(0)
        expect(() => key.open(envelope, { ...given, more: 'x' })).toThrow(failed)
      }),
    )
  })

  test('every single flipped bit is refused [E-94]', () => {
    fc.assert(
      fc.property(suite, mode, fc.nat(100), fc.nat(), (suite, mode, n, at) => {
        const envelope = sealing[mode](key, suite).seal(bytesOf(n), context)
        const bit = at % (envelope.length * 8)
        envelope[bit >> 3] = (envelope[bit >> 3] as number) ^ (1 << (bit & 7))
        expect(() => key.open(envelope, context)).toThrow(expect.objectContaining({ name: 'KmsError' }))
      }),
      { numRuns: 500 },
    )
  })

  test.each(suites.flatMap((suite) => modes.map((mode) => [suite, mode] as const)))(
    'suite %i, %s: cut or longer is refused, and so is another suite or mode in the preamble [E-23] [E-94]',
    (suite, mode) => {
      const envelope = sealing[mode](key, suite).seal(bytesOf(40), context)
      for (let length = 27; length < envelope.length; length++) {
        expect(() => key.open(envelope.subarray(0, length), context)).toThrow(failed)
      }
      expect(() => key.open(Buffer.concat([envelope, Buffer.alloc(1)]), context)).toThrow(failed)
      for (const [at, value] of [
        [3, 3 - suite],
        [5, mode === 'random' ? 1 : 0],
      ] as const) {
        const relabelled = envelope.slice()
        relabelled[at] = value
        expect(() => key.open(relabelled, context)).toThrow(failed)
      }
    },
  )

  test('each suite and mode has a text prefix of its own, which says what it is [E-29]', () => {
    const prefixes = suites.flatMap((suite) =>
      modes.map((mode) => {
        const sealer = sealing[mode](key, suite)
        const text = toText(sealer.seal(bytesOf(3), context))
        expect(text.startsWith(sealer.textPrefix)).toBe(true)
        expect(sealer.textPrefix).toBe(recordTextPrefix({ keyId, version: 1, suite }, mode === 'random' ? 0 : 1))
        expect(inspect(text)).toMatchObject({ suite: { id: suite }, mode: { id: mode === 'random' ? 0 : 1 } })
        return sealer.textPrefix
      }),
    )
    expect(new Set(prefixes).size).toBe(4)
  })
})

describe('deterministic envelopes', () => {
  const key = versionKey()

  test('equal values in equal contexts give equal envelopes, and any difference another salt [E-32] [E-33]', () => {
    const value = fc.uint8Array({ maxLength: 40 })
    const name = fc.constantFrom('a', 'b')
    fc.assert(
      fc.property(fc.constantFrom(...suites), value, value, name, name, (suite, a, b, first, second) => {
        const sealer = key.deterministic(suite)
        const [one, other] = [sealer.seal(a, { column: first }), sealer.seal(b, { column: second })]
        const same = first === second && Buffer.compare(a, b) === 0
        expect(Buffer.compare(one, other) === 0).toBe(same)
        expect(Buffer.compare(one.subarray(27, 51), other.subarray(27, 51)) === 0).toBe(same)
        expect(Buffer.compare(one, sealer.seal(a.slice(), new Map([['column', first]])))).toBe(0)
      }),
    )
  })

  test('another version, material or suite gives another envelope [E-32]', () => {
    const texts = [versionKey(7, 1), versionKey(7, 2), versionKey(8, 1)].flatMap((one) =>
      suites.map((suite) => toText(one.deterministic(suite).seal(bytesOf(5), context).subarray(27, 51))),
    )
    expect(new Set(texts).size).toBe(6)
  })

  test('a genuine message with another salt is refused [E-34]', () => {
    // Sealed with K and a salt that is not of the message: what an attacker who holds K, but not S, could make.
    const other = { ...slots, bound: slots.bound } as typeof slots
    for (const name of ['derivePair', 'prepare', 'release', 'seal', 'open'] as const) {
      Object.assign(other, { [name]: slots[name].bind(slots) })
    }
    other.mac = () => new Uint8Array(24).fill(5)
    const material = slots.importKey(new Uint8Array(32).fill(7))
    const forger = prepareDeterministicKey(other, material, { keyId, version: 1 })
    const forged = forger.seal(bytesOf(5), context)
    expect(forged.subarray(27, 51)).toEqual(new Uint8Array(24).fill(5))
    expect(forger.open(forged, context)).toEqual(bytesOf(5))
    expect(() => key.open(forged, context)).toThrow(failed)
    expect(() => key.deterministic(1).open(forged, context)).toThrow(failed)
  })

  test('a message over the limit is neither sealed nor opened [E-35] [E-93]', () => {
    const material = slots.importKey(new Uint8Array(32).fill(7))
    const [small, large] = [100, 200].map((limit) =>
      prepareDeterministicKey(slots, material, { keyId, version: 1, limit }),
    )
    const exceeded = expect.objectContaining({ code: 'limit-exceeded' })
    const envelope = large?.seal(bytesOf(101), context) as Uint8Array
    expect(small?.open(small.seal(bytesOf(100), context), context)).toHaveLength(100)
    expect(() => small?.seal(bytesOf(101), context)).toThrow(exceeded)
    // Before anything is opened: the bytes are not even genuine.
    expect(() => small?.open(envelope.fill(0, 27), context)).toThrow(exceeded)
    expect(() => large?.open(envelope, context)).toThrow(failed)
    expect(wholeMessageLimit).toBe(67_108_864)
  })

  test('an envelope with a random salt is something else, and so the other way round [E-6]', () => {
    const random = key.record.seal(bytesOf(5), context)
    expect(() => key.deterministic(1).open(random, context)).toThrow(/deterministic was asked for/)
    expect(() => key.record.open(key.deterministic(1).seal(bytesOf(5), context), context)).toThrow(failed)
  })

  test('nobody wraps stored key material deterministically [E-5]', () => {
    expect(() => recordTextPrefix({ keyId, version: 1, content: 1 }, 1)).toThrow(
      expect.objectContaining({ code: 'invalid-argument' }),
    )
  })
})

describe('blind indexes', () => {
  const index: BlindIndex = versionKey().index

  test('the index is what the specification derives [E-37]', () => {
    const given = vectors.derivations
    const hex = (text: string | undefined): Uint8Array => new Uint8Array(Buffer.from(text as string, 'hex'))
    const material = slots.importKey(hex(given.material))
    const one = prepareBlindIndex(slots, material, { keyId: hex(given.keyId), version: given.version })
    // The vector's C: suite 1, content 0, mode 0, and one pair.
    const computed = one.compute(hex(given.plaintext), { field: 'users.email' })
    expect(Buffer.from(computed).toString('hex')).toBe(given.index16)
    expect(Buffer.from(one.compute(hex(given.plaintext), { field: 'users.email' }, 32)).toString('hex')).toMatch(
      new RegExp(`^${given.index16}`),
    )
  })

  test('equal values in equal contexts have equal indexes, others do not', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), fc.integer({ min: 8, max: 32 }), (a, b, length) => {
        const [one, other] = [index.compute(a, context, length), index.compute(b, context, length)]
        expect(one).toHaveLength(length)
        expect(Buffer.compare(one, other) === 0).toBe(Buffer.compare(a, b) === 0)
        expect(Buffer.compare(index.compute(a, noContext, length), one)).not.toBe(0)
      }),
    )
  })

  test('an index has 8 to 32 bytes [E-37]', () => {
    for (const length of [0, 7, 33, 8.5, Number.NaN]) {
      expect(() => index.compute(bytesOf(3), context, length)).toThrow(
        expect.objectContaining({ code: 'invalid-argument' }),
      )
    }
  })
})

describe('hedged salts', () => {
  test('with random bytes that repeat, two hedged records have two salts [E-40]', () => {
    vi.spyOn(crypto, 'getRandomValues').mockImplementation((array) => {
      if (array instanceof Uint8Array) array.fill(7)
      return array
    })
    const key = versionKey()
    const salts = [
      [1, context],
      [2, context],
      [1, noContext],
      [1, context],
    ] as const
    const hedged = salts.map(([value, bound]) => key.record.sealHedged(primitives, Uint8Array.of(value), bound))
    const texts = hedged.map((envelope) => toText(envelope.subarray(27, 51)))
    expect(new Set(texts).size).toBe(3)
    expect(texts[3]).toBe(texts[0])
    for (const [i, [value, bound]] of salts.entries()) {
      expect(key.open(hedged[i] as Uint8Array, bound)).toEqual(Uint8Array.of(value))
    }
  })
})

describe('slots', () => {
  test('what is not asked for takes no slot, and releasing gives all of them back', () => {
    const taken: number[] = []
    const material = slots.importKey(new Uint8Array(32).fill(7))
    const key = prepareVersionKey(slots, material, { keyId, version: 1, onSlots: (change) => taken.push(change) })
    expect(key.slotsHeld).toBe(2)
    for (let i = 0; i < 2; i++) {
      for (const suite of suites) key.open(key.deterministic(suite).seal(bytesOf(1), context), context)
      key.recordOf(2).seal(bytesOf(1), context)
      key.index.compute(bytesOf(1), context)
    }
    expect(taken).toEqual([2, 2, 1, 1])
    expect(key.slotsHeld).toBe(8)
    key.release()
    const closed = expect.objectContaining({ code: 'closed' })
    expect(() => key.record.seal(bytesOf(1), context)).toThrow(closed)
    expect(() => key.deterministic(2).seal(bytesOf(1), context)).toThrow(closed)
    expect(() => key.index.compute(bytesOf(1), context)).toThrow(closed)
  })

  test('version keys that are released leave room for more', () => {
    for (let i = 0; i < 1_500; i++) {
      const key = versionKey(i % 250)
      for (const suite of suites) key.deterministic(suite)
      key.release()
    }
    expect(versionKey().index.compute(bytesOf(1), context)).toHaveLength(16)
  })
})
