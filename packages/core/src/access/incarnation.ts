import type { Authority } from './authority.ts'

/**
 * Starts a new incarnation of a log, after a restore: the numbers that key versions get from now on are never those of the lost
 * state. It is random, since one backup may be restored in two places (store-format §Version numbers).
 */
export async function beginIncarnation(authority: Authority, reason: string): Promise<void> {
  await authority.commit('store.restore-accept', '', undefined, async () => {
    const { incarnations } = authority.head.record
    let incarnation = 0
    while (incarnation === 0 || incarnations.includes(incarnation)) {
      incarnation = globalThis.crypto.getRandomValues(new Uint16Array(1))[0] as number
    }
    return { reason, records: [], incarnation }
  })
}
