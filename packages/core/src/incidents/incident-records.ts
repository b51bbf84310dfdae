import { KmsError } from '../errors.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { administeredRecords } from '../store/administered-records.ts'
import { incidentId, incidentPrefix } from '../store/record-ids.ts'
import type { IncidentRecord } from '../store/records.ts'

/** What the store says of the ring's incidents. */
export class IncidentRecords {
  readonly #ring: KeyRing

  constructor(ring: KeyRing) {
    this.#ring = ring
  }

  async *all(): AsyncGenerator<IncidentRecord> {
    const { environment, access, authority } = this.#ring
    await authority.refresh()
    for await (const stored of administeredRecords(environment.store, incidentPrefix(access.record.ring))) {
      yield (await authority.open('incident', stored)).record
    }
  }

  /** @throws `key-not-found` */
  async find(id: string): Promise<IncidentRecord> {
    const { access, authority } = this.#ring
    const found = await authority.read('incident', incidentId(access.record.ring, id))
    if (found !== undefined) return found.record
    throw new KmsError('key-not-found', `There is no incident ${id} in this ring. kms incident list shows them.`)
  }
}
