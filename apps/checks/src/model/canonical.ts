import { mayAct, reading } from './processes.ts'
import {
  get,
  lease,
  processFields,
  protects,
  type Shape,
  set,
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
    for (let number = 1; number <= versionsOfKey; number++) {
      let word = block[number] as number
      // Who can seal does, and stores it.
      if (((sealing >> number) & 1) === 1) word = set(word, versionFields.acknowledged, 1)
      if (protects(block, number)) word = set(word, versionFields.left, 0)
      else if ((((named | sealing) >> number) & 1) === 0) {
        word = set(word, versionFields.left, lease + 1)
        if (get(word, versionFields.settled) > 1) word = set(word, versionFields.settled, 1)
      }
      words[key * block.length + number] = word
    }
  }
  return inOrder(shape, words)
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
