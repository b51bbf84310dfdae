#!/usr/bin/env node
// npm run -s model [-- --full] [--keys 1|2] [--depth N] [--seconds N] [--mutant NAME | --mutants]      states, leases, rotations and incidents as a model
import { parseArgs } from 'node:util'
import { type Mutant, mutants, ofTwoKeys } from './mutants.ts'
import { type Result, search } from './search.ts'
import { showCounterexample } from './show.ts'

const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    keys: { type: 'string' },
    depth: { type: 'string' },
    seconds: { type: 'string', default: '3600' },
    mutant: { type: 'string' },
    mutants: { type: 'boolean', default: false },
  },
})

/** What is searched unless something else is asked for. */
const searches = values.full
  ? [
      // All states there are.
      { keys: 1, depth: 100 },
      { keys: 2, depth: 7 },
    ]
  : [
      { keys: 1, depth: 12 },
      { keys: 2, depth: 6 },
    ]

function main(): number {
  const [keys, depth] = [values.keys, values.depth].map((value) => (value === undefined ? undefined : Number(value)))
  const seconds = Number(values.seconds)
  const known = values.mutant === undefined || Object.hasOwn(mutants, values.mutant)
  const whole = [keys, depth].every((value) => value === undefined || (Number.isInteger(value) && value >= 1))
  if (!known || !whole || !(seconds > 0) || (keys !== undefined && keys > 2)) {
    process.stderr.write(`model: --keys is 1 or 2, --depth and --seconds are numbers; mutants are\n${listed()}\n`)
    return 2
  }
  const wanted = values.mutants ? (Object.keys(mutants) as Mutant[]) : [values.mutant as Mutant | undefined]
  let [passed, failed] = [0, 0]
  for (const mutant of wanted) {
    const found = searchesFor(mutant, keys, depth).map((one) => run(one, seconds, mutant))
    const wrong = found.some(({ counterexample }) => counterexample !== undefined)
    // Among all mutants, one that is found has passed.
    if (wrong === values.mutants) passed++
    else failed++
  }
  process.stdout.write(`\n${passed} passed, ${failed} failed\n`)
  return failed === 0 ? 0 : 1
}

function searchesFor(
  mutant: Mutant | undefined,
  keys: number | undefined,
  depth: number | undefined,
): readonly { readonly keys: number; readonly depth: number }[] {
  const chosen = keys ?? (mutant === undefined ? undefined : ofTwoKeys.includes(mutant) ? 2 : 1)
  return searches
    .filter((one) => chosen === undefined || one.keys === chosen)
    .map((one) => ({ ...one, depth: depth ?? one.depth }))
}

function run({ keys, depth }: { keys: number; depth: number }, seconds: number, mutant: Mutant | undefined): Result {
  const began = performance.now()
  const name = `${keys} key${keys > 1 ? 's' : ''}${mutant === undefined ? '' : `, ${mutant} (${mutants[mutant]})`}`
  const result = search({
    keys,
    depth,
    seconds,
    mutant,
    onDepth: (reached, states) => {
      if (mutant === undefined) process.stdout.write(`${name}: depth ${reached}, ${states} states\n`)
    },
  })
  const { states, counterexample, exhausted } = result
  const took = `${states} states, depth ${result.depth}${exhausted ? ' (all there are)' : ''}, ${((performance.now() - began) / 1_000).toFixed(1)} s`
  process.stdout.write(`${name}: ${counterexample === undefined ? 'nothing wrong' : 'wrong'} in ${took}\n`)
  if (counterexample !== undefined) process.stdout.write(`${showCounterexample(counterexample, keys)}\n`)
  return result
}

const listed = (): string =>
  Object.entries(mutants)
    .map(([name, says]) => `  ${name}: ${says}`)
    .join('\n')

process.exitCode = main()
