import type { Authority } from './authority.ts'

/**
 * Starts a new incarnation of a log, after a restore: the numbers that key versions get from now on are never those of the lost
 * state. It is random, since one backup may be restored in two places (contents-v1 §Version numbers).
 */
export async function beginIncarnation(authority: Authority, reason: string): Promise<void> {
  await authority.commit('store.restore-accept', '', undefined, async () => {
    return { reason, records: [], incarnation: otherThan(authority.head.record.incarnations) }
  })
}

/**
 * An incarnation to begin with a commit that brings in versions which another store numbered: the numbers that this one gives from now on
 * must not be those that the other gives to versions of the same key, or gave already.
 * @param taken incarnations of the numbers that come in
 * @returns undefined where the present one is none of theirs
 */
export function freeIncarnation(authority: Authority, taken: readonly number[]): number | undefined {
  const { incarnation, incarnations } = authority.head.record
  return taken.includes(incarnation) ? otherThan([...incarnations, ...taken]) : undefined
}

function otherThan(taken: readonly number[]): number {
  let incarnation = 0
  while (incarnation === 0 || taken.includes(incarnation)) {
    incarnation = globalThis.crypto.getRandomValues(new Uint16Array(1))[0] as number
  }
  return incarnation
}
