import { fromText } from '../encoding/text.ts'
import { formatUuid, parseUuid } from '../encoding/uuid.ts'
import { KmsError } from '../errors.ts'
import type { KeyPackage } from '../key-packages/key-package.ts'
import { withVersion } from '../keys/key-changes.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { refuseKnownMaterial } from '../keys/known-material.ts'
import { standardPolicy } from '../keys/rotation-policy.ts'
import { Secret } from '../secret.ts'
import { checkText } from '../store/names.ts'
import { keyId, nameId } from '../store/record-ids.ts'
import type { KeyRecord, NameRecord, VersionRecord } from '../store/records.ts'
import { versionLabel } from '../store/version-number.ts'
import { keyCheck, type Material } from '../versions/material.ts'
import { sealVersion } from '../versions/new-version.ts'
import type { Received } from './received-package.ts'

/** What is made of a package. */
export interface Receiving extends Received {
  /** One a version. */
  readonly materials: readonly Material[]
  readonly name: string
  readonly reason: string
  /** The sender's fingerprint. */
  readonly signer: string
}

/** The key under its own id, its versions under their own numbers: what the sender sealed opens here. */
export async function newRecords(
  ring: KeyRing,
  of: Receiving,
): Promise<readonly (NameRecord | KeyRecord | VersionRecord)[]> {
  const { environment, access } = ring
  const { store, ring: ringId } = access.record
  const { received, use, name } = of
  const time = environment.wall()
  const key = formatUuid(parseUuid(received.key))
  const primary = received.versions.find(({ state }) => state === 'active')
  const record: KeyRecord = {
    kind: 'key',
    id: keyId(ringId, key),
    revision: 1,
    store,
    ring: ringId,
    key,
    name,
    ...use,
    exportable: received.exportable,
    description: checkText(received.description, 'A description'),
    created: time,
    by: environment.caller,
    ...standardPolicy,
    primary: primary?.number ?? 0,
    primarySince: primary === undefined ? 0 : madeAt(primary.created, time),
    rotation: '',
    transitions: 0,
    newest: received.versions.map(({ number }) => number).slice(-64),
    made: received.versions.length,
  }
  const claim: NameRecord = {
    kind: 'name',
    id: nameId(environment.primitives, ringId, name),
    revision: 1,
    store,
    ring: ringId,
    key,
    name,
  }
  const versions: VersionRecord[] = []
  for (const [i, { state, created }] of received.versions.entries()) {
    const sealed = await sealReceived(ring, of, { key: { ...record, made: 0 }, index: i, time })
    const since = madeAt(created, time)
    const times = { created: since, primaryFrom: since }
    versions.push(
      state === 'active' ? { ...sealed, ...times } : { ...sealed, ...times, state: 'deactivated', primaryUntil: time },
    )
  }
  return [claim, record, ...versions]
}

/**
 * Versions that a key which was received before has not yet. The one that protects at the sender waits here, pre-active: who makes it the primary decides
 * that all who use the key have it. Versions that are here stay as they are.
 * @param there the key's record and all its versions
 * @returns the key's record and the new versions' records; nothing where there are none
 * @throws `key-exists` for a key that was made here or sent by another, `malformed` where a number has other material than here, `not-permitted`
 * for a version that may not be passed on, of a key that may; as `refuseKnownMaterial`
 */
export async function furtherRecords(
  ring: KeyRing,
  of: Receiving,
  there: { readonly record: KeyRecord; readonly revision: number; readonly versions: readonly VersionRecord[] },
): Promise<readonly (KeyRecord | VersionRecord)[]> {
  const { environment } = ring
  const { received, use, signer } = of
  const { record, versions } = there
  const same = record.purpose === use.purpose && record.spec === use.spec
  if (!same || !versions.some(({ method }) => method === sentBy(signer))) throw idExists(received)
  let key = record
  const further: VersionRecord[] = []
  const time = environment.wall()
  for (const [i, { number, state, created }] of received.versions.entries()) {
    const known = versions.find((one) => one.number === number)
    if (known !== undefined) {
      const check = keyCheck(environment, (of.materials[i] as Material).secret, known)
      if (environment.primitives.equal(check, fromText(known.check))) continue
      throw new KmsError(
        'malformed',
        `Version ${versionLabel(number)} of "${record.name}" has other material here than in the key package. Ask the sender, by another channel, what was sent.`,
      )
    }
    if (record.exportable && !received.exportable) {
      throw new KmsError(
        'not-permitted',
        `Versions of "${record.name}" may be given out, and that one may not. Ask for it again, to be passed on.`,
      )
    }
    const sealed = await sealReceived(ring, of, { key: record, index: i, time })
    const since = madeAt(created, time)
    further.push(
      state === 'active'
        ? { ...sealed, state: 'pre-active', created: since, primaryFrom: 0 }
        : { ...sealed, state: 'deactivated', created: since, primaryFrom: since, primaryUntil: time },
    )
    key = withVersion(key, number)
  }
  return further.length === 0 ? [] : [{ ...key, revision: there.revision + 1 }, ...further]
}

/** A version's record, as of one that is the primary. */
async function sealReceived(
  ring: KeyRing,
  { received, materials, reason, signer }: Receiving,
  { key, index, time }: { readonly key: KeyRecord; readonly index: number; readonly time: number },
): Promise<VersionRecord> {
  const { secret, publicKey } = materials[index] as Material
  await refuseKnownMaterial(ring, key, secret)
  // Built again where another process was first: a copy each time.
  const material = { secret: Secret.copy(secret.reveal()), publicKey }
  const { number } = received.versions[index] as KeyPackage['versions'][number]
  return sealVersion(ring.environment, ring.access, material, {
    key,
    number,
    time,
    reason,
    state: 'active',
    origin: 'imported',
    method: sentBy(signer),
  })
}

/** Periods count from when material was made, wherever that was; the word of a clock ahead of ours is not taken. */
const madeAt = (created: number, time: number): number => Math.min(created, time)

const sentBy = (signer: string): string => `sent by ${signer}`

const idExists = ({ key, name }: KeyPackage): KmsError =>
  new KmsError(
    'key-exists',
    `The id of the key "${name}" is that of a key which was made here, or sent by another. kms key list shows it.`,
    { keyIds: [key] },
  )
