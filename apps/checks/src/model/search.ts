import type { Mutant } from './mutants.ts'
import { Seen } from './seen.ts'
import { Shape } from './state.ts'
import { successors } from './successors.ts'

/** What led from the initial state to one that must not be. */
export interface Counterexample {
  readonly wrong: string
  readonly steps: readonly { readonly label: string; readonly state: readonly number[] }[]
}

export interface Result {
  readonly states: number
  /** Of the states found, the longest of the shortest ways to one. */
  readonly depth: number
  /** Whether there are no further states. */
  readonly exhausted: boolean
  readonly counterexample: Counterexample | undefined
}

/** How a state was reached first. */
interface Node {
  readonly state: readonly number[]
  readonly label: string
  readonly from: Node | undefined
}

export interface SearchOptions {
  readonly keys: number
  /** Steps at most. */
  readonly depth: number
  /** Seconds after which no further depth is begun. */
  readonly seconds: number
  readonly mutant: Mutant | undefined
  readonly onDepth: (depth: number, states: number) => void
}

/** Looks at every state within so many steps of the first, the nearest first, until something is wrong. */
export function search({ keys, depth, seconds, mutant, onDepth }: SearchOptions): Result {
  const shape = new Shape(keys)
  const seen = new Seen()
  const began = performance.now()
  const initial = shape.initial()
  seen.add(initial)
  let frontier: Node[] = [{ state: initial, label: '', from: undefined }]
  let reached = 0
  while (reached < depth && performance.now() - began < seconds * 1_000) {
    const next: Node[] = []
    for (const node of frontier) {
      let found: Counterexample | undefined
      successors(shape, node.state, mutant, (label, state, wrong) => {
        if (wrong !== undefined) found ??= { wrong, steps: way({ state, label, from: node }) }
        else if (seen.add(state)) next.push({ state, label, from: node })
      })
      if (found !== undefined) return { states: seen.size, depth: reached + 1, exhausted: false, counterexample: found }
    }
    if (next.length === 0) return { states: seen.size, depth: reached, exhausted: true, counterexample: undefined }
    frontier = next
    onDepth(++reached, seen.size)
  }
  return { states: seen.size, depth: reached, exhausted: false, counterexample: undefined }
}

function way(last: Node): Counterexample['steps'] {
  const steps: { label: string; state: readonly number[] }[] = []
  for (let node: Node | undefined = last; node?.from !== undefined; node = node.from) {
    steps.unshift({ label: node.label, state: node.state })
  }
  return steps
}
