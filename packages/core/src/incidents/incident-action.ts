import { day } from '../durations.ts'
import type { KeyChange, KeyChanges } from '../keys/key-changes.ts'
import { withVersion } from '../keys/key-changes.ts'
import { primaryFirst, staysPrimary, versionsPerCommit } from '../keys/version-change.ts'
import { generateVersion } from '../keys/version-material.ts'
import { nextNumber } from '../keys/version-number.ts'
import { newRotation } from '../rotation/new-rotation.ts'
import { RotationRecords } from '../rotation/rotation-records.ts'
import { selfTest } from '../rotation/self-test.ts'
import { ended } from '../rotation/step-changes.ts'
import type { IncidentRecord, KeyRecord, RotationRecord, VersionRecord } from '../store/records.ts'
import { type Reached, reached, rotates, type Treatment } from './incident-plan.ts'
import type { IncidentRecords } from './incident-records.ts'
import type { IncidentTrigger } from './incident-triggers.ts'

/**
 * Acts on one key of an incident, in one commit: its new primary, what was in use marked, the rotation under way ended, its new rotation,
 * and that the incident is done with it. Of very many versions the first are marked by commits of their own, the primary among them.
 */
export async function act(
  changes: KeyChanges,
  incidents: IncidentRecords,
  incident: IncidentRecord,
  id: string,
): Promise<void> {
  const { records } = changes.ring
  let more = true
  while (more) {
    const { name } = (await records.byId(id)).record
    await changes.change('incident.act', name, { reason: incident.reason }, async (key) => {
      const now = await incidents.find(incident.incident)
      more = false
      if (now.done.includes(key.key)) return { key, versions: [] }
      const built = await actionOn(changes, now, key)
      more = built.more
      return built.change
    })
  }
}

async function actionOn(
  { ring }: KeyChanges,
  incident: IncidentRecord,
  key: KeyRecord,
): Promise<{ readonly change: KeyChange; readonly more: boolean }> {
  const { environment, access, authority, records } = ring
  const time = environment.wall()
  const { incarnation } = authority.head.record
  const treatment: Treatment = {
    trigger: incident.trigger as IncidentTrigger,
    version: incident.version || undefined,
    retireNow: incident.retireNow,
    incarnation,
  }
  const compromised = treatment.trigger === 'compromise'
  const all = await records.allVersions(key)
  const begun = key.rotation === '' ? undefined : await new RotationRecords(ring).read(key.key, key.rotation)
  const at = { key, primary: all.find(({ number }) => number === key.primary), pending: begun?.to ?? 0 }
  const marked: VersionRecord[] = []
  for (const version of primaryFirst(all, key.primary)) {
    const becomes = reached(at, version, treatment)
    if (becomes !== undefined) marked.push(markedVersion(incident, key, version, becomes, time))
  }
  const renewed = rotates(at, treatment)
  // It leads to a version of before the incident.
  const ends = begun !== undefined && (renewed || marked.some(({ number }) => number === begun.to))
  const others: (RotationRecord | IncidentRecord)[] = ends
    ? [ended(begun, { time, by: environment.caller }, `incident ${incident.incident}`)]
    : []
  const left: KeyRecord = { ...key, rotation: ends ? '' : key.rotation }
  const primaryEnds = marked.some((version) => version.number === key.primary && version.primaryUntil === time)
  if (marked.length > versionsPerCommit) {
    // A primary that was compromised protects nothing from the first commit on; another one stays until the last.
    const now = compromised ? marked : marked.filter((version) => version.number !== key.primary)
    const versions = now.slice(0, versionsPerCommit)
    return { change: { key: compromised ? { ...left, primary: 0 } : left, versions, others }, more: true }
  }
  others.push({ ...incident, revision: incident.revision + 1, done: [...incident.done, key.key] })
  if (!renewed) {
    return { change: { key: primaryEnds ? { ...left, primary: 0 } : left, versions: marked, others }, more: false }
  }
  const number = nextNumber(key.newest, incarnation)
  const of = { key, number, time, reason: incident.reason, state: 'active' } as const
  const version = await generateVersion(environment, access, of)
  await selfTest(environment, access, version)
  const transitionUntil = compromised || incident.retireNow ? time : time + key.transitionDays * day
  const rotation = newRotation(environment, key, {
    to: number,
    trigger: incident.incident,
    reason: incident.reason,
    step: compromised ? 're-encrypt' : incident.retireNow ? 'retire' : 'dual-operation',
    transitionUntil,
  })
  return {
    change: {
      key: { ...withVersion(left, number), primary: number, primarySince: time },
      versions: [version, ...marked],
      others: [rotation, ...others],
    },
    more: false,
  }
}

function markedVersion(
  incident: IncidentRecord,
  key: KeyRecord,
  version: VersionRecord,
  { state, comesBack }: Reached,
  time: number,
): VersionRecord {
  const stays = state === version.state
  return {
    ...version,
    revision: version.revision + 1,
    state,
    previousState: comesBack,
    primaryUntil: version.number === key.primary && (stays || !staysPrimary(state)) ? time : version.primaryUntil,
    compromisedSince: state === 'compromised' ? incident.since : version.compromisedSince,
    ...(state === 'destroyed' && { material: '', destruction: [] }),
    changed: stays ? version.changed : time,
    reason: stays ? version.reason : incident.reason,
  }
}
