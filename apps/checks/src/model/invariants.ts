import { acted, incidentKinds, isDone } from './incidents.ts'
import type { Mutant } from './mutants.ts'
import { hasStaged, mayAct } from './processes.ts'
import { activate, finish, generate, isRevoked, retireOld, underWay } from './rotation.ts'
import {
  active,
  type Block,
  compromised,
  destroyed,
  dualOperation,
  versionFields as fields,
  get,
  incidentFields,
  keyFields,
  leads,
  lease,
  none,
  processesData,
  protects,
  retire,
  rotationAt,
  rotationFields,
  type Shape,
  set,
  stateNames,
  suspended,
  versionsOfKey,
  viewFields,
} from './state.ts'
import { awaited, nextNumber, verbs, withWord } from './version-verbs.ts'

// What must hold. Each function says what is wrong, or nothing.

const numbers = Array.from({ length: versionsOfKey }, (_, i) => i + 1)
const stateOf = (block: Block, number: number): number => get(block[number] as number, fields.state)
const stepOf = (block: Block, to: number): number => get(block[rotationAt(to)] as number, rotationFields.step)

/** Of a change of a key: every version went where the table leads. */
export function wrongChange(before: Block, after: Block): string | undefined {
  for (const number of numbers) {
    const [from, to] = [stateOf(before, number), stateOf(after, number)]
    if (from === to) continue
    const back = from !== suspended || to !== active || get(before[number] as number, fields.previous) === active
    if (!leads[from]?.[to] || !back) {
      return `version ${number} went from ${stateNames[from]} to ${stateNames[to]}, where the table does not lead`
    }
  }
  return undefined
}

/** Of a change of a key by an operation on a version: what a person disabled stays so until a person says otherwise. */
export function wrongRevocation(
  before: Block,
  after: Block,
  { name, number }: { readonly name: string; readonly number: number },
): string | undefined {
  for (const one of numbers) {
    const named = one === number && (name === 'enable' || name === 'retire')
    const opens = processesData[stateOf(after, one)] === true
    if (stateOf(before, one) === suspended && opens && !named)
      return `version ${one} was disabled, and ${name} enables it`
  }
  const primary = get(after[0] as number, keyFields.primary)
  const chosen = name === 'enable' || name.startsWith('roll back')
  return isRevoked(before) && primary !== 0 && protects(after, primary) && !chosen
    ? `the primary was disabled, and version ${primary} protects new data`
    : undefined
}

/** Of a key's records. */
export function wrongKey(block: Block, mutant: Mutant | undefined): string | undefined {
  const primary = get(block[0] as number, keyFields.primary)
  const says = numbers.filter((number) => get(block[number] as number, fields.protects) === 1)
  if (says.length > 1) return `versions ${says.join(' and ')} both are the primary by their records`
  if ((says[0] ?? 0) !== primary) return `the key says that its primary is ${primary}, the versions say ${says[0] ?? 0}`
  if (primary !== 0) {
    const state = stateOf(block, primary)
    if (state !== active && state !== suspended) return `the primary is ${stateNames[state]}`
    if (get(block[primary] as number, fields.tested) === 0) return `the primary, version ${primary}, was never tested`
  }
  return first(numbers, (number) => wrongVersion(block, number, mutant)) ?? wrongRotation(block, mutant)
}

function wrongVersion(block: Block, number: number, mutant: Mutant | undefined): string | undefined {
  const word = block[number] as number
  const state = get(word, fields.state)
  if (get(word, fields.wasCompromised) === 1 && state !== compromised && state !== destroyed) {
    return `version ${number} was compromised and is ${stateNames[state]}`
  }
  const comesBack = state === active || (state === suspended && get(word, fields.previous) === active)
  if (get(word, fields.wasRetired) === 1 && comesBack) {
    return `version ${number} was retired and ${state === active ? 'is active' : 'would be active once enabled'}`
  }
  if (state === active && !protects(block, number) && !isInTransition(block, number)) {
    return `version ${number} is active, is not the primary, and no rotation will retire it`
  }
  if (get(word, fields.protects) !== 0 && !isReachable(block, number, mutant)) {
    return `an envelope under version ${number} was stored, and nothing opens it: the version is ${stateNames[state]}`
  }
  return undefined
}

const isInTransition = (block: Block, number: number): boolean =>
  numbers.some(
    (to) =>
      to > 1 &&
      stepOf(block, to) === dualOperation &&
      get(block[rotationAt(to)] as number, rotationFields.from) === number,
  )

/** Opens, or would after verbs that are allowed, or can be re-encrypted away from. */
function isReachable(block: Block, number: number, mutant: Mutant | undefined): boolean {
  const called = verbs.cancel(block, number, mutant) ?? block
  const enabled = verbs.enable(called, number, mutant) ?? called
  const state = stateOf(enabled, number)
  return processesData[state] === true || state === compromised
}

