import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromText, textPattern, toText } from '../../src/envelope.ts'

const malformed = expect.objectContaining({ code: 'malformed' })

test('text is unpadded base64url, both ways [E-9]', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const text = toText(bytes)
      expect(text).toBe(Buffer.from(bytes).toString('base64url'))
      expect(fromText(text)).toEqual(bytes)
    }),
  )
})

test('long texts and short ones in turn do not disturb each other', () => {
  for (const n of [3071, 3072, 3073, 5, 100_000, 0, 1]) {
    const bytes = Uint8Array.from({ length: n }, (_, i) => (i * 41) % 256)
    expect(toText(bytes)).toBe(Buffer.from(bytes).toString('base64url'))
  }
})

test('no two texts give the same bytes: whatever is read is written the same', () => {
  const unit = fc.constantFrom(...'ABCZabcz019-_+/= \n\u00e9\u0100')
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 12 }), (text) => {
      let bytes: Uint8Array
      try {
        bytes = fromText(text)
      } catch (error) {
        expect(error).toEqual(malformed)
        return
      }
      expect(toText(bytes)).toBe(text)
    }),
    { numRuns: 2000 },
  )
})

test('padding, white space, another alphabet, unused bits and impossible lengths are malformed [E-11]', () => {
  for (const text of [
    'AA==',
    'AAA=',
    'AA A',
    'AAAA\n',
    ' AAAA',
    'AA+A',
    'AA/A',
    'A',
    'AAAAA',
    'AB',
    'AAB',
    'AAé',
    '\u0141AAA',
  ]) {
    expect(() => fromText(text)).toThrow(malformed)
  }
})

test('the pattern finds envelopes and nothing like them [E-10]', () => {
  const preambles = [0, 1].flatMap((suite) =>
    [0, 1, 2, 3, 4, 5, 6].flatMap((content) => [0, 1, 2].map((mode) => [suite + 1, content, mode])),
  )
  for (const [suite, content, mode] of preambles) {
    const envelope = Uint8Array.of(0x92, 0x6b, 0x35, suite as number, content as number, mode as number, 0, 255, 3)
    expect(`in front ${toText(envelope)}`).toMatch(textPattern)
  }
  expect(toText(Uint8Array.of(0x92, 0x6b, 0x36, 1, 0, 0, 0, 0, 0))).not.toMatch(textPattern)
  expect('kms1 is a name').not.toMatch(textPattern)
})
