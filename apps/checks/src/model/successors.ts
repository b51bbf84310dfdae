import { canonical } from './canonical.ts'
import { acted, declared, incidentKinds } from './incidents.ts'
import {
  wrongAction,
  wrongActivation,
  wrongChange,
  wrongIncident,
  wrongKey,
  wrongRevocation,
  wrongSealing,
} from './invariants.ts'
import type { Mutant } from './mutants.ts'
import { type Operation, operations } from './operations.ts'
import { beganReading, finishedReading, isDistributed, killed, later, mayAct, read } from './processes.ts'
import { awaitedVersion } from './rotation.ts'
import { type Block, get, incidentFields, processFields, type Shape, set, slowFields, versionFields } from './state.ts'
import { awaited } from './version-verbs.ts'

/** Told of each thing that can happen in a state. @param wrong what must not be, if this is */
export type Emit = (label: string, next: readonly number[], wrong: string | undefined) => void

/** Everything that can happen next. */
export function successors(shape: Shape, words: readonly number[], mutant: Mutant | undefined, emit: Emit): void {
  const told: Emit = (label, next, wrong) => {
    const one = canonical(shape, next)
    emit(label, one, wrong ?? wrongSealing(shape, one))
  }
  told('a lease passes', later(shape, words), undefined)
  for (const at of shape.processes) processSteps(shape, words, at, mutant, told)
  for (let key = 0; key < shape.keys; key++) {
    administration(shape, words, key, mutant, told)
    waiting(shape, words, key, mutant, told)
  }
  if (words.length > shape.length) overtakenCommit(shape, words, mutant, told)
  if (shape.keys > 1) incident(shape, words, mutant, told)
}

function processSteps(
  shape: Shape,
  words: readonly number[],
  at: number,
  mutant: Mutant | undefined,
  emit: Emit,
): void {
  const process = words[at] as number
  // What it reads changes what counts as stored: what it could seal with, it did.
  const wrong = (next: readonly number[]): string | undefined => wrongRecords(shape, canonical(shape, next), mutant)
  if (get(process, processFields.reading) === 0) {
    const next = read(shape, words, at, mutant)
    emit(mayAct(process) ? 'a process renews its lease' : 'a process begins, and reads', next, wrong(next))
    emit('a process reads slowly', beganReading(shape, words, at), undefined)
  } else {
    const next = finishedReading(shape, words, at, mutant)
    emit('a process takes what it read slowly', next, wrong(next))
  }
  if (process !== 0) emit('a process is killed', killed(shape, words, at), undefined)
}

function wrongRecords(shape: Shape, words: readonly number[], mutant: Mutant | undefined): string | undefined {
  for (let key = 0; key < shape.keys; key++) {
    const found = wrongKey(shape.block(words, key), mutant)
    if (found !== undefined) return found
  }
  return shape.keys > 1 ? wrongIncident(shape, words, mutant) : undefined
}

/** Whether an operation may begin: the primary moves when every process has the new version. */
const isReady = (
  { shape, words, key, mutant }: Committing,
  { name, number }: Pick<Operation, 'name' | 'number'>,
): boolean => name !== 'activate' || mutant === 'early-activation' || isDistributed(shape, words, key, number)

interface Committing {
  readonly shape: Shape
  readonly words: readonly number[]
  readonly key: number
  readonly mutant: Mutant | undefined
  readonly emit: Emit
}

/**
 * Administrators change the key one by one: a change built from an older head than the present one conflicts, and is built again. One who
 * is killed before a commit has done nothing; one who is killed after it leaves a state from which whoever comes next goes on.
 */
