import type { Sessions } from '../access/sessions.ts'
import { concernsOne, KmsError } from '../errors.ts'
import { distributionsOf } from '../keys/distributions.ts'
import { type ChangeOptions, type KeyChanges, reasonOf } from '../keys/key-changes.ts'
import { RotationRecords } from '../rotation/rotation-records.ts'
import { incidentId } from '../store/record-ids.ts'
import type { IncidentRecord } from '../store/records.ts'
import { requestSubject } from '../store/request-subject.ts'
import { parseVersionLabel } from '../store/version-number.ts'
import { act } from './incident-action.ts'
import { type IncidentInfo, incidentInfo } from './incident-info.ts'
import { type AffectedKey, affectedKey, applicationsOf, type IncidentPlan } from './incident-plan.ts'
import { IncidentRecords } from './incident-records.ts'
import { type IncidentScope, keysOf, treatmentOf } from './incident-scope.ts'
import type { IncidentTrigger } from './incident-triggers.ts'

export interface DeclareOptions extends ChangeOptions {
  readonly reason: string
  /** Of a compromise: since when the material may be known; now unless given. */
  readonly since?: Date
}

/**
 * Events that ask for rotation now (requirement R2): what they reach is shown first (`plan`), then each key gets a new primary and its
 * old one is marked, in one commit. All calls throw what `kms.keys` throws.
 */
export class Incidents {
  readonly #changes: KeyChanges
  readonly #sessions: Sessions
  readonly #records: IncidentRecords

  /** Use `kms.incidents`. */
  constructor(changes: KeyChanges, sessions: Sessions) {
    this.#changes = changes
    this.#sessions = sessions
    this.#records = new IncidentRecords(changes.ring)
  }

  /** What an incident would do, and whom it reaches. Nothing is changed. @throws as `declare` */
  async plan(trigger: IncidentTrigger, scope: IncidentScope): Promise<IncidentPlan> {
    const { ring } = this.#changes
    const treatment = treatmentOf(trigger, scope, ring.authority.head.record.incarnation)
    const keys: AffectedKey[] = []
    for (const key of await keysOf(ring, scope, treatment.version)) {
      const begun = key.rotation === '' ? undefined : await new RotationRecords(ring).read(key.key, key.rotation)
      const of = affectedKey({ key, pending: begun?.to ?? 0 }, await ring.records.allVersions(key), treatment)
      const changed = of.versions.map(({ version }) => parseVersionLabel(version))
      keys.push({ ...of, copies: await distributionsOf(ring, key.key, changed) })
    }
    const reached = new Set(keys.map(({ id }) => id))
    const sessions = (await this.#sessions.list()).filter((session) => session.keys.some((id) => reached.has(id)))
    const { record } = ring.access
    const callers = [...new Set(sessions.map(({ caller }) => caller))].sort()
    return { trigger, keys, ring: record.name, applications: applicationsOf(record), callers }
  }

  /**
   * Records an incident and acts on each key: a new primary at once, without waiting for other processes; what was in use is marked
   * compromised, or stays active until its transition ends; what waited to become the primary never does. One that was interrupted is gone
   * on with by `resume`. A key whose primary is disabled gets a new one after a compromise alone: it is left without one otherwise. A key
   * that has no primary gets none. Where the new version cannot be made, a compromise revokes the key all the same and leaves it without a
   * primary; the call goes on with the others, and throws then.
   * @throws `invalid-argument` without a reason, `key-not-found`, `version-lost`, `limit-exceeded` for more than 500 keys, or after 65,535
   * versions of a key, `internal` for a machine that fails the test of a new version
   */
  async declare(trigger: IncidentTrigger, scope: IncidentScope, options: DeclareOptions): Promise<IncidentInfo> {
    const { environment, access, authority } = this.#changes.ring
    const treatment = treatmentOf(trigger, scope, authority.head.record.incarnation)
    const reason = reasonOf(options)
    if (reason === '') throw new KmsError('invalid-argument', 'An incident has a reason: it is recorded with it.')
    const keys = await keysOf(this.#changes.ring, scope, treatment.version)
    const { store, ring } = access.record
    const request = options.requestId ?? globalThis.crypto.randomUUID()
    const incident = globalThis.crypto.randomUUID()
    const time = environment.wall()
    const subject = requestSubject(environment.primitives, trigger, {
      // As given: a key that is made meanwhile must not turn the same request into another.
      keys: scope.keys === 'all' ? 'all' : JSON.stringify([...scope.keys].sort()),
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
        revoked: [],
      }
      return { reason, records: [record], outcome: incident }
    })
    // An earlier call of the same request may have declared it.
    return this.resume((await authority.outcomeOf(request)) ?? incident)
  }

  /** Acts on the keys of an incident that were not acted on yet. @throws `key-not-found` for no such incident */
  async resume(id: string): Promise<IncidentInfo> {
    let incident = await this.#records.find(id)
    let failure: KmsError | undefined
    for (const key of incident.keys) {
      try {
        if (!incident.done.includes(key)) await act(this.#changes, this.#records, incident, key)
      } catch (error) {
        // One damaged key must not keep the others in use; that the store does not answer stops them all.
        if (!concernsOne(error)) throw error
        failure ??= error
      }
      incident = await this.#records.find(id)
    }
    if (failure !== undefined) throw failure
    return incidentInfo(incident)
  }

  /** The incidents of the ring, the youngest first. */
  async list(): Promise<readonly IncidentInfo[]> {
    const found: IncidentRecord[] = []
    for await (const record of this.#records.all()) found.push(record)
    return found.sort((a, b) => b.time - a.time).map(incidentInfo)
  }

  /** An incident. @throws `key-not-found` */
  async show(id: string): Promise<IncidentInfo> {
    return incidentInfo(await this.#records.find(id))
  }
}
