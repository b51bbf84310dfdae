import { Seen as SeenStates } from '../model/seen.ts'
import { ingredients, type Mutant } from './mutants.ts'
import { wrongIn } from './properties.ts'
import { canonical, initial, type State } from './sessions.ts'
import { type SettingName, settings } from './settings.ts'
import { successors } from './successors.ts'
import { seenIn } from './terms.ts'

export interface Result {
  readonly states: number
  /** Sessions that were done in some state: none, and nothing would have been checked. */
  readonly completed: number
  /** An attack, step by step, and what is wrong after it. */
  readonly attack: { readonly steps: readonly string[]; readonly wrong: string } | undefined
}

interface Node {
  readonly state: State
  readonly label: () => string
  readonly from: Node | undefined
}

/** Looks at every state there is, those after fewest steps first, until something is wrong. */
export function search(settingName: SettingName, mutant: Mutant | undefined, sessions: number): Result {
  const setting = settings[settingName]
  const of = ingredients(mutant)
  const met = new SeenStates()
  met.add(canonical(initial))
  let frontier: Node[] = [{ state: initial, label: () => '', from: undefined }]
  let completed = 0
  while (frontier.length > 0) {
    const next: Node[] = []
    for (const node of frontier) {
      const seen = seenIn(node.state, of)
      const wrong = wrongIn(node.state, seen, of, setting)
      if (wrong !== undefined) return { states: met.size, completed, attack: { steps: way(node), wrong } }
      if (node.state.some((session) => session?.done)) completed++
      successors(node.state, seen, of, setting, (label, state) => {
        if (state.filter((session) => session !== undefined).length > sessions) return
        if (met.add(canonical(state))) next.push({ state, label, from: node })
      })
    }
    frontier = next
  }
  return { states: met.size, completed, attack: undefined }
}

function way(last: Node): string[] {
  const steps: string[] = []
  for (let node: Node | undefined = last; node?.from !== undefined; node = node.from) steps.unshift(node.label())
  return steps
}
