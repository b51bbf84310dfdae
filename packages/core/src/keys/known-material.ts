import { fromText } from '../envelope/text.ts'
import { KmsError } from '../errors.ts'
import type { Secret } from '../secret.ts'
import { administeredRecords } from '../store/administered-records.ts'
import { ringVersionPrefix, versionPrefix } from '../store/record-ids.ts'
import type { KeyRecord } from '../store/records.ts'
import { readStored } from '../store/signed-record.ts'
import type { KeyRing } from './key-ring.ts'
import { keyCheck } from './version-material.ts'
import { versionLabel } from './version-number.ts'

/** Versions of other keys that given material is compared with, at most: each takes a tenth of a millisecond. */
const comparedVersions = 10_000

/**
 * Refuses material that a version has already, by the check values in their records: what was compromised must not come back under
 * another number. It is compared with every version of its key, and with those of the ring's other keys as far as `comparedVersions`.
 * What was destroyed and never compromised may come again.
 * @throws `version-compromised`, `invalid-argument` for material in use
 */
export async function refuseKnownMaterial(ring: KeyRing, key: KeyRecord, material: Secret): Promise<void> {
  const { environment, access, authority, records } = ring
  const { store, primitives } = environment
  const own = versionPrefix(access.record.ring, key.key)
  for (const [prefix, limit] of [
    [own, Number.POSITIVE_INFINITY],
    [ringVersionPrefix(access.record.ring), comparedVersions],
  ] as const) {
    let compared = 0
    for await (const stored of administeredRecords(store, prefix)) {
      if (prefix !== own && stored.id.startsWith(own)) continue
      if (++compared > limit) break
      // Signatures cost a hundred times as much as this: one that fits is verified.
      const read = readStored('version', stored).record
      if (!primitives.equal(keyCheck(environment, material, read), fromText(read.check))) continue
      const { record } = await authority.open('version', stored)
      const { name } = (await records.byId(record.key)).record
      const what = `The material is that of version ${versionLabel(record.number)} of "${name}"`
      if (record.compromisedSince > 0) {
        throw new KmsError('version-compromised', `${what}, which was compromised. Make new material.`)
      }
      if (record.state !== 'destroyed') throw new KmsError('invalid-argument', `${what}. Make new material.`)
    }
  }
}
