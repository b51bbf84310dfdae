import type { Mutant } from './mutants.ts'
import {
  absent,
  active,
  type Block,
  compromised,
  dualOperation,
  incidentFields as fields,
  get,
  keyFields,
  leads,
  rotationAt,
  rotationFields,
  type Shape,
  set,
  versionFields,
  versionsOfKey,
} from './state.ts'
import { made, moved, nextNumber, withWord } from './version-verbs.ts'

// An incident (kms.incidents) of all keys: one commit for each, which makes a new primary, marks what was in use, and says so.

/** `compromise` marks every version; of `departure` the old primary stays active for its transition. */
export const incidentKinds = ['none', 'compromise', 'departure'] as const
const compromise = 1

export const isDone = (incident: number, key: number): boolean => ((get(incident, fields.done) >> key) & 1) === 1

export function declared(shape: Shape, words: readonly number[], kind: number): number[] {
  const changed = [...words]
  for (let key = 0; key < shape.keys; key++) {
    const block = shape.block(words, key)
    for (let number = 1; number <= versionsOfKey; number++) {
      const word = block[number] as number
      const reached = get(word, versionFields.state) === absent ? 0 : 1
      changed[key * block.length + number] = set(word, versionFields.reached, reached)
    }
  }
  changed[shape.incident] = set(0, fields.kind, kind)
  return changed
}

function recorded(incident: number, key: number): number {
  return set(incident, fields.done, get(incident, fields.done) | (1 << key))
}

/** What an incident makes of a key; undefined where the model has no version left for it. */
function treated(block: Block, kind: number): Block | undefined {
  const number = nextNumber(block)
  if (number === undefined) return undefined
  let changed = block
  const old = get(block[0] as number, keyFields.primary)
  if (kind === compromise) {
    for (let other = 1; other < number; other++) {
      if (leads[get(changed[other] as number, versionFields.state)]?.[compromised]) {
        changed = moved(changed, other, compromised)
      }
    }
  } else if (old !== 0) {
    changed = withWord(changed, old, set(changed[old] as number, versionFields.protects, 2))
    const record = set(set(0, rotationFields.step, dualOperation), rotationFields.from, old)
    changed = withWord(changed, rotationAt(number), record)
  }
  changed = made(changed, number, active, 1)
  changed = withWord(changed, number, set(changed[number] as number, versionFields.protects, 1))
  return withWord(changed, 0, set(changed[0] as number, keyFields.primary, number))
}

/** One step of an incident on a key as the code takes it, or as a planted defect does. */
export function acted(
  shape: Shape,
  words: readonly number[],
  key: number,
  mutant: Mutant | undefined,
): number[] | undefined {
  const incident = words[shape.incident] as number
  const kind = get(incident, fields.kind)
  if (kind === 0) return undefined
  const owed = (get(incident, fields.owed) >> key) & 1
  if (isDone(incident, key) && owed === 0) return undefined
  if (mutant === 'incident-done-first' && owed === 0) {
    const changed = [...words]
    changed[shape.incident] = set(recorded(incident, key), fields.owed, get(incident, fields.owed) | (1 << key))
    return changed
  }
  const block = treated(shape.block(words, key), kind)
  if (block === undefined) return undefined
  const changed = shape.withBlock(words, key, block)
  const paid = set(incident, fields.owed, get(incident, fields.owed) & ~(1 << key))
  changed[shape.incident] = mutant === 'incident-forgets' ? paid : recorded(paid, key)
  return changed
}
