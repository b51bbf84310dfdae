import fc from 'fast-check'
import { type Mutation, mutate, mutations } from './mutation.ts'
import type { Target } from './targets.ts'

/** No input takes longer, on a machine that does much else besides. */
const slowestMs = 10_000
/** Bytes that a target may take for as long as it runs. */
const memoryLimit = 400 * 2 ** 20

export interface Fuzzed {
  readonly inputs: number
  readonly seconds: number
  /** What broke the invariant: the input, shrunk, and how to repeat it. */
  readonly problem?: string
}

/** Mutates a target's seeds and looks at each input. The same seed gives the same inputs. */
export async function fuzz(target: Target, inputs: number, seed: number): Promise<Fuzzed> {
  const start = performance.now()
  const before = process.memoryUsage().rss
  let looked = 0
  const property = fc.asyncProperty(mutations(target.seeds.length), (mutation) => {
    if (++looked % 50_000 === 0 && process.memoryUsage().rss - before > memoryLimit) throw new Error('memory grows')
    const began = performance.now()
    const pending = target.check(mutate(target.seeds, mutation))
    const slow = (): void => {
      const took = performance.now() - began
      if (took > slowestMs) throw new Error(`${Math.round(took)} ms for one input`)
    }
    return pending === undefined ? (slow() as unknown as Promise<void>) : pending.then(slow)
  })
  const details = await fc.check(property, { numRuns: inputs, seed })
  const seconds = (performance.now() - start) / 1000
  if (!details.failed) return { inputs: looked, seconds }
  return { inputs: looked, seconds, problem: describe(target, details) }
}

function describe(target: Target, details: fc.RunDetails<[Mutation]>): string {
  const [mutation] = details.counterexample ?? []
  const input = mutation === undefined ? '' : Buffer.from(mutate(target.seeds, mutation)).toString('base64url')
  const error = details.errorInstance instanceof Error ? details.errorInstance.message : String(details.errorInstance)
  return `${error}\n        input (base64url) ${input.slice(0, 400)}\n        --seed ${details.seed}, after ${details.numRuns} inputs`
}