/** A lone administrator who enables and resumes, with nobody in the way, reaches the end, and can rotate the key. */
function wrongRotation(given: Block, mutant: Mutant | undefined): string | undefined {
  const primary = get(given[0] as number, keyFields.primary)
  const block = isRevoked(given) ? (verbs.enable(given, primary, mutant) ?? given) : given
  let resumed = block
  for (const to of [2, 3]) {
    resumed = activate(resumed, to, mutant) ?? resumed
    resumed = retireOld(resumed, to, mutant) ?? resumed
    if (stepOf(resumed, to) === retire) {
      const from = get(resumed[rotationAt(to)] as number, rotationFields.from)
      let waited = resumed
      if (from !== 0) waited = settled(awaited(resumed, from, mutant), from)
      resumed = finish(waited, to, mutant) ?? resumed
    }
    if (stepOf(resumed, to) !== none) return `the rotation to version ${to} cannot be resumed to its end`
  }
  if (underWay(resumed) !== 0) return 'the key names a rotation under way that nobody can go on with'
  return wrongNext(block, mutant)
}

/** As if all leases had ended. */
const settled = (block: Block, number: number): Block =>
  withWord(block, number, set(block[number] as number, fields.settled, 1))

/** `rotate` leads to a primary that protects. */
function wrongNext(block: Block, mutant: Mutant | undefined): string | undefined {
  const before = underWay(block)
  const begun = generate(block, undefined, mutant)
  const to = begun === undefined ? before : underWay(begun)
  // The model has no further version: it cannot say.
  if (begun === undefined && (before === 0 || nextNumber(block) === undefined)) return undefined
  const rotated = activate(begun ?? block, to, mutant)
  return rotated !== undefined && protects(rotated, to) ? undefined : 'the key cannot be rotated any more'
}

/** Of an incident: what it says is done is done, and whoever resumes it reaches the end. */
export function wrongIncident(shape: Shape, words: readonly number[], mutant: Mutant | undefined): string | undefined {
  const incident = words[shape.incident] as number
  const kind = incidentKinds[get(incident, incidentFields.kind)]
  if (kind === 'none') return undefined
  const keys = Array.from({ length: shape.keys }, (_, key) => key)
  const unfinished = first(keys, (key) =>
    isDone(incident, key) ? wrongTreatment(shape.block(words, key), kind) : undefined,
  )
  if (unfinished !== undefined) return unfinished
  let resumed = words
  for (const key of keys) {
    if (isDone(incident, key)) continue
    const block = shape.block(resumed, key)
    const needsVersion = kind === 'compromise' || !isRevoked(block)
    if (needsVersion && nextNumber(block) === undefined) return undefined
    resumed = acted(shape, resumed, key, mutant) ?? resumed
  }
  const after = resumed[shape.incident] as number
  return first(keys, (key) => (isDone(after, key) ? undefined : `the incident acts on key ${key + 1} and does not end`))
}

/** Of a key that an incident has just acted on: what waited to become the primary was there before it. */
export function wrongAction(shape: Shape, words: readonly number[], key: number): string | undefined {
  const block = shape.block(words, key)
  const to = underWay(block)
  const done = isDone(words[shape.incident] as number, key)
  return done && to !== 0 && get(block[to] as number, fields.reached) === 1
    ? `the incident is done, and the rotation to version ${to}, which it reached, goes on`
    : undefined
}

function wrongTreatment(block: Block, kind: string | undefined): string | undefined {
  return first(numbers, (number) => {
    const word = block[number] as number
    if (get(word, fields.reached) === 0) return undefined
    const state = stateOf(block, number)
    if (kind === 'compromise' && state !== compromised && state !== destroyed) {
      return `the incident is done, and version ${number}, which it reached, is ${stateNames[state]}`
    }
    return undefined
  })
}

/** The first that is wrong. */
function first<T>(of: readonly T[], wrong: (one: T) => string | undefined): string | undefined {
  for (const one of of) {
    const found = wrong(one)
    if (found !== undefined) return found
  }
  return undefined
}

/** Sealing goes on under the primary, or under what was the primary a lease ago at most; never once somebody was told that this is over. */
export function wrongSealing(shape: Shape, words: readonly number[]): string | undefined {
  for (const at of shape.processes) {
    if (!mayAct(words[at] as number)) continue
    for (let key = 0; key < shape.keys; key++) {
      const number = get(words[at + 1 + key] as number, viewFields.seals)
      const block = shape.block(words, key)
      if (number === 0 || protects(block, number)) continue
      const word = block[number] as number
      if (get(word, fields.left) > lease)
        return `a process seals under version ${number}, which ceased to protect longer than a lease ago`
      if (get(word, fields.settled) === 1)
        return `a process seals under version ${number}, whose retirement was said to have settled`
    }
  }
  return undefined
}

/** No process that may act lacks the version that becomes the primary. */
export function wrongActivation(
  shape: Shape,
  words: readonly number[],
  key: number,
  built: Block,
  number: number,
): string | undefined {
  if (!protects(built, number)) return undefined
  return shape.processes.some((at) => mayAct(words[at] as number) && !hasStaged(words[at + 1 + key] as number, number))
    ? `version ${number} becomes the primary, and a process with a lease does not have it`
    : undefined
}
