import type { Mutant } from './mutants.ts'
import { isRevoked, retired, underWay, withoutUnderWay } from './rotation.ts'
import {
  absent,
  active,
  type Block,
  compromised,
  destroyed,
  dualOperation,
  incidentFields as fields,
  get,
  keyFields,
  leads,
  preActive,
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
const departure = 2

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
function treated(block: Block, kind: number, mutant: Mutant | undefined): Block | undefined {
  const old = get(block[0] as number, keyFields.primary)
  const pending = underWay(block)
  let changed = mutant === 'incident-leaves-pending' ? block : withoutUnderWay(block)
  if (kind === departure && isRevoked(block)) {
    // It stays disabled, and protects nothing when it is enabled.
    changed = withoutPrimary(retired(withWaiting(changed, pending, mutant), old), old)
    return withWord(changed, 0, set(changed[0] as number, keyFields.primary, 0))
  }
  const number = nextNumber(block)
  if (kind === compromise) {
    for (let other = 1; other < (number ?? versionsOfKey + 1); other++) {
      const kept = other === pending && mutant === 'incident-leaves-pending'
      if (!kept && leads[get(changed[other] as number, versionFields.state)]?.[compromised]) {
        changed = moved(changed, other, compromised)
      }
    }
  }
  // A key without a primary stays so, unless a rotation was giving it one.
  if (old === 0 && pending === 0) return changed
  if (number === undefined) {
    // It is revoked all the same, and left without a primary: the model does not follow it further.
    return kind === compromise ? changed : undefined
  }
  if (kind !== compromise) {
    changed = withWaiting(changed, pending, mutant)
    if (old !== 0) {
      const record = set(set(0, rotationFields.step, dualOperation), rotationFields.from, old)
      changed = withWord(withoutPrimary(changed, old), rotationAt(number), record)
    }
  }
  changed = made(changed, number, active, 1)
  changed = withWord(changed, number, set(changed[number] as number, versionFields.protects, 1))
  return withWord(changed, 0, set(changed[0] as number, keyFields.primary, number))
}

/** What waited to become the primary was there before the incident. */
function withWaiting(block: Block, pending: number, mutant: Mutant | undefined): Block {
  if (pending === 0 || mutant === 'incident-leaves-pending') return block
  return get(block[pending] as number, versionFields.state) === preActive ? moved(block, pending, destroyed) : block
}

const withoutPrimary = (block: Block, old: number): Block =>
  withWord(block, old, set(block[old] as number, versionFields.protects, 2))

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
  const block = treated(shape.block(words, key), kind, mutant)
  if (block === undefined) return undefined
  const changed = shape.withBlock(words, key, block)
  const paid = set(incident, fields.owed, get(incident, fields.owed) & ~(1 << key))
  changed[shape.incident] = mutant === 'incident-forgets' ? paid : recorded(paid, key)
  return changed
}
