import { fromText } from '../encoding/text.ts'
import { KmsError } from '../errors.ts'
import type { Secret } from '../secret.ts'
import { administeredRecords } from '../store/administered-records.ts'
import type { StoredRecord } from '../store/key-store.ts'
import { ringVersionPrefix, versionPrefix } from '../store/record-ids.ts'
import type { KeyRecord } from '../store/records.ts'
import { versionLabel } from '../store/version-number.ts'
import { keyCheck } from '../versions/material.ts'
import type { KeyRing } from './key-ring.ts'

/** Versions of other keys that given material is compared with, at most: each takes a fifth of a millisecond. */
const comparedVersions = 10_000
/** Verified at once, beside the main thread where there is a second one. */
const together = 100

/**
 * Refuses material that a version has already, by the check values in their records: what was compromised must not come back under
 * another number. It is compared with every version of its key, and with those of the ring's other keys as far as `comparedVersions`.
 * What was destroyed and never compromised may come again. Each record is verified first, whether or not it fits: whoever writes the
 * database could bring back what was compromised by another check value in its record, or by taking the record away.
 * @param key one without versions yet has the empty id
 * @throws `version-compromised`, `invalid-argument` for material in use, `store-corrupt` for a record that is not genuine, or missing
 */
export async function refuseKnownMaterial(
  ring: KeyRing,
  key: Pick<KeyRecord, 'key' | 'made' | 'name'>,
  material: Secret,
): Promise<void> {
  const { store } = ring.environment
  const { ring: ringUuid } = ring.access.record
  const own = versionPrefix(ringUuid, key.key)
  let versions = 0
  for await (const some of key.made === 0 ? [] : groups(administeredRecords(store, own))) {
    versions += some.length
    await refuseMaterialOf(ring, some, material)
  }
  if (versions < key.made) {
    throw new KmsError(
      'store-corrupt',
      `Records of versions of "${key.name}" are missing: ${key.made} were made, ${versions} are there. Nobody can say that the material is none of theirs. Restore a backup; kms doctor says more.`,
      { keyIds: [key.key] },
    )
  }
  let compared = 0
  for await (const some of groups(administeredRecords(store, ringVersionPrefix(ringUuid)))) {
    const others = some.filter(({ id }) => !id.startsWith(own)).slice(0, comparedVersions - compared)
    compared += others.length
    await refuseMaterialOf(ring, others, material)
    if (compared === comparedVersions) return
  }
}

async function refuseMaterialOf(
  { environment, authority, records }: KeyRing,
  stored: readonly StoredRecord[],
  material: Secret,
): Promise<void> {
  const { primitives } = environment
  for (const { record } of await Promise.all(stored.map((one) => authority.open('version', one)))) {
    const { key, number, check, compromisedSince, state } = record
    if (!primitives.equal(keyCheck(environment, material, record), fromText(check))) continue
    const { name } = (await records.byId(key)).record
    const what = `The material is that of version ${versionLabel(number)} of "${name}"`
    if (compromisedSince > 0) {
      throw new KmsError('version-compromised', `${what}, which was compromised. Make new material.`)
    }
    if (state !== 'destroyed') throw new KmsError('invalid-argument', `${what}. Make new material.`)
  }
}

async function* groups(all: AsyncIterable<StoredRecord>): AsyncGenerator<readonly StoredRecord[]> {
  let group: StoredRecord[] = []
  for await (const one of all) {
    group.push(one)
    if (group.length < together) continue
    yield group
    group = []
  }
  if (group.length > 0) yield group
}
