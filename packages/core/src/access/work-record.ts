import { workId } from '../store/record-ids.ts'
import type { WorkRecord } from '../store/records.ts'
import type { Environment } from './environment.ts'
import type { RingAccess } from './ring-access.ts'
import { type RingSigned, readRingSigned } from './ring-signed.ts'

/** 366 days, in milliseconds. */
const longestInterval = 31_622_400_000

/** The record of due work, and what stands in its place. @throws `store-unavailable` */
export function lookAtWork(
  environment: Environment,
  access: Pick<RingAccess, 'record'>,
): Promise<RingSigned<WorkRecord>> {
  // No interval that nobody can ask for may widen what a clock is allowed.
  const believable = ({ interval }: WorkRecord): boolean => interval <= longestInterval
  return readRingSigned('work', environment, access, [workId(access.record.ring)], believable)
}

/**
 * The record of due work: who does it, when it was last done, what failed (contents-v1 §Due work).
 * @returns undefined if there is none, or none that is genuine: it is then as if the work had never been done
 * @throws `store-unavailable`
 */
export async function readWork(
  environment: Environment,
  access: Pick<RingAccess, 'record'>,
): Promise<WorkRecord | undefined> {
  return (await lookAtWork(environment, access)).genuine[0]
}
