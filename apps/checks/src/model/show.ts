import type { Counterexample } from './search.ts'
import {
  absent,
  get,
  keyFields,
  processFields,
  rotationAt,
  rotationFields,
  rotationSteps,
  Shape,
  stateNames,
  versionFields,
  versionsOfKey,
  viewFields,
} from './state.ts'

/** A way to something that is wrong, a line a step, and what is there after it. */
export function showCounterexample({ wrong, steps }: Counterexample, keys: number): string {
  const lines = steps.map(
    ({ label, state }, i) => `${String(i + 1).padStart(4)}  ${label}\n        ${showState(state, keys)}`,
  )
  return [...lines, `      ${wrong}`].join('\n')
}

function showState(words: readonly number[], keys: number): string {
  const shape = new Shape(keys)
  const parts = Array.from({ length: keys }, (_, key) => showKey(shape, words, key))
  return [...parts, ...shape.processes.map((at) => showProcess(shape, words, at))]
    .filter((part) => part !== '')
    .join(' | ')
}

function showKey(shape: Shape, words: readonly number[], key: number): string {
  const block = shape.block(words, key)
  const primary = get(block[0] as number, keyFields.primary)
  const versions: string[] = []
  for (let number = 1; number <= versionsOfKey; number++) {
    const word = block[number] as number
    const state = get(word, versionFields.state)
    if (state === absent) continue
    const marks = [
      number === primary ? ' (primary)' : '',
      get(word, versionFields.scheduled) === 1 ? ' to be destroyed' : '',
      get(word, versionFields.protects) !== 0 ? ' with data' : '',
    ]
    versions.push(`${number} ${stateNames[state]}${marks.join('')}`)
  }
  for (const to of [2, 3]) {
    const record = block[rotationAt(to)] as number
    const step = get(record, rotationFields.step)
    if (step !== 0) versions.push(`rotation ${get(record, rotationFields.from)} → ${to}: ${rotationSteps[step]}`)
  }
  return versions.join(', ')
}

function showProcess(shape: Shape, words: readonly number[], at: number): string {
  const process = words[at] as number
  if (process === 0) return ''
  const age = get(process, processFields.age)
  const views = Array.from({ length: shape.keys }, (_, key) => {
    const view = words[at + 1 + key] as number
    const slow =
      get(process, processFields.reading) === 0 ? '' : `, has read ${get(view, viewFields.readSeals) || 'none'}`
    return `${age === 0 ? 'no lease' : `seals under ${get(view, viewFields.seals) || 'none'}, read ${age - 1} ticks ago`}${slow}`
  })
  return `process: ${views.join('; ')}`
}
