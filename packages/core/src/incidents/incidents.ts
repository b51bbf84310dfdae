import type { Sessions } from '../access/sessions.ts'
import { KmsError } from '../errors.ts'
import { type ChangeOptions, type KeyChange, type KeyChanges, reasonOf, withVersion } from '../keys/key-changes.ts'
import { checkName } from '../keys/names.ts'
import { primaryFirst, staysPrimary, versionsPerCommit } from '../keys/version-change.ts'
import { generateVersion } from '../keys/version-material.ts'
import { nextNumber, parseVersionLabel } from '../keys/version-number.ts'
import { newRotation } from '../rotation/new-rotation.ts'
import { selfTest } from '../rotation/self-test.ts'
import { administeredRecords } from '../store/administered-records.ts'
import { incidentId, incidentPrefix, keyPrefix } from '../store/record-ids.ts'
import type { IncidentRecord, KeyRecord, VersionRecord } from '../store/records.ts'
import { requestSubject } from '../store/request-subject.ts'
import { affectedKey, applicationsOf, type IncidentPlan, rotates, type Treatment, treated } from './incident-plan.ts'
import { type IncidentTrigger, incidentTriggers } from './incident-triggers.ts'

/** Which keys an incident reaches. */
export interface IncidentScope {
  /** Their names, at most 500; or `all` keys of the ring. */
  readonly keys: readonly string[] | 'all'
  /** Of a compromise of one key: the version that may be known; all that are not destroyed unless given. */
  readonly version?: string | number
  /** Retires what was the primary at once; it stays active for the key's transition unless given. A compromise marks it in any case. */
  readonly retireNow?: boolean
}

export interface DeclareOptions extends ChangeOptions {
  readonly reason: string
  /** Of a compromise: since when the material may be known; now unless given. */
  readonly since?: Date
}

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
}

/** Keys of one incident: its record has 64 KiB. */
const keyLimit = 500
const day = 86_400_000

/**
 * Events that ask for rotation now (requirement R2): what they reach is shown first (`plan`), then each key gets a new primary and its
 * old one is marked, in one commit. All calls throw what `kms.keys` throws.
 */
export class Incidents {
  readonly #changes: KeyChanges
  readonly #sessions: Sessions

  /** Use `kms.incidents`. */
  constructor(changes: KeyChanges, sessions: Sessions) {
    this.#changes = changes
    this.#sessions = sessions
  }