function administration(
  shape: Shape,
  words: readonly number[],
  key: number,
  mutant: Mutant | undefined,
  emit: Emit,
): void {
  const at: Committing = { shape, words, key, mutant, emit }
  const block = shape.block(words, key)
  const possible = operations.flatMap((operation, index) => {
    const built = operation.build(block, mutant)
    return built === undefined || !isReady(at, operation) ? [] : [{ operation, index, built }]
  })
  for (const { operation, built } of possible) {
    commit(at, words, built, onKey(shape, key, operation.label), operation)
    if (mutant !== 'no-compare' || words.length > shape.length) continue
    for (const { operation: other, index } of possible) {
      const slow = set(set(0, slowFields.operation, index + 1), slowFields.key, key)
      const label = `${operation.label}, while another administrator is about to ${other.label}`
      commit(at, [...words, slow, ...block], built, onKey(shape, key, label), operation)
    }
  }
}

function commit(
  { shape, words, key, mutant, emit }: Committing,
  onto: readonly number[],
  built: Block,
  label: string,
  operation: Operation,
): void {
  const before = shape.block(words, key)
  const next = shape.withBlock(onto, key, built)
  const activates = operation.name === 'activate'
  const wrong =
    wrongChange(before, built) ??
    wrongRevocation(before, built, operation) ??
    (activates ? wrongActivation(shape, words, key, built, operation.number) : undefined) ??
    wrongRecords(shape, next, mutant)
  emit(label, next, wrong)
}

/** A planted defect: an administrator commits what it built from records that are changed by now. It writes those that it changes. */
function overtakenCommit(shape: Shape, words: readonly number[], mutant: Mutant | undefined, emit: Emit): void {
  const slow = words[shape.length] as number
  const key = get(slow, slowFields.key)
  const operation = operations[get(slow, slowFields.operation) - 1] as Operation
  const seen = words.slice(shape.length + 1)
  const built = operation.build(seen, mutant)
  if (built === undefined) return
  const written = shape.block(words, key).map((word, i) => (built[i] === seen[i] ? word : (built[i] as number)))
  const at: Committing = { shape, words, key, mutant, emit }
  const label = `the other administrator commits: ${operation.label}`
  commit(at, words.slice(0, shape.length), written, onKey(shape, key, label), operation)
}

/** Whoever finishes a rotation waits first; killed, its wait begins again. */
function waiting(shape: Shape, words: readonly number[], key: number, mutant: Mutant | undefined, emit: Emit): void {
  const block = shape.block(words, key)
  for (const to of [2, 3]) {
    const from = awaitedVersion(block, to)
    if (from === undefined || from === 0) continue
    const begun = get(block[from] as number, versionFields.settled) !== 0
    const label = begun
      ? 'whoever waits to finish the rotation is killed'
      : 'a wait for leases begins, for the rotation'
    const next = begun
      ? block.map((word, at) => (at === from ? set(word, versionFields.settled, 0) : word))
      : awaited(block, from, mutant)
    emit(onKey(shape, key, `${label} to ${to}`), shape.withBlock(words, key, next), undefined)
  }
}

function incident(shape: Shape, words: readonly number[], mutant: Mutant | undefined, emit: Emit): void {
  const word = words[shape.incident] as number
  if (get(word, incidentFields.kind) === 0) {
    for (const [kind, name] of incidentKinds.entries()) {
      if (kind > 0) emit(`an incident is declared: ${name}`, declared(shape, words, kind), undefined)
    }
    return
  }
  for (let key = 0; key < shape.keys; key++) {
    const next = acted(shape, words, key, mutant)
    if (next === undefined) continue
    const wrong =
      wrongChange(shape.block(words, key), shape.block(next, key)) ??
      wrongAction(shape, next, key) ??
      wrongRecords(shape, next, mutant)
    emit(onKey(shape, key, 'the incident is acted on'), next, wrong)
  }
  if (get(word, incidentFields.owed) !== 0) {
    const next = [...words]
    next[shape.incident] = set(word, incidentFields.owed, 0)
    emit('whoever acts on the incident is killed', next, wrongIncident(shape, next, mutant))
  }
}

const onKey = (shape: Shape, key: number, label: string): string =>
  shape.keys === 1 ? label : `key ${key + 1}: ${label}`
