import type { IncidentRecord } from '../store/records.ts'
import type { IncidentTrigger } from './incident-triggers.ts'

/** An incident, for people and programs. */
export interface IncidentInfo {
  /** UUID. */
  readonly id: string
  readonly trigger: IncidentTrigger
  readonly reason: string
  readonly time: Date
  readonly by: string
  /** Of a compromise. */
  readonly since: Date | null
  /** Ids of the keys that it reaches. */
  readonly keys: readonly string[]
  /** Ids of those not acted on yet: `resume` goes on with them. */
  readonly left: readonly string[]
  /** Ids of those of them that were revoked, and have no primary until `resume`, or a person, makes one. */
  readonly withoutPrimary: readonly string[]
}

/** An incident's record as people and programs see it. */
export const incidentInfo = (record: IncidentRecord): IncidentInfo => ({
  id: record.incident,
  trigger: record.trigger as IncidentTrigger,
  reason: record.reason,
  time: new Date(record.time),
  by: record.by,
  since: record.since === 0 ? null : new Date(record.since),
  keys: record.keys,
  left: record.keys.filter((key) => !record.done.includes(key)),
  withoutPrimary: record.revoked.map(({ key }) => key),
})
