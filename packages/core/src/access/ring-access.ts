import { SigningKey, VerifyingKey } from '../crypto/signing.ts'
import { fromText, toText } from '../encoding/text.ts'
import { parseUuid } from '../encoding/uuid.ts'
import { openEnvelope } from '../envelope/envelope.ts'
import type { Opener } from '../envelope/recipient.ts'
import { prepareRecordKey, type RecordKey } from '../envelope/record.ts'
import { KmsError } from '../errors.ts'
import { administeredRecords } from '../store/administered-records.ts'
import { ringId, ringNameId, ringPrefix } from '../store/record-ids.ts'
import type { RingRecord } from '../store/records.ts'
import { openRecord } from '../store/signed-record.ts'
import { contentContexts } from './content-contexts.ts'
import type { Environment } from './environment.ts'
import { decodeRingAdminister, decodeRingUse } from './ring-secrets.ts'
import type { StoreAccess } from './store-access.ts'

/** What a root gives of a ring. */
export interface RingAccess {
  readonly record: RingRecord
  readonly verifyingKey: VerifyingKey
  /** Absent where the root may use the ring but not administer it. */
  readonly signingKey: SigningKey | undefined
  /** Signs what sessions write. */
  readonly logKey: SigningKey
  /** The ring key's versions: each seals and opens the material of key versions (content 1, mode 0). */
  readonly keys: ReadonlyMap<number, RecordKey>
  /** The newest, which seals. */
  readonly sealing: RecordKey
  release(): void
}

/** All rings' records, verified. */
export async function readRings(environment: Environment, access: StoreAccess): Promise<readonly RingRecord[]> {
  const by = { key: access.verifyingKey, store: access.record.store }
  const rings: RingRecord[] = []
  for await (const stored of administeredRecords(environment.store, ringPrefix)) {
    rings.push((await openRecord('ring', stored, by)).record)
  }
  return rings
}

/** A ring's record by name. @throws `ring-not-found` */
export async function readRing(environment: Environment, access: StoreAccess, name: string): Promise<RingRecord> {
  const by = { key: access.verifyingKey, store: access.record.store }
  const [claim] = await environment.store.read([ringNameId(environment.primitives, name)])
  if (claim !== undefined) {
    const { record } = await openRecord('ring-name', claim, by)
    const [stored] = await environment.store.read([ringId(record.ring)])
    if (stored !== undefined && record.name === name) return (await openRecord('ring', stored, by)).record
  }
  throw await ringNotFound(environment, access, name)
}

/** Says which rings there are: whoever opens a store by a name it does not have could not list them. */
async function ringNotFound(environment: Environment, access: StoreAccess, name: string): Promise<KmsError> {
  const names = (await readRings(environment, access)).map((ring) => `"${ring.name}"`)
  const shown = names.length > 10 ? [...names.slice(0, 10), `${names.length - 10} more`] : names
  const are = names.length === 1 ? 'is' : 'are'
  return new KmsError(
    'ring-not-found',
    `There is no key ring "${name}" in this store. There ${are} ${shown.join(', ')}.`,
  )
}

/**
 * Opens a ring: the one named, or with an application's root the one it was granted, or `default`, or the store's first.
 * @throws `ring-not-found`, `not-permitted` if the root opens another ring only, `authentication-failed` for a root that opens
 * nothing here, `store-corrupt`
 */
export async function accessRing(
  environment: Environment,
  access: StoreAccess,
  name: string | undefined,
): Promise<RingAccess> {
  if (name !== undefined || access.owner !== undefined) {
    const record = name === undefined ? await firstRing(environment, access) : await readRing(environment, access, name)
    const ring = await openRing(environment, access, record)
    if (ring !== undefined) return ring
    throw new KmsError(
      'not-permitted',
      `The root given does not open the ring "${record.name}". Ask for a grant: kms ring grant.`,
    )
  }
  for (const record of await readRings(environment, access)) {
    const ring = await openRing(environment, access, record)
    if (ring !== undefined) return ring
  }
  throw new KmsError(
    'authentication-failed',
    'The root opens neither this store nor any of its rings. Check which store and which root: kms config shows both.',
  )
}

/** The ring of a store that names none: `default`, or the one that the store began with. */
async function firstRing(environment: Environment, access: StoreAccess): Promise<RingRecord> {
  const rings = await readRings(environment, access)
  const [oldest] = [...rings].sort((a, b) => a.created - b.created)
  const ring = rings.find(({ name }) => name === 'default') ?? oldest
  if (ring !== undefined) return ring
  throw new KmsError('store-corrupt', 'The store holds no key ring. Restore a backup.')
}

async function openRing(
  environment: Environment,
  access: StoreAccess,
  record: RingRecord,
): Promise<RingAccess | undefined> {
  const { primitives, slots, crypto } = environment
  const { store, ring } = record
  const opener: Opener = access.owner?.storeKey.opener ?? access.rootOpener
  const parts = { primitives, crypto }
  const keys = new Map<number, RecordKey>()
  const release = (): void => {
    for (const key of keys.values()) key.release()
    keys.clear()
  }
  try {
    let logKey: SigningKey | undefined
    let signingKey: SigningKey | undefined
    for (const [index, version] of record.versions.entries()) {
      const use = await unwrap(record.use[index], version, 'use')
      if (use === undefined) continue
      const secrets = await decodeRingUse(use, { store, ring, version }, parts).finally(() => use.fill(0))
      if (toText(secrets.administration) !== access.record.administration || toText(secrets.logKey) !== record.logKey) {
        throw mixed()
      }
      try {
        const material = slots.importKey(secrets.ringKey.reveal())
        try {
          keys.set(version, prepareRecordKey(slots, material, { keyId: parseUuid(ring), version, content: 1 }))
        } finally {
          slots.release(material)
        }
        logKey = await SigningKey.fromSeed(secrets.logSeed, secrets.logKey, crypto)
      } finally {
        secrets.ringKey.wipe()
        secrets.logSeed.wipe()
      }
      const administer = await unwrap(record.administer[index], version, 'administer')
      if (administer === undefined) continue
      const { administrationSeed, administration } = await decodeRingAdminister(
        administer,
        { store, ring, version },
        fromText(access.record.administration),
        parts,
      ).finally(() => administer.fill(0))
      if (toText(administration) !== record.administration) throw mixed()
      signingKey = await SigningKey.fromSeed(administrationSeed, administration, crypto)
      administrationSeed.wipe()
    }
    const sealing = [...keys.values()].at(-1)
    if (sealing === undefined || logKey === undefined) return undefined
    const verifyingKey = await VerifyingKey.fromRaw(fromText(record.administration), crypto)
    return { record, verifyingKey, signingKey, logKey, keys, sealing, release }
  } catch (error) {
    release()
    throw error
  }

  /** @returns undefined where the envelope is not for this root */
  async function unwrap(
    envelope: string | undefined,
    version: number,
    rights: 'use' | 'administer',
  ): Promise<Uint8Array | undefined> {
    if (envelope === undefined) throw mixed()
    const context = contentContexts.ring(store, ring, version, rights)
    try {
      return await openEnvelope(fromText(envelope), { content: 6, context, openers: [opener], primitives, slots })
    } catch (error) {
      // A password root names nobody: an application's password does not open the other rings.
      if (error instanceof KmsError && error.code === 'no-matching-key') return undefined
      throw error
    }
  }
}

const mixed = (): KmsError =>
  new KmsError('store-corrupt', 'A ring holds keys that its record does not name. Restore a backup of the store.')
