import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CanonicalObject, decodeCanonical, encodeCanonical } from '../../src/encoding/canonical.ts'
import { fromUtf8, utf8, vectors } from '../store/vectors.ts'

const codeOf = (work: () => unknown): string => {
  try {
    work()
    return 'no error'
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
}

describe('canonical bytes', () => {
  test.each(vectors.canonical.valid)(
    'are those of the vectors, both ways: $bytes [C-12] [C-13]',
    ({ value, bytes }) => {
      expect(fromUtf8(encodeCanonical(value))).toBe(bytes)
      expect(decodeCanonical(utf8(bytes))).toEqual(value)
    },
  )

  test.each(vectors.canonical.invalid)('refuse $why [C-16]', ({ bytes }) => {
    expect(codeOf(() => decodeCanonical(utf8(bytes)))).toBe('malformed')
  })

  test('refuse bytes that are no UTF-8', () => {
    expect(codeOf(() => decodeCanonical(Uint8Array.of(...utf8('{"a":"'), 0xff, ...utf8('"}'))))).toBe('malformed')
  })

  test('refuse nesting that would exhaust a reader [C-15]', () => {
    expect(codeOf(() => decodeCanonical(utf8(`{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}`)))).toBe('malformed')
  })

  test('refuse to write what has no canonical form [C-14]', () => {
    for (const value of [null, undefined, 1.5, -1, 2 ** 53, Number.NaN, 1n, '\ud800', () => 1]) {
      const object = { a: value } as unknown as CanonicalObject
      expect(codeOf(() => encodeCanonical(object))).toBe('invalid-argument')
    }
    expect(codeOf(() => encodeCanonical({ é: 1 }))).toBe('invalid-argument')
    expect(codeOf(() => encodeCanonical({ '': 1 }))).toBe('invalid-argument')
  })

  test('are 65,536 at most', () => {
    const fits = { a: 'x'.repeat(65_536 - 8) }
    expect(encodeCanonical(fits).length).toBe(65_536)
    expect(decodeCanonical(encodeCanonical(fits))).toEqual(fits)
    expect(codeOf(() => encodeCanonical({ a: `${fits.a}x` }))).toBe('limit-exceeded')
    expect(codeOf(() => decodeCanonical(utf8(`{"a":"${fits.a}x"}`)))).toBe('malformed')
  })

  const name = fc.string({ unit: 'grapheme-ascii', minLength: 1 })
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.string({ unit: 'binary' }),
      fc.maxSafeNat(),
      fc.boolean(),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(name, tie('value'), { maxKeys: 4 }),
    ),
  }))
  const record = fc.dictionary(name, value, { maxKeys: 5 }) as fc.Arbitrary<CanonicalObject>

  test('come back as the same object, whatever the order of its fields', () => {
    fc.assert(
      fc.property(record, (object) => {
        const bytes = encodeCanonical(object)
        expect(decodeCanonical(bytes)).toEqual({ ...object })
        const reversed = Object.fromEntries(Object.entries(object).reverse())
        expect(encodeCanonical(reversed)).toEqual(bytes)
      }),
    )
  })

  test('changed in any byte are refused or another object', () => {
    fc.assert(
      fc.property(record, fc.nat(), fc.integer({ min: 1, max: 255 }), (object, at, flip) => {
        const bytes = encodeCanonical(object)
        const changed = bytes.slice()
        changed[at % bytes.length] = (changed[at % bytes.length] as number) ^ flip
        let read: CanonicalObject
        try {
          read = decodeCanonical(changed)
        } catch {
          return
        }
        expect(encodeCanonical(read)).toEqual(changed)
        expect(read).not.toEqual(object)
      }),
    )
  })
})