  /** What an incident would do, and whom it reaches. Nothing is changed. @throws as `declare` */
  async plan(trigger: IncidentTrigger, scope: IncidentScope): Promise<IncidentPlan> {
    const treatment = treatmentOf(trigger, scope)
    const { ring } = this.#changes
    const keys = []
    for (const key of await this.#keysOf(scope, treatment.version)) {
      keys.push(affectedKey(key, await ring.records.allVersions(key), treatment))
    }
    const reached = new Set(keys.map(({ id }) => id))
    const sessions = (await this.#sessions.list()).filter((session) => session.keys.some((id) => reached.has(id)))
    const { record } = ring.access
    const callers = [...new Set(sessions.map(({ caller }) => caller))].sort()
    return { trigger, keys, ring: record.name, applications: applicationsOf(record), callers }
  }

  /**
   * Records an incident and acts on each key: a new primary at once, without waiting for other processes; what was in use is marked
   * compromised, or stays active until its transition ends. One that was interrupted is gone on with by `resume`.
   * @throws `invalid-argument` without a reason, `key-not-found`, `version-lost`, `limit-exceeded` for more than 500 keys
   */
  async declare(trigger: IncidentTrigger, scope: IncidentScope, options: DeclareOptions): Promise<IncidentInfo> {
    const treatment = treatmentOf(trigger, scope)
    const reason = reasonOf(options)
    if (reason === '') throw new KmsError('invalid-argument', 'An incident has a reason: it is recorded with it.')
    const { environment, access, authority } = this.#changes.ring
    const keys = await this.#keysOf(scope, treatment.version)
    const { store, ring } = access.record
    const request = options.requestId ?? globalThis.crypto.randomUUID()
    const incident = globalThis.crypto.randomUUID()
    const time = environment.wall()
    const subject = requestSubject(environment.primitives, trigger, {
      keys: keys.map(({ key }) => key),
      version: treatment.version,
      retireNow: treatment.retireNow,
      since: options.since?.getTime(),
      reason,
    })
    await authority.commit('incident.declare', subject, request, async () => {
      const record: IncidentRecord = {
        kind: 'incident',
        id: incidentId(ring, incident),
        revision: 1,
        store,
        ring,
        incident,
        trigger,
        reason,
        time,
        by: environment.caller,
        since: trigger === 'compromise' ? Math.min(options.since?.getTime() ?? time, time) : 0,
        version: treatment.version ?? 0,
        retireNow: treatment.retireNow,
        keys: keys.map(({ key }) => key),
        done: [],
      }
      return { reason, records: [record] }
    })
    // What the log says of the request: an earlier call may have declared it.
    const prefix = incidentPrefix(ring)
    const [declared] = (await authority.changedBy(request)).filter((id) => id.startsWith(prefix))
    return this.resume(declared?.slice(prefix.length) ?? incident)
  }

  /** Acts on the keys of an incident that were not acted on yet. @throws `key-not-found` for no such incident */
  async resume(id: string): Promise<IncidentInfo> {
    let incident = await this.#find(id)
    for (const key of incident.keys) {
      if (!incident.done.includes(key)) await this.#act(incident, key)
      incident = await this.#find(id)
    }
    return incidentInfo(incident)
  }

  /** The incidents of the ring, the youngest first. */
  async list(): Promise<readonly IncidentInfo[]> {
    const found: IncidentRecord[] = []
    for await (const record of this.#records()) found.push(record)
    return found.sort((a, b) => b.time - a.time).map(incidentInfo)
  }

  /** An incident. @throws `key-not-found` */
  async show(id: string): Promise<IncidentInfo> {
    return incidentInfo(await this.#find(id))
  }

  /** One commit for a key: its new primary, what was in use marked, its rotation, and that the incident is done with it. */
  async #act(incident: IncidentRecord, id: string): Promise<void> {
    const { records } = this.#changes.ring
    let more = true
    while (more) {
      const { name } = (await records.byId(id)).record
      await this.#changes.change('incident.act', name, { reason: incident.reason }, async (key) => {
        const now = await this.#find(incident.incident)
        more = false
        if (now.done.includes(key.key)) return { key, versions: [] }
        const built = await this.#built(now, key)
        more = built.more
        return built.change
      })
    }
  }

