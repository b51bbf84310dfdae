import type { Mutant } from './mutants.ts'
import {
  type Block,
  processFields as fields,
  get,
  keyFields,
  lease,
  preActive,
  protects,
  type Shape,
  set,
  versionFields,
  versionsOfKey,
  viewFields,
} from './state.ts'

// Processes that seal: what each has read of the keys, and until when it may go by it. Each is a session too (kms.sessions). One whose
// lease has ended is as one that was killed: it has to read before it does anything, and its session has been silent for a lease.

/** What a reading of a key finds: the version to seal with, and those that are brought into memory before they are active. */
export function reading(block: Block): { readonly seals: number; readonly staged: number } {
  const primary = get(block[0] as number, keyFields.primary)
  let staged = 0
  for (let number = 1; number <= versionsOfKey; number++) {
    const word = block[number] as number
    const waits = get(word, versionFields.state) === preActive && get(word, versionFields.scheduled) === 0
    if (waits) staged |= 1 << (number - 1)
  }
  return { seals: primary !== 0 && protects(block, primary) ? primary : 0, staged }
}

/** Processes hold every key. One that may act does so by what it has read. */
export const mayAct = (process: number): boolean => get(process, fields.age) !== 0

export const hasStaged = (view: number, number: number): boolean =>
  ((get(view, viewFields.staged) >> (number - 1)) & 1) === 1

/** Whether every session that lives has said that it has a version. */
export function isDistributed(shape: Shape, words: readonly number[], key: number, number: number): boolean {
  return shape.processes.every((at) => {
    return !mayAct(words[at] as number) || hasStaged(words[at + 1 + key] as number, number)
  })
}

/** A process begins, or renews its lease: it reads, and takes what it read at once. */
export function read(shape: Shape, words: readonly number[], at: number, mutant: Mutant | undefined): number[] {
  return finishedReading(shape, beganReading(shape, words, at), at, mutant)
}

/** The store has answered; what it said is not used yet. */
export function beganReading(shape: Shape, words: readonly number[], at: number): number[] {
  const changed = [...words]
  changed[at] = set(words[at] as number, fields.reading, 1)
  for (let key = 0; key < shape.keys; key++) {
    const { seals, staged } = reading(shape.block(words, key))
    const view = words[at + 1 + key] as number
    changed[at + 1 + key] = set(set(view, viewFields.readSeals, seals), viewFields.readStaged, staged)
  }
  return changed
}

/** What was read is taken. The lease runs from when the reading began: it may be over by now. */
export function finishedReading(
  shape: Shape,
  words: readonly number[],
  at: number,
  mutant: Mutant | undefined,
): number[] {
  const changed = [...words]
  const process = words[at] as number
  const ticks = mutant === 'lease-from-the-end' ? 0 : get(process, fields.reading) - 1
  changed[at] = set(0, fields.age, ticks > lease ? 0 : ticks + 1)
  for (let key = 0; key < shape.keys; key++) {
    const view = words[at + 1 + key] as number
    // A process that has nothing yet takes what it read, whatever is planted.
    const keeps = mutant === 'lease-without-reading' && mayAct(process)
    const [seals, staged] = keeps
      ? [get(view, viewFields.seals), get(view, viewFields.staged)]
      : [get(view, viewFields.readSeals), get(view, viewFields.readStaged)]
    changed[at + 1 + key] = set(set(0, viewFields.seals, seals), viewFields.staged, staged)
  }
  return changed
}

/** Killed; what it sealed and stored stays. */
export function killed(shape: Shape, words: readonly number[], at: number): number[] {
  const changed = [...words]
  for (let i = 0; i < shape.processLength; i++) changed[at + i] = 0
  return changed
}

/** A lease later, on everybody's monotonic clock. */
export function later(shape: Shape, words: readonly number[]): number[] {
  const changed = [...words]
  for (const at of shape.processes) {
    const process = words[at] as number
    const [age, began] = [get(process, fields.age), get(process, fields.reading)]
    const older = age === 0 || age > lease ? 0 : age + 1
    changed[at] = set(set(0, fields.age, older), fields.reading, began === 0 ? 0 : Math.min(lease + 2, began + 1))
  }
  for (let key = 0; key < shape.keys; key++) {
    const block = shape.block(words, key)
    for (let number = 1; number <= versionsOfKey; number++) {
      let word = block[number] as number
      const settled = get(word, versionFields.settled)
      if (settled > 1) word = set(word, versionFields.settled, settled - 1)
      if (!protects(block, number)) {
        word = set(word, versionFields.left, Math.min(lease + 1, get(word, versionFields.left) + 1))
      }
      changed[key * block.length + number] = word
    }
  }
  return changed
}
