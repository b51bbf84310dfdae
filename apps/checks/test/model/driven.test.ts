import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Mutant } from '../../src/model/mutants.ts'
import { command } from './commands.ts'
import { operations, shape } from './operations.ts'
import { RealKey } from './real-key.ts'

/** Random ways of the model, each gone by the code too. @returns the way to what differs first, and what that is */
async function driven(mutant: Mutant | undefined, numRuns: number, seed: number): Promise<string> {
  const all = operations(mutant)
  const ways = fc.commands([fc.nat().map((draw) => command(all, draw))], { maxCommands: 30, size: 'max' })
  const property = fc.asyncProperty(ways, async (way) => {
    const real = await RealKey.create()
    try {
      await fc.asyncModelRun(() => ({ model: { words: shape.initial() }, real }), way)
    } finally {
      await real.close()
    }
  })
  const { failed, counterexample, errorInstance } = await fc.check(property, { numRuns, seed, endOnFailure: true })
  return failed ? `${counterexample}\n${String(errorInstance)}` : ''
}

test('the code does what the model does, along random ways', async () => {
  expect(await driven(undefined, 30, 20_261_128)).toBe('')
}, 60_000)

// With seeds that find them soon.
test.each([
  ['activates-revoked', 7],
  ['suspended-forgets', 4],
  ['laundering-enable', 1],
  ['destroys-used', 1],
  ['incident-leaves-pending', 4],
  ['lease-without-reading', 1],
] as const)(
  'a model with the defect %s differs from the code',
  async (mutant, seed) => {
    expect(await driven(mutant, 60, seed)).not.toBe('')
  },
  60_000,
)
