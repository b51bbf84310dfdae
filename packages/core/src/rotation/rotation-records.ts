import { KmsError } from '../errors.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { administeredRecords } from '../store/administered-records.ts'
import { rotationId, rotationPrefix } from '../store/record-ids.ts'
import type { KeyRecord, RotationRecord, VersionRecord } from '../store/records.ts'
import { hasBegun } from './rotation-steps.ts'
import type { Rotating } from './step-changes.ts'

/** What the store says of the ring's rotations. */
export class RotationRecords {
  readonly #ring: KeyRing

  constructor(ring: KeyRing) {
    this.#ring = ring
  }

  /** The rotations of one key, or of all. */
  async *all(key: string | undefined): AsyncGenerator<RotationRecord> {
    const { environment, access, authority } = this.#ring
    await authority.refresh()
    const prefix = rotationPrefix(access.record.ring) + (key === undefined ? '' : `${key}/`)
    for await (const stored of administeredRecords(environment.store, prefix)) {
      yield (await authority.open('rotation', stored)).record
    }
  }

  /** @throws `key-not-found` */
  async find(id: string): Promise<RotationRecord> {
    const { environment, access, authority } = this.#ring
    await authority.refresh()
    const prefix = rotationPrefix(access.record.ring)
    for await (const stored of administeredRecords(environment.store, prefix)) {
      // Its id ends a record's: the others need not even be read, let alone verified.
      if (stored.id.endsWith(`/${id}`)) return (await authority.open('rotation', stored)).record
    }
    throw new KmsError('key-not-found', `There is no rotation ${id} in this ring. kms rotation list shows them.`)
  }

  /** A rotation that another record names. @throws `store-corrupt` where it is missing */
  async read(key: string, rotation: string): Promise<RotationRecord> {
    const { access, authority } = this.#ring
    const found = await authority.read('rotation', rotationId(access.record.ring, key, rotation))
    if (found !== undefined) return found.record
    throw new KmsError('store-corrupt', `The record of rotation ${rotation} is missing. Restore a backup.`)
  }

  /** A rotation with what its next step is built from, as it is recorded now. */
  async rotating(key: KeyRecord, id: string): Promise<Rotating> {
    const rotation = await this.read(key.key, id)
    const { records } = this.#ring
    const [to] = await records.namedVersions(key, [rotation.to])
    // Until the primary has moved, it is what is recorded as the primary now.
    const primary = hasBegun(rotation.step) ? key.primary : rotation.from
    const from = await records.primary({ ...key, primary })
    const { incarnation } = this.#ring.authority.head.record
    return { key, rotation, to: to as VersionRecord, from, incarnation }
  }
}
