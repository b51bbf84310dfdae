import { day } from '../durations.ts'
import { KmsError } from '../errors.ts'
import { type KeyChange, type KeyChanges, withVersion } from '../keys/key-changes.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { primaryFirst, staysPrimary, versionsPerCommit } from '../keys/version-change.ts'
import { madeFirst, newestOf } from '../keys/whole-change.ts'
import { newRotation } from '../rotation/new-rotation.ts'
import { RotationRecords } from '../rotation/rotation-records.ts'
import { selfTest } from '../rotation/self-test.ts'
import { ended } from '../rotation/step-changes.ts'
import { isPair } from '../specs/key-specs.ts'
import type { IncidentRecord, KeyRecord, RotationRecord, VersionRecord } from '../store/records.ts'
import { nextNumber } from '../store/version-number.ts'
import { FreshMaterial, generateVersion } from '../versions/new-version.ts'
import { type Reached, reached, rotates, type Treatment } from './incident-plan.ts'
import type { IncidentRecords } from './incident-records.ts'
import type { IncidentTrigger } from './incident-triggers.ts'

/**
 * Acts on one key of an incident, in one commit: its new primary, what was in use marked, the rotation under way ended, its new rotation,
 * and that the incident is done with it. Of a compromise, what cannot be marked in one commit, or waits for a new primary that takes seconds to make or
 * cannot be made, is revoked by commits of its own: nothing that may be known is in use for as long as that takes.
 * @throws what keeps a new version from being made, once all is revoked
 */
export async function act(
  changes: KeyChanges,
  incidents: IncidentRecords,
  incident: IncidentRecord,
  id: string,
): Promise<void> {
  const { records } = changes.ring
  const fresh = new FreshMaterial()
  try {
    await actInCommits()
  } finally {
    fresh.wipe()
  }

  async function actInCommits(): Promise<void> {
    let more = true
    while (more) {
      const { name } = (await records.byId(id)).record
      await changes.change('incident.act', name, { reason: incident.reason }, async (key) => {
        const now = await incidents.find(incident.incident)
        more = false
        if (now.done.includes(key.key)) return { key, versions: [] }
        const built = await actionOn(changes, now, key, fresh)
        more = built.more
        return built.change
      })
    }
  }
}

/** One commit of an action, and whether others have to follow. */
interface Action {
  readonly change: KeyChange
  readonly more: boolean
}

async function actionOn(
  { ring }: KeyChanges,
  incident: IncidentRecord,
  key: KeyRecord,
  fresh: FreshMaterial,
): Promise<Action> {
  const { environment, authority, records } = ring
  const time = environment.wall()
  const { incarnation, incarnations } = authority.head.record
  const treatment: Treatment = {
    trigger: incident.trigger as IncidentTrigger,
    version: incident.version || undefined,
    retireNow: incident.retireNow,
    incarnation,
  }
  const all = await records.allVersions(key)
  const revoked = incident.revoked.find((one) => one.key === key.key)
  const made = madeFirst(incarnations)
  // What was made after the key was revoked was made by a person who knew.
  const concerned = revoked === undefined ? all : all.filter(({ number }) => made(number, revoked.newest) <= 0)
  const begun = key.rotation === '' ? undefined : await new RotationRecords(ring).read(key.key, key.rotation)
  const at = { key, primary: all.find(({ number }) => number === key.primary), pending: begun?.to ?? 0 }
  const marked: VersionRecord[] = []
  for (const version of primaryFirst(concerned, key.primary)) {
    const becomes = reached(at, version, treatment)
    if (becomes !== undefined) marked.push(markedVersion(incident, key, version, becomes, time))
  }
  const renewed = revoked === undefined ? rotates(at, treatment) : key.primary === 0
  const markedNumbers = new Set(marked.map(({ number }) => number))
  // It leads to a version of before the incident.
  const ends = begun !== undefined && ((renewed && revoked === undefined) || markedNumbers.has(begun.to))
  const others: (RotationRecord | IncidentRecord)[] = ends
    ? [ended(begun, { time, by: environment.caller }, `incident ${incident.incident}`)]
    : []
  const left: KeyRecord = { ...key, rotation: ends ? '' : key.rotation }
  const primaryEnds = marked.some((version) => version.number === key.primary && version.primaryUntil === time)
  const withoutPrimary = { ...left, primary: primaryEnds ? 0 : left.primary }

  const revocation = (): Action => {
    const entry = { key: key.key, newest: newestOf(all, incarnations) }
    const noted = { ...incident, revision: incident.revision + 1, revoked: [...incident.revoked, entry] }
    const noting = renewed && revoked === undefined ? [noted] : []
    const versions = marked.slice(0, versionsPerCommit)
    return { change: { key: withoutPrimary, versions, others: [...others, ...noting] }, more: true }
  }
  if (marked.length > versionsPerCommit) return revocation()
  // A pair takes seconds to make, in which others commit: what may be known is in use for none of them.
  if (treatment.trigger === 'compromise' && renewed && revoked === undefined && isPair(key.spec)) return revocation()
  others.push({
    ...incident,
    revision: incident.revision + 1,
    done: [...incident.done, key.key],
    revoked: incident.revoked.filter((one) => one !== revoked),
  })
  if (!renewed) return { change: { key: withoutPrimary, versions: marked, others }, more: false }
  try {
    const { version, rotation } = await newPrimary(ring, incident, key, time, fresh)
    const { number } = version
    return {
      change: {
        key: {
          ...withVersion(left, number),
          primary: number,
          primarySince: time,
          transitions: left.transitions + Number(rotation.step !== 're-encrypt'),
        },
        versions: [version, ...marked],
        others: [rotation, ...others],
      },
      more: false,
    }
  } catch (error) {
    // That no new version can be made must not keep in use what may be known.
    others.pop()
    if (treatment.trigger === 'compromise' && revoked === undefined) return revocation()
    throw revoked !== undefined && error instanceof KmsError ? isRevoked(incident, key, error) : error
  }
}

/** The version that protects new data from now on, tested, and the rotation that says so. */
async function newPrimary(
  { environment, access, authority }: KeyRing,
  incident: IncidentRecord,
  key: KeyRecord,
  time: number,
  fresh: FreshMaterial,
): Promise<{ readonly version: VersionRecord; readonly rotation: RotationRecord }> {
  const compromised = incident.trigger === 'compromise'
  const number = nextNumber(key.newest, authority.head.record.incarnation)
  const of = { key, number, time, reason: incident.reason, state: 'active' } as const
  const version = await generateVersion(environment, access, of, fresh)
  await selfTest(environment, access, version)
  const rotation = newRotation(environment, key, {
    to: number,
    trigger: incident.incident,
    reason: incident.reason,
    step: compromised ? 're-encrypt' : incident.retireNow ? 'retire' : 'dual-operation',
    transitionUntil: compromised || incident.retireNow ? time : time + key.transitionDays * day,
  })
  return { version, rotation }
}

const isRevoked = ({ incident }: IncidentRecord, { key, name }: KeyRecord, why: KmsError): KmsError =>
  new KmsError(
    why.code,
    `"${name}" is revoked, and has no primary, since no new version could be made: ${why.message} Then: kms incident resume ${incident}, or kms key rotate.`,
    { keyIds: [key], retry: why.retry, cause: why },
  )

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
