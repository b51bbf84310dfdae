import { contentContexts, type VersionContext } from '../access/content-contexts.ts'
import type { Environment } from '../access/environment.ts'
import type { RingAccess } from '../access/ring-access.ts'
import type { KeySlots, Slot } from '../crypto/key-slots.ts'
import { checkInfo } from '../envelope/labels.ts'
import { fromText, toText } from '../envelope/text.ts'
import { parseUuid } from '../envelope/uuid.ts'
import { prepareVersionKey, type VersionKey } from '../envelope/version-key.ts'
import { KmsError } from '../errors.ts'
import { versionId } from '../store/record-ids.ts'
import type { VersionRecord } from '../store/records.ts'
import { versionLabel } from './version-number.ts'

/** What a new version's record says, beside its material. */
export interface NewVersion {
  readonly key: string
  readonly number: number
  readonly time: number
  readonly reason: string
  /** `active`: the primary from now on. */
  readonly state: 'pre-active' | 'active'
}

/** A new version's record with material from the platform's CSPRNG, sealed to the ring. */
export function generateVersion(environment: Environment, access: RingAccess, of: NewVersion): VersionRecord {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(32))
  return sealVersion(environment, access, bytes, { ...of, origin: 'generated', method: "the platform's CSPRNG" })
}

/** A version's record with given material, 32 bytes, which are wiped. */
export function sealVersion(
  environment: Environment,
  access: RingAccess,
  bytes: Uint8Array,
  of: NewVersion & Pick<VersionRecord, 'origin' | 'method'>,
): VersionRecord {
  const { store, ring } = access.record
  const { slots } = environment
  const { key, number, time, reason, state, origin, method } = of
  const record = {
    kind: 'version',
    id: versionId(ring, key, number),
    revision: 1,
    store,
    ring,
    key,
    number,
    purpose: 'encrypt',
    spec: 'symmetric-256',
    state,
    previousState: '',
    primaryFrom: state === 'active' ? time : 0,
    primaryUntil: 0,
    compromisedSince: 0,
    destruction: [],
    created: time,
    changed: time,
    by: environment.caller,
    reason,
    origin,
    method,
    exportable: false,
    bits: 256,
  } as const
  const material = toText(
    access.sealing.sealHedged(environment.primitives, bytes, contentContexts.version(versionContext(record))),
  )
  const slot = slots.importKey(bytes)
  try {
    return { ...record, material, check: toText(keyCheck(slots, slot, key, number)) }
  } finally {
    slots.release(slot)
  }
}

/**
 * Brings a version's material into slots.
 * @param onSlots told how many slots the version takes beyond those it has when it is made
 * @throws `not-permitted`, `store-corrupt`, `limit-exceeded` where no slot is free
 */
export function loadVersion(
  environment: Environment,
  access: RingAccess,
  version: VersionRecord,
  onSlots: (change: number) => void,
): VersionKey {
  const { slots, primitives } = environment
  const { key, number } = version
  const envelope = fromText(version.material)
  // The envelope's header names the ring key's version (envelope v1 §Modes 0 and 1).
  const ringVersion = new DataView(envelope.buffer, envelope.byteOffset).getUint32(23)
  const ringKey = access.keys.get(ringVersion)
  if (ringKey === undefined) throw new KmsError('not-permitted', 'This root does not open the ring key of that time.')
  let material: Slot
  try {
    material = slots.importKey(ringKey.open(envelope, contentContexts.version(versionContext(version))))
  } catch (cause) {
    if (cause instanceof KmsError && cause.code === 'limit-exceeded') throw cause
    throw new KmsError(
      'store-corrupt',
      `The material of version ${versionLabel(number)} of key ${key} does not open. Restore a backup of the store.`,
      { cause, keyIds: [key] },
    )
  }
  try {
    if (!primitives.equal(keyCheck(slots, material, key, number), fromText(version.check))) {
      throw new KmsError('store-corrupt', `The material of key ${key} is not what its record says.`, { keyIds: [key] })
    }
    return prepareVersionKey(slots, material, { keyId: parseUuid(key), version: number, onSlots })
  } catch (error) {
    slots.release(material)
    throw error
  }
}

/** What a version's record knows its material by, 8 bytes. */
export function keyCheck(slots: KeySlots, material: Slot, key: string, number: number): Uint8Array {
  return slots.expand(material, checkInfo(parseUuid(key), number), 8)
}

/** The context that a version's material is sealed with. */
function versionContext(version: Omit<VersionRecord, 'material' | 'check'>): VersionContext {
  return {
    store: version.store,
    ring: version.ring,
    key: version.key,
    version: version.number,
    purpose: version.purpose,
    spec: version.spec,
    origin: version.origin,
    exportable: version.exportable,
  }
}
