import { mayAct, reading } from './processes.ts'
import {
  absent,
  active,
  type Block,
  compromised,
  destroyed,
  dualOperation,
  get,
  lease,
  none,
  preActive,
  processFields,
  protects,
  retire,
  rotationAt,
  rotationFields,
  type Shape,
  set,
  suspended,
  versionFields,
  versionsOfKey,
  viewFields,
} from './state.ts'

/**
 * One state for all those that differ in nothing that can show: processes change places; what an ended lease held is forgotten, and so is
 * for how long a version has not protected that no process can name any more.
 */
export function canonical(shape: Shape, given: readonly number[]): readonly number[] {
  const words = [...given]
  for (let key = 0; key < shape.keys; key++) {
    const block = shape.block(words, key)
    const waiting = reading(block).staged
    let [named, sealing] = [0, 0]
    for (const at of shape.processes) {
      const process = words[at] as number
      let view = words[at + 1 + key] as number
      if (!mayAct(process)) view = set(set(view, viewFields.seals, 0), viewFields.staged, 0)
      view = set(view, viewFields.staged, get(view, viewFields.staged) & waiting)
      view = set(view, viewFields.readStaged, get(view, viewFields.readStaged) & waiting)
      words[at + 1 + key] = view
      sealing |= 1 << get(view, viewFields.seals)
      named |= 1 << get(view, viewFields.readSeals)
      if (get(process, processFields.reading) === lease + 2) words[at] = set(process, processFields.reading, 0)
      if (get(words[at] as number, processFields.reading) === 0) {
        words[at + 1 + key] = set(set(view, viewFields.readSeals, 0), viewFields.readStaged, 0)
      }
    }
    forgetVersions(words, key * block.length, block, named | sealing)
  }
  return inOrder(shape, words)
}

/** @param at where the key's block begins. @param named a mask of the versions that some process can seal under, or soon could */
function forgetVersions(words: number[], at: number, block: Block, named: number): void {
  const isNamed = (number: number): boolean => ((named >> number) & 1) === 1
  for (let number = 1; number <= versionsOfKey; number++) {
    let word = block[number] as number
    const state = get(word, versionFields.state)
    // What nothing asks of a version in that state any more.
    if (state !== preActive) word = set(word, versionFields.tested, 1)
    if (state === destroyed || state === compromised) word = set(word, versionFields.wasRetired, 0)
    if (state === destroyed) word = set(set(word, versionFields.wasCompromised, 0), versionFields.scheduled, 0)
    if (state === absent) word = set(0, versionFields.left, lease + 1)
    else if (protects(block, number)) word = set(set(word, versionFields.left, 0), versionFields.settled, 0)
    else if (!isNamed(number)) word = set(set(word, versionFields.left, lease + 1), versionFields.settled, 1)
    words[at + number] = word
  }
  for (const to of [2, 3]) {
    const record = words[at + rotationAt(to)] as number
    const [step, from] = [get(record, rotationFields.step), get(record, rotationFields.from)]
    if (step !== dualOperation && step !== retire) continue
    const old = words[at + from] as number
    const ends = from === 0 || (!isNamed(from) && isRetired(old))
    // Its end changes nothing.
    if (ends) words[at + rotationAt(to)] = none
  }
}

/** Whether nothing brings a version back to protecting new data. */
function isRetired(word: number): boolean {
  const state = get(word, versionFields.state)
  return state !== active && !(state === suspended && get(word, versionFields.previous) === active)
}

/** The two processes are interchangeable. */
function inOrder(shape: Shape, words: number[]): readonly number[] {
  const [a, b] = shape.processes as [number, number]
  for (let i = 0; i < shape.processLength; i++) {
    const [left, right] = [words[a + i] as number, words[b + i] as number]
    if (left < right) return words
    if (left > right) break
  }
  for (let i = 0; i < shape.processLength; i++) {
    const word = words[a + i] as number
    words[a + i] = words[b + i] as number
    words[b + i] = word
  }
  return words
}
