import type { Mutant } from './mutants.ts'
import {
  absent,
  active,
  type Block,
  compromised,
  deactivated,
  destroyed,
  versionFields as fields,
  get,
  keyFields,
  leads,
  preActive,
  set,
  suspended,
  versionsOfKey,
  wait,
} from './state.ts'

// The verbs of kms.keys on one version: what they make of a key's records, or undefined where they refuse or nothing changes.

/** A change of a key's records, given the version that it is about. */
export type Verb = (block: Block, number: number, mutant: Mutant | undefined) => Block | undefined

export function withWord(block: Block, at: number, word: number): Block {
  const changed = [...block]
  changed[at] = word
  return changed
}

/** A version in another state. Ceasing to be active or suspended, it ceases to be the primary. */
export function moved(block: Block, number: number, to: number): Block {
  let word = block[number] as number
  const from = get(word, fields.state)
  word = set(set(word, fields.state, to), fields.previous, to === suspended ? from : 0)
  if (to === deactivated) word = set(word, fields.wasRetired, 1)
  if (to === compromised) word = set(word, fields.wasCompromised, 1)
  const key = block[0] as number
  const ends = get(key, keyFields.primary) === number && to !== active && to !== suspended
  if (!ends) return withWord(block, number, word)
  return withWord(withWord(block, number, set(word, fields.protects, 2)), 0, set(key, keyFields.primary, 0))
}

/** To a state, if the code's table leads there. */
function transition(block: Block, number: number, to: number): Block | undefined {
  const word = block[number] as number
  const from = get(word, fields.state)
  if (from === absent || from === to || !leads[from]?.[to]) return undefined
  if (from === suspended && to === active && get(word, fields.previous) !== active) return undefined
  return moved(block, number, to)
}

/** As `settledAfterMs` says: the leases on it have ended after the wait. */
export function awaited(block: Block, number: number, mutant: Mutant | undefined): Block {
  const ticks = mutant === 'retire-before-leases' ? 0 : mutant === 'short-wait' ? 1 : wait
  return withWord(block, number, set(block[number] as number, fields.settled, ticks + 1))
}

const retire: Verb = (block, number, mutant) => {
  const changed = transition(block, number, deactivated)
  return changed && awaited(changed, number, mutant)
}

const disable: Verb = (block, number) => transition(block, number, suspended)

const enable: Verb = (block, number, mutant) => {
  const word = block[number] as number
  const state = get(word, fields.state)
  if (mutant === 'laundering-enable' && state === compromised) return moved(block, number, deactivated)
  if (state !== suspended) return undefined
  if (mutant === 'suspended-forgets') return moved(block, number, active)
  return transition(block, number, get(word, fields.previous))
}

const compromise: Verb = (block, number) => transition(block, number, compromised)

const neverUsed = (block: Block, number: number, mutant: Mutant | undefined): boolean =>
  get(block[number] as number, fields.protects) === 0 || mutant === 'destroys-used'

/** At once, or the second call, after the schedule's time. */
const destroy: Verb = (block, number, mutant) => {
  if (!neverUsed(block, number, mutant)) return undefined
  const gone = transition(block, number, destroyed)
  return gone && withWord(gone, number, set(gone[number] as number, fields.scheduled, 0))
}

const schedule: Verb = (block, number, mutant) => {
  const word = block[number] as number
  const state = get(word, fields.state)
  if (state === preActive || get(word, fields.scheduled) === 1 || !leads[state]?.[destroyed]) return undefined
  return neverUsed(block, number, mutant) ? withWord(block, number, set(word, fields.scheduled, 1)) : undefined
}

const cancel: Verb = (block, number, mutant) => {
  const word = block[number] as number
  if (get(word, fields.scheduled) === 0) return undefined
  const cleared = withWord(block, number, set(word, fields.scheduled, 0))
  return mutant === 'laundering-cancel' ? moved(cleared, number, deactivated) : cleared
}

export const verbs: Readonly<
  Record<'retire' | 'disable' | 'enable' | 'compromise' | 'destroy' | 'schedule' | 'cancel', Verb>
> = { retire, disable, enable, compromise, destroy, schedule, cancel }

/** The number of the next version; versions not made yet are alike, so they are made in their order. Undefined when all are made. */
export function nextNumber(block: Block): number | undefined {
  for (let number = 1; number <= versionsOfKey; number++) {
    if (get(block[number] as number, fields.state) === absent) return number
  }
  return undefined
}

/** A version that was not there. */
export function made(block: Block, number: number, state: number, tested: 0 | 1): Block {
  return withWord(block, number, set(set(block[number] as number, fields.state, state), fields.tested, tested))
}

/** `kms.keys.importVersion`: nothing was tested. */
export function importVersion(block: Block): Block | undefined {
  const number = nextNumber(block)
  return number === undefined ? undefined : made(block, number, preActive, 0)
}
