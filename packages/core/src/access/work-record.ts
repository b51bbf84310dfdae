import { VerifyingKey } from '../crypto/signing.ts'
import { fromText } from '../envelope/text.ts'
import { KmsError } from '../errors.ts'
import { workId } from '../store/record-ids.ts'
import type { WorkRecord } from '../store/records.ts'
import { openRecord } from '../store/signed-record.ts'
import type { Environment } from './environment.ts'
import type { RingAccess } from './ring-access.ts'

/** 366 days, in milliseconds. */
const longestInterval = 31_622_400_000

/**
 * The record of due work: who does it, when it was last done, what failed (contents-v1 §Due work).
 * @returns undefined if there is none, or none that is genuine: it is then as if the work had never been done
 * @throws `store-unavailable`
 */
export async function readWork(
  { store, crypto }: Environment,
  { record: ring }: Pick<RingAccess, 'record'>,
): Promise<WorkRecord | undefined> {
  const [stored] = await store.read([workId(ring.ring)])
  if (stored === undefined) return undefined
  try {
    const key = await VerifyingKey.fromRaw(fromText(ring.logKey), crypto)
    const { record } = await openRecord('work', stored, { key, store: ring.store })
    // Whoever uses the ring can sign one: no interval that nobody can ask for may widen what a clock is allowed.
    return record.interval <= longestInterval ? record : undefined
  } catch (error) {
    if (!(error instanceof KmsError) || error.code !== 'store-corrupt') throw error
    return undefined
  }
}