  async #built(incident: IncidentRecord, key: KeyRecord): Promise<{ change: KeyChange; more: boolean }> {
    const { environment, access, authority, records } = this.#changes.ring
    const time = environment.wall()
    const trigger = incident.trigger as IncidentTrigger
    const treatment: Treatment = { trigger, version: incident.version || undefined, retireNow: incident.retireNow }
    const marked: VersionRecord[] = []
    for (const version of primaryFirst(await records.allVersions(key), key.primary)) {
      const state = treated(key, version, treatment)
      // What stays as it is only ceases to be the primary.
      if (state !== undefined && (state !== version.state || version.number === key.primary)) {
        marked.push(this.#marked(incident, key, version, state, time))
      }
    }
    // Of very many versions the first are marked by commits of their own, the primary among them; the last one makes the new primary.
    if (marked.length > versionsPerCommit) {
      const versions = marked.slice(0, versionsPerCommit)
      return { change: { key: { ...key, primary: 0 }, versions }, more: true }
    }
    const next: IncidentRecord = {
      ...incident,
      revision: incident.revision + 1,
      done: [...incident.done, key.key],
    }
    if (!rotates(key, treatment)) return { change: { key, versions: marked, others: [next] }, more: false }
    const number = nextNumber(key.newest, authority.head.record.incarnation)
    const of = { key: key.key, number, time, reason: incident.reason, state: 'active' } as const
    const version = generateVersion(environment, access, of)
    selfTest(environment, access, version)
    const compromised = trigger === 'compromise'
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
        key: { ...withVersion(key, number), primary: number, primarySince: time },
        versions: [version, ...marked],
        others: [rotation, next],
      },
      more: false,
    }
  }

  #marked(
    incident: IncidentRecord,
    key: KeyRecord,
    version: VersionRecord,
    state: VersionRecord['state'],
    time: number,
  ): VersionRecord {
    const ends = version.number === key.primary && (state === version.state || !staysPrimary(state))
    return {
      ...version,
      revision: version.revision + 1,
      state,
      previousState: state === 'suspended' ? version.previousState : '',
      primaryUntil: ends ? time : version.primaryUntil,
      compromisedSince: state === 'compromised' ? incident.since : version.compromisedSince,
      changed: state === version.state ? version.changed : time,
      reason: state === version.state ? version.reason : incident.reason,
    }
  }

  async #keysOf({ keys }: IncidentScope, version: number | undefined): Promise<readonly KeyRecord[]> {
    const { environment, access, authority, records } = this.#changes.ring
    await authority.refresh()
    const found: KeyRecord[] = []
    if (keys === 'all') {
      for await (const stored of administeredRecords(environment.store, keyPrefix(access.record.ring))) {
        found.push((await authority.open('key', stored)).record)
        if (found.length > keyLimit) throw tooMany()
      }
    } else {
      const names = [...new Set(keys.map((name) => checkName(name)))]
      if (names.length > keyLimit) throw tooMany()
      for (const name of names) found.push((await records.byName(name)).record)
    }
    if (found.length === 0) throw new KmsError('invalid-argument', 'An incident reaches at least one key.')
    if (version !== undefined) await records.namedVersions(found[0] as KeyRecord, [version])
    return found
  }

  async *#records(): AsyncGenerator<IncidentRecord> {
    const { environment, access, authority } = this.#changes.ring
    await authority.refresh()
    for await (const stored of administeredRecords(environment.store, incidentPrefix(access.record.ring))) {
      yield (await authority.open('incident', stored)).record
    }
  }

  async #find(id: string): Promise<IncidentRecord> {
    const { access, authority } = this.#changes.ring
    const found = await authority.read('incident', incidentId(access.record.ring, id))
    if (found !== undefined) return found.record
    throw new KmsError('key-not-found', `There is no incident ${id} in this ring. kms incident list shows them.`)
  }
}

function treatmentOf(trigger: IncidentTrigger, { keys, version, retireNow = false }: IncidentScope): Treatment {
  if (!Object.hasOwn(incidentTriggers, trigger)) {
    throw new KmsError('invalid-argument', `An incident is one of ${Object.keys(incidentTriggers).join(', ')}.`)
  }
  if (version !== undefined && (trigger !== 'compromise' || keys === 'all' || keys.length !== 1)) {
    throw new KmsError('invalid-argument', 'A version is named for a compromise of one key.')
  }
  return { trigger, version: version === undefined ? undefined : parseVersionLabel(version), retireNow }
}

const tooMany = (): KmsError =>
  new KmsError('limit-exceeded', `An incident reaches ${keyLimit} keys at most: name them in several.`)

function incidentInfo(record: IncidentRecord): IncidentInfo {
  return {
    id: record.incident,
    trigger: record.trigger as IncidentTrigger,
    reason: record.reason,
    time: new Date(record.time),
    by: record.by,
    since: record.since === 0 ? null : new Date(record.since),
    keys: record.keys,
    left: record.keys.filter((key) => !record.done.includes(key)),
  }
}
