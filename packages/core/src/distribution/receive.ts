import { freeIncarnation } from '../access/incarnation.ts'
import { signerFingerprint, type VerificationKey } from '../crypto/verification-key.ts'
import { toHex } from '../encoding/bytes.ts'
import { formatUuid, parseUuid } from '../encoding/uuid.ts'
import type { Opener } from '../envelope/recipient.ts'
import { KmsError } from '../errors.ts'
import { wipePackage } from '../key-packages/key-package.ts'
import { openKeyPackage } from '../key-packages/seal-package.ts'
import { type ChangeOptions, type KeyChanges, reasonOf } from '../keys/key-changes.ts'
import type { KeyInfo } from '../keys/key-info.ts'
import { keyExists } from '../keys/new-key.ts'
import type { RecipientKeyPair } from '../public-keys/key-pair.ts'
import type { VerificationKeyForm } from '../public-keys/verification-key-forms.ts'
import { invalidArgument } from '../refusals.ts'
import { checkName } from '../store/names.ts'
import { keyId, nameId } from '../store/record-ids.ts'
import { requestSubject } from '../store/request-subject.ts'
import { incarnationOf, versionLabel } from '../store/version-number.ts'
import type { Material } from '../versions/material.ts'
import { addressedTo, addresseeOf } from './addressee.ts'
import { checkPackage, readMaterials, wipeMaterials } from './received-package.ts'
import { furtherRecords, newRecords, type Receiving } from './received-records.ts'

export interface ReceiveOptions extends ChangeOptions {
  /** Whose signatures are accepted: verification keys, or their forms (`kmsvk1…`, PEM, JWK). */
  readonly from: VerificationKeyForm | readonly VerificationKeyForm[]
  /** What it was sealed to: the name of a key of this ring that agrees, or key pairs, which stay the caller's. */
  readonly with: string | RecipientKeyPair | readonly RecipientKeyPair[]
  /** Its name here; the sender's unless given, or the one that it has here already. */
  readonly as?: string
  /** What it must be for; any purpose unless given. */
  readonly purpose?: string
  /** What this ring is for: a package made for something else, or for anything where this says something, is refused. Nothing unless given. */
  readonly environment?: string
  readonly classification?: string
}

/** A key that was received, or got further versions. */
export interface ReceivedKey {
  readonly key: KeyInfo
  /** Labels of the versions that came in. */
  readonly versions: readonly string[]
  /** Which of the accepted signers sent it. */
  readonly sender: VerificationKey
}

/** `kms.keys.receive`. @param ringOpener opens what is sealed to a key of the ring */
export async function receiveKey(
  changes: KeyChanges,
  envelope: Uint8Array,
  options: ReceiveOptions,
  ringOpener: (name: string) => Promise<Opener>,
): Promise<ReceivedKey> {
  const { ring } = changes
  const { primitives, slots, crypto } = ring.environment
  ring.authority.checkAdministers()
  const reason = reasonOf(options)
  const accepted = Array.isArray(options.from)
    ? (options.from as VerificationKeyForm[])
    : [options.from as VerificationKeyForm]
  if (accepted.length === 0) throw invalidArgument('Give the keys of those who are accepted as senders.')
  const addressee = await addresseeOf(ring, options.with, ringOpener)
  const { package: received, signer: sender } = await openKeyPackage(envelope, {
    openers: addressee.openers,
    sent: { to: addressedTo(envelope, addressee), from: accepted },
    primitives,
    slots,
    crypto,
  })
  let materials: readonly Material[] = []
  try {
    const use = checkPackage(received, options)
    const key = formatUuid(parseUuid(received.key))
    await ring.authority.refresh()
    const there = await ring.authority.read('key', keyId(ring.access.record.ring, key))
    const name = checkName(options.as ?? there?.record.name ?? received.name)
    materials = await readMaterials(ring, { received, use })
    const signer = toHex(signerFingerprint(sender, primitives))
    const versions = await take(changes, key, { received, use, materials, name, reason, signer }, options.requestId)
    const { record } = await ring.records.byId(key)
    const info = changes.info(record, await ring.records.allVersions(record))
    changes.onChange('key.receive', info.name, info.id, info.primary ?? undefined)
    return { key: info, versions, sender }
  } finally {
    wipeMaterials(materials)
    wipePackage(received)
  }
}

/** Commits what came in: a new key, or versions of one that the same sender sent before. @returns labels of the versions */
async function take(
  { ring }: KeyChanges,
  key: string,
  of: Receiving,
  requestId: string | undefined,
): Promise<readonly string[]> {
  const { access, authority, environment, records } = ring
  const { received, name, reason, signer } = of
  const subject = requestSubject(environment.primitives, `${received.key} ${name}`, { signer, reason })
  const ids = { name: nameId(environment.primitives, access.record.ring, name), key: keyId(access.record.ring, key) }
  // A request that was done before brought in all of them.
  let made: readonly number[] = received.versions.map(({ number }) => number)
  await authority.commit(
    'key.receive',
    subject,
    requestId,
    async (there) => {
      const before = there.find(({ id }) => id === ids.key)
      let recordsMade: Awaited<ReturnType<typeof newRecords>>
      if (before === undefined) {
        if (there.length > 0) throw keyExists(name)
        recordsMade = await newRecords(ring, of)
      } else {
        const { record, revision } = await authority.open('key', before)
        if (record.name !== name) throw receivedAs(record.name, record.key)
        const versions = await records.allVersions(record)
        recordsMade = await furtherRecords(ring, of, { record, revision, versions })
        if (recordsMade.length === 0) throw nothingNew(record.name, record.key)
      }
      made = recordsMade.flatMap((one) => ('number' in one ? [one.number] : []))
      const incarnation = freeIncarnation(authority, made.map(incarnationOf))
      return { reason, records: recordsMade, ...(incarnation !== undefined && { incarnation }) }
    },
    () => [ids.name, ids.key],
  )
  // Handles of this process see the versions at once.
  await ring.renew()
  return made.map(versionLabel)
}

const receivedAs = (name: string, key: string): KmsError =>
  new KmsError(
    'key-exists',
    `The key was received before, as "${name}", and keeps that name: leave "as" out. kms key rename gives it another.`,
    {
      keyIds: [key],
    },
  )

const nothingNew = (name: string, key: string): KmsError =>
  new KmsError('key-exists', `All versions of "${name}" that were sent are here already. kms key show lists them.`, {
    keyIds: [key],
  })
