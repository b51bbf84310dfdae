import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Context, canonicalContext, noContext, writeBound } from '../../src/envelope.ts'
import { vectors } from './vectors.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const refused = (context: unknown): string => {
  try {
    canonicalContext(context as Context)
  } catch (error) {
    return (error as { code: string }).code
  }
  return 'accepted'
}

/** A ReadonlyMap of a caller's own, which may give a name twice. */
class Pairs extends Map<string, string> {
  readonly #pairs: readonly (readonly [string, string])[]
  constructor(pairs: readonly (readonly [string, string])[]) {
    super()
    this.#pairs = pairs
  }
  override *[Symbol.iterator](): MapIterator<[string, string]> {
    for (const [name, value] of this.#pairs) yield [name, value]
  }
}

/** The specification's words, written down with Buffer: what the fast path must agree with. */
function reference(pairs: readonly (readonly [string, string])[]): string {
  const u16 = (n: number): Buffer => Buffer.from([n >> 8, n & 255])
  const sorted = [...pairs].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  const parts = sorted.flatMap((pair) => pair.flatMap((text) => [u16(Buffer.byteLength(text)), Buffer.from(text)]))
  return Buffer.concat([u16(pairs.length), ...parts]).toString('hex')
}

describe('vectors', () => {
  test.each(vectors.canonical)('$comment', ({ pairs, canonical, error }) => {
    const context = pairs.length === 0 ? noContext : new Pairs(pairs as [string, string][])
    if (error !== undefined) expect(refused(context)).toBe(error)
    else expect(hex(canonicalContext(context))).toBe(canonical)
  })
})

const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 })
const pairs = fc.uniqueArray(fc.tuple(name, fc.string({ unit: 'binary', maxLength: 20 })), {
  selector: ([one]) => one,
  minLength: 1,
  maxLength: 6,
})

test('any order of the pairs, as a record or a Map, gives the bytes the specification describes [E-15]', () => {
  fc.assert(
    fc.property(pairs, (given) => {
      const expected = reference(given)
      expect(hex(canonicalContext(Object.fromEntries(given)))).toBe(expected)
      expect(hex(canonicalContext(new Map(given)))).toBe(expected)
      expect(hex(canonicalContext(new Map([...given].reverse())))).toBe(expected)
    }),
  )
})

test('different contexts never have the same bytes', () => {
  fc.assert(
    fc.property(pairs, pairs, (a, b) => {
      const same = hex(canonicalContext(new Map(a))) === hex(canonicalContext(new Map(b)))
      expect(same).toBe(reference(a) === reference(b))
    }),
  )
})

test('an empty context is refused with a hint at noContext [E-16]', () => {
  for (const empty of [{}, new Map(), Object.create(null), Object.create({ tenant: 'inherited' })]) {
    expect(() => canonicalContext(empty as Context)).toThrow(/noContext/)
    expect(refused(empty)).toBe('invalid-context')
  }
  expect(hex(canonicalContext(noContext))).toBe('0000')
})

test('what is no context of strings is refused', () => {
  for (const wrong of [undefined, null, 'tenant', 7, ['a'], [['a', 'b']], () => 'x', new Uint8Array(4)]) {
    expect(refused(wrong)).toBe('invalid-context')
  }
  for (const value of [1, null, undefined, true, 1n, Symbol('s'), new String('x'), { toString: () => 'x' }, ['x']]) {
    expect(refused({ a: value })).toBe('invalid-context')
    expect(refused({ a: value, b: 'x' })).toBe('invalid-context')
    expect(refused({ a: 'x', b: 'y', c: value })).toBe('invalid-context')
    expect(refused(new Map([['a', value]]))).toBe('invalid-context')
  }
  expect(refused(new Map([[1 as unknown as string, 'x']]))).toBe('invalid-context')
})

test('lone surrogates are refused wherever they stand [E-13]', () => {
  for (const broken of ['\ud83d', '\ude00', 'a\ud83d', '\ud83da', '\ude00\ud83d', '\ud83d\ud83d\ude00']) {
    expect(refused({ a: broken })).toBe('invalid-context')
    expect(refused({ [broken]: 'a' })).toBe('invalid-context')
    expect(refused({ [broken]: 'a', b: 'c', d: 'e' })).toBe('invalid-context')
  }
})

test('no message holds a value of the context', () => {
  for (const context of [{ tenant: 'SENSITIVE\ud800' }, { '': 'SENSITIVE' }, { a: 'SENSITIVE'.repeat(9000) }]) {
    expect(() => canonicalContext(context)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('SENSITIVE') }),
    )
  }
})

test('own names that objects inherit count, and inherited ones do not', () => {
  const context = JSON.parse('{"__proto__":"a","constructor":"b","toString":"c"}') as Record<string, string>
  expect(hex(canonicalContext(context))).toBe(
    reference([
      ['__proto__', 'a'],
      ['constructor', 'b'],
      ['toString', 'c'],
    ]),
  )
  const inheriting = Object.assign(Object.create({ inherited: 'x' }), { own: 'y' }) as Record<string, string>
  expect(hex(canonicalContext(inheriting))).toBe(reference([['own', 'y']]))
})

test('each value is read once', () => {
  for (const names of [['a'], ['b', 'a'], ['c', 'b', 'a']]) {
    const reads: string[] = []
    const context = {}
    for (const one of names) {
      Object.defineProperty(context, one, { enumerable: true, get: () => `value ${reads.push(one)}` })
    }
    canonicalContext(context)
    expect(reads.sort()).toEqual([...names].sort())
  }
})

test('a getter that encodes another context over the same target disturbs nothing', () => {
  const target = new Uint8Array(65_542)
  const preamble = Uint8Array.of(1, 2, 3, 4, 5, 6, 7)
  const context = {
    get a(): string {
      writeBound(target, Uint8Array.of(9, 9, 9, 9, 9, 9, 9), { other: 'x'.repeat(100) })
      return 'b'
    },
    c: 'd',
  }
  const length = writeBound(target, preamble, context)
  expect(hex(target.slice(0, length))).toBe(
    `01020304050607${reference([
      ['a', 'b'],
      ['c', 'd'],
    ])}`,
  )
})

test('65,535 bytes are allowed, one more is not, in one, two and four byte characters [E-17]', () => {
  for (const character of ['x', 'é', '€', '🔑']) {
    const bytes = Buffer.byteLength(character)
    const room = 65_535 - 2 - 2 - 1 - 2
    const value = character.repeat(Math.floor(room / bytes))
    const filled = 'x'.repeat(room % bytes) + value
    expect(canonicalContext({ a: filled })).toHaveLength(65_535)
    expect(refused({ a: `${filled}x` })).toBe('invalid-context')
    expect(refused({ a: `x${filled}` })).toBe('invalid-context')
    expect(refused({ a: `${filled}${character}` })).toBe('invalid-context')
  }
  const many = Object.fromEntries(Array.from({ length: 14_000 }, (_, i) => [String(i), '']))
  expect(refused(many)).toBe('invalid-context')
})

test('a longest context fits the target, and a shorter target is refused', () => {
  const target = new Uint8Array(65_542)
  expect(writeBound(target, new Uint8Array(7), { a: 'x'.repeat(65_528) })).toBe(65_542)
  expect(() => writeBound(new Uint8Array(65_541), new Uint8Array(7), { a: 'b' })).toThrow(
    expect.objectContaining({ code: 'invalid-argument' }),
  )
})
