import type { Mutant } from './mutants.ts'
import {
  active,
  type Block,
  deactivated,
  destroyed,
  distribute,
  dualOperation,
  versionFields as fields,
  get,
  keyFields,
  none,
  preActive,
  retire,
  rotationAt,
  rotationFields,
  set,
  suspended,
} from './state.ts'
import { made, moved, nextNumber, withWord } from './version-verbs.ts'

// The steps of a rotation (kms.rotations) on a key's records, by the version that it leads to.

/** The record of a rotation that is over. */
const over = (block: Block, to: number): Block => withWord(block, rotationAt(to), none)

const stateOf = (block: Block, number: number): number => get(block[number] as number, fields.state)
const stepOf = (block: Block, to: number): number => get(block[rotationAt(to)] as number, rotationFields.step)
const fromOf = (block: Block, to: number): number => get(block[rotationAt(to)] as number, rotationFields.from)
export const underWay = (block: Block): number => get(block[0] as number, keyFields.rotation)
const withUnderWay = (block: Block, to: number): Block =>
  withWord(block, 0, set(block[0] as number, keyFields.rotation, to))

/** Whether the version of a rotation can still become the primary. */
const isUseful = (block: Block, to: number): boolean => stateOf(block, to) === preActive

/** Whether the primary was disabled: a person decides what comes next. */
export function isRevoked(block: Block): boolean {
  const primary = get(block[0] as number, keyFields.primary)
  return primary !== 0 && stateOf(block, primary) === suspended
}

/** A version retired: one that is disabled stays so, and comes back retired. The same where it is no longer active. */
export function retired(block: Block, number: number): Block {
  if (stateOf(block, number) === active) return moved(block, number, deactivated)
  const word = block[number] as number
  if (stateOf(block, number) !== suspended || get(word, fields.previous) !== active) return block
  return withWord(block, number, set(set(word, fields.previous, deactivated), fields.wasRetired, 1))
}

/** The rotation under way ends before its primary moved, if there is one. */
export function withoutUnderWay(block: Block): Block {
  const to = underWay(block)
  return to === 0 ? block : over(withUnderWay(block, 0), to)
}

/** Step 1, to a new version or to one that was imported; undefined where another rotation is to be gone on with. */
export function generate(block: Block, imported: number | undefined, mutant: Mutant | undefined): Block | undefined {
  if (isRevoked(block)) return undefined
  let begun = block
  const before = underWay(block)
  if (before !== 0) {
    const lost = get(block[rotationAt(before)] as number, rotationFields.missing) === 1
    if (lost || isUseful(block, before) || mutant === 'stuck-rotation') return undefined
    begun = over(withUnderWay(block, 0), before)
  }
  const to = imported ?? nextNumber(begun)
  if (to === undefined) return undefined
  if (imported === undefined) begun = made(begun, to, preActive, 1)
  else if (stateOf(begun, to) !== preActive) return undefined
  else if (mutant !== 'untested-import') begun = withWord(begun, to, set(begun[to] as number, fields.tested, 1))
  const record = set(
    set(0, rotationFields.step, distribute),
    rotationFields.from,
    mutant === 'forgets-from' ? get(block[0] as number, keyFields.primary) : 0,
  )
  const missing = mutant === 'lost-rotation' ? 1 : 0
  return withUnderWay(withWord(begun, rotationAt(to), set(record, rotationFields.missing, missing)), to)
}

/** The second commit of a generation that needs two (a planted defect). */
export function recordRotation(block: Block, to: number): Block | undefined {
  const record = block[rotationAt(to)] as number
  if (get(record, rotationFields.missing) === 0) return undefined
  return withWord(block, rotationAt(to), set(record, rotationFields.missing, 0))
}

/** The primary moves; a rotation whose version became useless ends instead. */
export function activate(block: Block, to: number, mutant: Mutant | undefined): Block | undefined {
  const record = block[rotationAt(to)] as number
  if (stepOf(block, to) !== distribute || get(record, rotationFields.missing) === 1) return undefined
  const closed = withUnderWay(block, 0)
  if (!isUseful(block, to) && mutant !== 'activates-compromised') return over(closed, to)
  if (isRevoked(block) && mutant !== 'activates-revoked') return undefined
  const old = get(block[0] as number, keyFields.primary)
  const from = mutant === 'forgets-from' ? fromOf(block, to) : old
  const next = set(set(record, rotationFields.step, dualOperation), rotationFields.from, from)
  let moving = withWord(moved(closed, to, active), rotationAt(to), next)
  moving = withWord(moving, to, set(moving[to] as number, fields.protects, 1))
  moving = withWord(moving, 0, set(moving[0] as number, keyFields.primary, to))
  if (old === 0 || old === to || mutant === 'two-primaries') return moving
  return withWord(moving, old, set(moving[old] as number, fields.protects, 2))
}

/** The transition has ended; when it does is not modelled, so that it may at any time. */
export function retireOld(block: Block, to: number, mutant: Mutant | undefined): Block | undefined {
  if (stepOf(block, to) !== dualOperation) return undefined
  const from = fromOf(block, to)
  const left = withWord(block, rotationAt(to), set(block[rotationAt(to)] as number, rotationFields.step, retire))
  if (from === 0 || from === get(block[0] as number, keyFields.primary)) return left
  return mutant === 'suspended-escapes' && stateOf(left, from) === suspended ? left : retired(left, from)
}

/** The version on whose leases a rotation waits at its end; 0 where it waits for nothing. */
export function awaitedVersion(block: Block, to: number): number | undefined {
  if (stepOf(block, to) !== retire) return undefined
  const from = fromOf(block, to)
  return from === get(block[0] as number, keyFields.primary) ? 0 : from
}

/** Leases that could name the old version have ended. */
export function finish(block: Block, to: number, mutant: Mutant | undefined): Block | undefined {
  const from = awaitedVersion(block, to)
  if (from === undefined) return undefined
  if (from === 0) return over(block, to)
  const word = block[from] as number
  if (mutant === 'no-lease-wait') return over(withWord(block, from, set(word, fields.settled, 1)), to)
  return get(word, fields.settled) === 1 ? over(block, to) : undefined
}

/** Taken back: before the primary moved the new version goes, afterwards the primary comes back. */
export function rollback(block: Block, to: number, mutant: Mutant | undefined): Block | undefined {
  const step = stepOf(block, to)
  if (get(block[rotationAt(to)] as number, rotationFields.missing) === 1) return undefined
  if (step === distribute) {
    const closed = over(withUnderWay(block, 0), to)
    return isUseful(block, to) ? moved(closed, to, destroyed) : closed
  }
  const late = mutant === 'late-rollback' && step === retire
  const from = fromOf(block, to)
  if ((step !== dualOperation && !late) || from === 0) return undefined
  const state = stateOf(block, from)
  if (get(block[0] as number, keyFields.primary) !== to || (state !== active && !(late && state === deactivated))) {
    return undefined
  }
  if (get(block[from] as number, fields.scheduled) === 1) return undefined
  let back = over(block, to)
  back = mutant === 'rollback-enables' ? moved(back, to, deactivated) : retired(back, to)
  back = withWord(back, to, set(back[to] as number, fields.protects, 2))
  back = withWord(back, from, set(set(back[from] as number, fields.protects, 1), fields.state, active))
  return withWord(back, 0, set(back[0] as number, keyFields.primary, from))
}
