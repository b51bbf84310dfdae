import { contentContexts, type VersionContext } from '../access/content-contexts.ts'
import type { Environment } from '../access/environment.ts'
import type { RingAccess } from '../access/ring-access.ts'
import type { Slot } from '../crypto/key-slots.ts'
import { freshBytes, type RandomBytes } from '../crypto/random-bytes.ts'
import { fromText, toText } from '../encoding/text.ts'
import { parseUuid } from '../encoding/uuid.ts'
import { checkInfo } from '../envelope/labels.ts'
import { hedgeLength } from '../envelope/salts.ts'
import { prepareVersionKey, versionKeySlots } from '../envelope/version-key.ts'
import { KmsError } from '../errors.ts'
import { generatePair } from '../key-pairs/generate-pair.ts'
import { Secret } from '../secret.ts'
import { keySpecEntry, type PurposeAndSpec } from '../specs/key-specs.ts'
import { versionId } from '../store/record-ids.ts'
import type { KeyRecord, VersionRecord } from '../store/records.ts'
import { versionLabel } from '../store/version-number.ts'
import { DerivationVersion } from './derivation-version.ts'
import { MacVersion } from './mac-version.ts'
import { PairVersion, type PairVersionParts } from './pair-version.ts'
import type { VersionInMemory } from './version-in-memory.ts'

/** What a version is made of: bytes of a symmetric key, or both halves of a pair. */
export interface Material {
  /** As its envelope holds it: raw bytes, or PKCS#8 in DER, of X-Wing its seed. Wiped by whoever takes it. */
  readonly secret: Secret
  /** Empty of symmetric keys. */
  readonly publicKey: Uint8Array
}

/** What a new version's record says, beside its material. */
export interface NewVersion {
  readonly key: Pick<KeyRecord, 'key' | 'purpose' | 'spec' | 'exportable'>
  readonly number: number
  readonly time: number
  readonly reason: string
  /** `active`: the primary from now on. */
  readonly state: 'pre-active' | 'active'
  /** Where random bytes come from: the platform, unless given. */
  readonly random?: RandomBytes | undefined
}

/** Whether keys of a spec are pairs. */
export const isPair = (spec: string): boolean => !/^(symmetric|hmac)-/.test(spec)

const nothing = new Uint8Array(0)

/** Material from the platform's CSPRNG. @throws `unsupported` where the platform lacks the algorithm of a pair */
async function generateMaterial(
  environment: Environment,
  { purpose, spec }: PurposeAndSpec,
  random: RandomBytes = freshBytes,
): Promise<Material> {
  if (isPair(spec)) {
    const { material, publicKey } = await generatePair({ purpose: purpose as 'sign', spec }, environment.crypto)
    return { secret: material, publicKey }
  }
  return { secret: Secret.take(random(keySpecEntry(spec).bits / 8)), publicKey: nothing }
}

/**
 * Material for one new version, made once however many attempts its commit takes: an RSA pair takes seconds, in which others commit. Wiped by whoever made it.
 */
export class FreshMaterial {
  #made: Promise<Material> | undefined

  /** A copy, for whoever seals it. @throws as `generateMaterial` */
  async copy(environment: Environment, use: PurposeAndSpec): Promise<Material> {
    this.#made ??= generateMaterial(environment, use)
    const { secret, publicKey } = await this.#made
    return { secret: Secret.copy(secret.reveal()), publicKey }
  }

  wipe(): void {
    this.#made?.then(
      ({ secret }) => secret.wipe(),
      () => {},
    )
  }
}

/**
 * A new version's record with material from the platform's CSPRNG, sealed to the ring.
 * @param fresh where the commit may be tried again
 * @throws as `generateMaterial`
 */
export async function generateVersion(
  environment: Environment,
  access: RingAccess,
  of: NewVersion,
  fresh?: FreshMaterial,
): Promise<VersionRecord> {
  const use = of.key as PurposeAndSpec
  const material = await (fresh?.copy(environment, use) ?? generateMaterial(environment, use, of.random))
  return sealVersion(environment, access, material, { ...of, origin: 'generated', method: "the platform's CSPRNG" })
}

/** A version's record with given material, which is wiped. */
export function sealVersion(
  environment: Environment,
  access: RingAccess,
  { secret, publicKey }: Material,
  of: NewVersion & Pick<VersionRecord, 'origin' | 'method'>,
): VersionRecord {
  const { store, ring } = access.record
  const { number, time, reason, state, origin, method, random = freshBytes } = of
  const { key, purpose, spec, exportable } = of.key
  const context = contentContexts.version({ store, ring, key, version: number, purpose, spec, origin, exportable })
  const { primitives } = environment
  try {
    return {
      kind: 'version',
      id: versionId(ring, key, number),
      revision: 1,
      store,
      ring,
      key,
      number,
      purpose,
      spec,
      state,
      previousState: '',
      primaryFrom: state === 'active' ? time : 0,
      primaryUntil: 0,
      compromisedSince: 0,
      destruction: [],
      material: toText(access.sealing.sealHedged(primitives, secret.reveal(), context, random(hedgeLength))),
      publicKey: toText(publicKey),
      check: toText(keyCheck(environment, secret, { key, number })),
      created: time,
      changed: time,
      by: environment.caller,
      reason,
      origin,
      method,
      exportable,
      bits: keySpecEntry(spec).bits,
    }
  } finally {
    secret.wipe()
  }
}

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

/** What a version's record knows its material by, 8 bytes (contents-v1 §Check values). */
export function keyCheck(
  { primitives }: Pick<Environment, 'primitives'>,
  material: Secret,
  { key, number }: Pick<VersionRecord, 'key' | 'number'>,
): Uint8Array {
  // Macs are made of nothing that begins as this does (`protocolLabel`), so none meets what is written down here.
  return primitives.hkdfExpand('SHA-512', material.reveal(), checkInfo(parseUuid(key), number), 8)
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
