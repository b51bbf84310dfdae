import { contentContexts, type VersionContext } from '../access/content-contexts.ts'
import type { Environment } from '../access/environment.ts'
import type { RingAccess } from '../access/ring-access.ts'
import type { Slot } from '../crypto/key-slots.ts'
import { fromText } from '../encoding/text.ts'
import { parseUuid } from '../encoding/uuid.ts'
import { prepareVersionKey, versionKeySlots } from '../envelope/version-key.ts'
import { KmsError } from '../errors.ts'
import { Secret } from '../secret.ts'
import type { VersionRecord } from '../store/records.ts'
import { versionLabel } from '../store/version-number.ts'
import { DerivationVersion } from './derivation-version.ts'
import { MacVersion } from './mac-version.ts'
import { keyCheck } from './material.ts'
import { PairVersion, type PairVersionParts } from './pair-version.ts'
import type { VersionInMemory } from './version-in-memory.ts'

/** Slots that a version takes when it is brought into memory. */
export const slotsTaken = (purpose: string): number =>
  purpose === 'encrypt' ? versionKeySlots : purpose === 'derive' ? 1 : 0

/**
 * Brings a version's material into memory.
 * @param onSlots told how many slots the version takes beyond those it has when it is made
 * @throws `not-permitted`, `store-corrupt`, `limit-exceeded` where no slot is free, `unsupported` for keys of other systems
 */
export function loadVersion(
  environment: Environment,
  access: RingAccess,
  version: VersionRecord,
  onSlots: (change: number) => void,
): VersionInMemory {
  const { key, number, purpose, spec, publicKey } = version
  if (purpose === 'sign' || purpose === 'agree' || purpose === 'transport') {
    const parts: PairVersionParts = {
      version: number,
      purpose,
      spec,
      publicKey: fromText(publicKey),
      crypto: environment.crypto,
    }
    const pair = new PairVersion(parts, () => openMaterial(environment, access, version))
    // What is not active yet is told to be in memory, so it must open.
    if (version.state === 'pre-active') void pair.material
    return pair
  }
  const secret = openMaterial(environment, access, version)
  switch (purpose) {
    case 'encrypt':
      if (spec !== 'symmetric-256') break
      return inSlot(environment, secret, (material) =>
        prepareVersionKey(environment.slots, material, { keyId: parseUuid(key), version: number, onSlots }),
      )
    case 'derive':
      return inSlot(
        environment,
        secret,
        (material) => new DerivationVersion(number, parseUuid(key), environment.slots, material),
      )
    case 'mac':
      return new MacVersion(number, spec, secret, environment.primitives)
  }
  secret.wipe()
  throw new KmsError('unsupported', `Nothing is done here with keys of spec ${spec}: they are kept for other systems.`)
}

/**
 * A version's material, opened and checked; the caller wipes it.
 * @throws `not-permitted`, `store-corrupt`
 */
export function openMaterial(environment: Environment, access: RingAccess, version: VersionRecord): Secret {
  const { key, number } = version
  const envelope = fromText(version.material)
  // The envelope's header names the ring key's version (envelope v1 §Modes 0 and 1).
  const ringVersion = new DataView(envelope.buffer, envelope.byteOffset).getUint32(23)
  const ringKey = access.keys.get(ringVersion)
  if (ringKey === undefined) throw new KmsError('not-permitted', 'This root does not open the ring key of that time.')
  let secret: Secret
  try {
    secret = Secret.take(ringKey.open(envelope, contentContexts.version(versionContext(version))))
  } catch (cause) {
    throw new KmsError(
      'store-corrupt',
      `The material of version ${versionLabel(number)} of key ${key} does not open. Restore a backup of the store.`,
      { cause, keyIds: [key] },
    )
  }
  if (environment.primitives.equal(keyCheck(environment, secret, version), fromText(version.check))) return secret
  secret.wipe()
  throw new KmsError('store-corrupt', `The material of key ${key} is not what its record says.`, { keyIds: [key] })
}

function inSlot<T extends VersionInMemory>(environment: Environment, secret: Secret, prepare: (slot: Slot) => T): T {
  const { slots } = environment
  let slot: Slot
  try {
    slot = slots.importKey(secret.reveal())
  } finally {
    secret.wipe()
  }
  try {
    return prepare(slot)
  } catch (error) {
    slots.release(slot)
    throw error
  }
}

/** The context that a version's material is sealed with. */
function versionContext(version: VersionRecord): VersionContext {
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
