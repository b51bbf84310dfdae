import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeContext, pairsIn } from '../../src/fuzz/contexts.ts'
import { fuzz } from '../../src/fuzz/fuzz.ts'
import { mutate, mutations } from '../../src/fuzz/mutation.ts'
import { mutants, subject } from '../../src/fuzz/subject.ts'
import { targets } from '../../src/fuzz/targets.ts'

const seeds = [Uint8Array.of(1, 2, 3, 4, 5), new Uint8Array(0), new Uint8Array(300).fill(7)]

test('a mutation is the same each time, leaves its seeds alone, and stays within bounds', () => {
  const before = seeds.map((one) => one.slice())
  const lengths = new Set<number>()
  fc.assert(
    fc.property(mutations(seeds.length), (mutation) => {
      const bytes = mutate(seeds, mutation)
      expect(mutate(seeds, mutation)).toEqual(bytes)
      expect(bytes.length).toBeLessThanOrEqual(70_000)
      lengths.add(bytes.length)
    }),
    { numRuns: 1_000 },
  )
  expect(seeds).toEqual(before)
  expect(lengths.size).toBeGreaterThan(50)
})

test('a seed without edits is itself', () => {
  expect(mutate(seeds, { seed: 0, edits: [] })).toEqual(seeds[0])
})

test('a canonical context that breaks a rule is told from one that keeps them', () => {
  expect(decodeContext(Uint8Array.of(0, 1, 0, 1, 97, 0, 0))).toEqual([['a', '']])
  const broken = [
    [0, 1, 0, 1, 97, 0, 0, 0],
    [0, 1, 0, 0, 0, 0],
    [0, 2, 0, 1, 98, 0, 0, 0, 1, 97, 0, 0],
    [0, 1, 0, 1, 0xff, 0, 0],
    [0, 1, 0, 9, 97, 0, 0],
  ]
  for (const bytes of broken) expect(() => decodeContext(Uint8Array.from(bytes))).toThrow()
  expect(pairsIn(Buffer.from('a\0b\0c', 'utf16le'))).toEqual([['a', 'b']])
})

test.each(Object.keys(mutants))('the planted defect %s is found', { timeout: 120_000 }, async (name) => {
  const problems: string[] = []
  for (const target of await targets(mutants[name] ?? subject)) {
    const { problem } = await fuzz(target, Math.round(60_000 * target.share), 1)
    if (problem !== undefined) problems.push(problem)
  }
  expect(problems).toHaveLength(1)
})
