import { freeIncarnation } from '../access/incarnation.ts'
import { signerFingerprint, type VerificationKey } from '../crypto/verification-key.ts'
import { sameBytes, toHex } from '../encoding/bytes.ts'
import { fromText } from '../encoding/text.ts'
import { formatUuid, parseUuid } from '../encoding/uuid.ts'
import { parseHeader } from '../envelope/header.ts'
import type { Opener } from '../envelope/recipient.ts'
import { readRecipient } from '../envelope/recipient-layouts.ts'
import { keyPairOpener } from '../envelope/recipients/public-key.ts'
import { KmsError } from '../errors.ts'
import { type KeyPackage, wipePackage } from '../key-packages/key-package.ts'
import { openKeyPackage } from '../key-packages/seal-package.ts'
import { publicFingerprint } from '../key-pairs/public-fingerprint.ts'
import { type ChangeOptions, type KeyChanges, reasonOf } from '../keys/key-changes.ts'
import type { KeyInfo } from '../keys/key-info.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { refuseKnownMaterial } from '../keys/known-material.ts'
import { keyExists } from '../keys/new-key.ts'
import { standardPolicy } from '../keys/rotation-policy.ts'
import type { RecipientKeyPair } from '../public-keys/key-pair.ts'
import type { VerificationKeyForm } from '../public-keys/verification-key-forms.ts'
import { invalidArgument } from '../refusals.ts'
import { Secret } from '../secret.ts'
import { type PurposeAndSpec, purposeAndSpec } from '../specs/key-specs.ts'
import { checkName, checkText } from '../store/names.ts'
import { keyId, nameId } from '../store/record-ids.ts'
import type { KeyRecord, NameRecord, VersionRecord } from '../store/records.ts'
import { requestSubject } from '../store/request-subject.ts'
import { incarnationOf } from '../store/version-number.ts'
import { readGiven } from '../versions/given-material.ts'
import { type Material, sealVersion } from '../versions/version-material.ts'
import { recordedMaterial } from './packaged-forms.ts'

export interface ReceiveOptions extends ChangeOptions {
  /** Whose signatures are accepted: verification keys, or their forms (`kmsvk1…`, PEM, JWK). */
  readonly from: VerificationKeyForm | readonly VerificationKeyForm[]
  /** What it was sealed to: the name of a key of this ring that agrees, or key pairs, which stay the caller's. */
  readonly with: string | RecipientKeyPair | readonly RecipientKeyPair[]
  /** Its name here; the sender's unless given. */
  readonly as?: string
  /** What it must be for; any purpose unless given. */
  readonly purpose?: string
  /** What this ring is for: a package made for something else, or for anything where this says something, is refused. Nothing unless given. */
  readonly environment?: string
  readonly classification?: string
}

/** A key that was received. */
export interface ReceivedKey {
  readonly key: KeyInfo
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
  const { openers, fingerprints } = await recipientOf(ring, options.with, ringOpener)
  const { package: received, signer: sender } = await openKeyPackage(envelope, {
    openers,
    sent: { to: addressee(envelope, fingerprints), from: accepted },
    primitives,
    slots,
    crypto,
  })
  let materials: readonly Material[] = []
  try {
    const use = checkPackage(received, options)
    const name = checkName(options.as ?? received.name)
    materials = await readMaterials(ring, { received, use })
    const made = { received, use, materials, name, reason, signer: toHex(signerFingerprint(sender, primitives)) }
    const subject = requestSubject(primitives, `${received.key} ${name}`, { signer: made.signer, reason })
    const ids = [nameId(primitives, ring.access.record.ring, name), keyId(ring.access.record.ring, received.key)]
    await ring.authority.commit(
      'key.receive',
      subject,
      options.requestId,
      async (there) => {
        if (there.some(({ id }) => id === ids[0])) throw keyExists(name)
        if (there.length > 0) throw idExists(received)
        const records = await newRecords(ring, made)
        const incarnation = freeIncarnation(
          ring.authority,
          received.versions.map(({ number }) => incarnationOf(number)),
        )
        return { reason, records, ...(incarnation !== undefined && { incarnation }) }
      },
      () => ids,
    )
    const { record } = await ring.records.byId(received.key)
    const info = changes.info(record, await ring.records.allVersions(record))
    changes.onChange('key.receive', info.name, info.id, info.primary ?? undefined)
    return { key: info, sender }
  } finally {
    wipeMaterials(materials)
    wipePackage(received)
  }
}

/** What opens, and the fingerprints of its public keys. */
async function recipientOf(
  ring: KeyRing,
  given: ReceiveOptions['with'],
  ringOpener: (name: string) => Promise<Opener>,
): Promise<{ readonly openers: readonly Opener[]; readonly fingerprints: readonly Uint8Array[] }> {
  if (typeof given !== 'string') {
    const pairs = Array.isArray(given) ? (given as readonly RecipientKeyPair[]) : [given as RecipientKeyPair]
    if (pairs.length === 0) throw invalidArgument('Give the key pair that it was sealed to.')
    const openers = pairs.map((pair) => keyPairOpener(pair, ring.environment))
    return { openers, fingerprints: pairs.map(({ publicKey }) => publicKey.fingerprint) }
  }
  await ring.authority.refresh()
  const { record } = await ring.records.byName(checkName(given))
  const { purpose, spec } = record
  if (purpose !== 'agree') {
    throw invalidArgument(`Nothing is sealed to the public half of "${record.name}": it is no key to agree.`)
  }
  const fingerprints: Uint8Array[] = []
  for (const { publicKey } of await ring.records.allVersions(record)) {
    fingerprints.push(await publicFingerprint(purpose, spec, fromText(publicKey)))
  }
  return { openers: [await ringOpener(record.name)], fingerprints }
}

/** Which of the recipient's own keys the package is for. @throws `no-matching-key`, `malformed` */
function addressee(envelope: Uint8Array, fingerprints: readonly Uint8Array[]): string {
  const header = parseHeader(envelope)
  for (const stanza of header.mode === 2 ? header.recipients : []) {
    const fields = readRecipient(stanza)
    if (typeof fields === 'string' || (fields.name !== 'hpke' && fields.name !== 'rsa-oaep')) continue
    const own = fingerprints.find((one) => sameBytes(one, fields.keyId))
    if (own !== undefined) return toHex(own)
  }
  throw new KmsError('no-matching-key', 'The key package is for somebody else: none of these keys is its recipient.')
}

/** @throws `not-permitted` for a package that is not for this ring, `unsupported`, `malformed` */
function checkPackage(received: KeyPackage, options: ReceiveOptions): PurposeAndSpec {
  const { purpose, environment = '', classification = '' } = options
  if (purpose !== undefined && received.purpose !== purpose) {
    throw new KmsError('not-permitted', 'The key that was sent is for another purpose than the one asked for.')
  }
  const bound = [
    ['environment', received.environment, checkText(environment, 'An environment')],
    ['classification', received.classification, checkText(classification, 'A classification')],
  ] as const
  for (const [what, theirs, ours] of bound) {
    if (theirs === ours) continue
    throw new KmsError(
      'not-permitted',
      theirs === ''
        ? `The key that was sent names no ${what}, and one was asked for. Ask the sender for it again, with it.`
        : `The key was sent for another ${what} than ${ours === '' ? 'none, as it was said here' : 'the one asked for'}: receive it where it belongs.`,
    )
  }
  try {
    parseUuid(received.key)
    return purposeAndSpec(received.purpose, received.spec)
  } catch (cause) {
    throw new KmsError('unsupported', 'The key that was sent is of a purpose or spec this release does not know.', {
      cause,
    })
  }
}

/** A package whose purpose and spec are known. */
interface Received {
  readonly received: KeyPackage
  readonly use: PurposeAndSpec
}

/** What is made of a package. */
interface Receiving extends Received {
  /** One a version. */
  readonly materials: readonly Material[]
  readonly name: string
  readonly reason: string
  /** The sender's fingerprint. */
  readonly signer: string
}

/**
 * The materials as records have them, each of its spec, not to be guessed as far as one sees, there once, and of a pair with its own public half.
 * @returns the caller's to wipe
 * @throws `weak-key`, `invalid-argument`, `malformed`
 */
async function readMaterials({ environment }: KeyRing, { received, use }: Received): Promise<readonly Material[]> {
  const { versions } = received
  const numbers = new Set(versions.map(({ number }) => number))
  const states = versions.map(({ state }) => state)
  const known = states.every((state) => state === 'active' || state === 'deactivated')
  const wellNumbered = versions.every(({ number }) => number <= 0xffff_ffff && number % 0x10000 > 0)
  if (
    numbers.size < versions.length ||
    !wellNumbered ||
    !known ||
    states.filter((one) => one === 'active').length > 1
  ) {
    throw new KmsError('malformed', 'The versions in the key package do not make one key. Ask for another package.')
  }
  const read: Material[] = []
  try {
    for (const version of versions) {
      const { secret, publicKey } = recordedMaterial(use.purpose, use.spec, version)
      try {
        const material = await readGiven(environment, use, secret.reveal(), {})
        read.push(material)
        if (!sameBytes(material.publicKey, publicKey)) {
          throw invalidArgument('A private half in the key package does not belong to its public half.')
        }
      } finally {
        secret.wipe()
      }
    }
    for (const [i, { secret }] of read.entries()) {
      if (read.slice(0, i).some((other) => environment.primitives.equal(other.secret.reveal(), secret.reveal()))) {
        throw invalidArgument('Two versions in the key package have the same material.')
      }
    }
    return read
  } catch (error) {
    wipeMaterials(read)
    throw error
  }
}

function wipeMaterials(materials: readonly Material[]): void {
  for (const { secret } of materials) secret.wipe()
}

/** The key under its own id, its versions under their own numbers: what the sender sealed opens here. */
async function newRecords(ring: KeyRing, of: Receiving): Promise<readonly (NameRecord | KeyRecord | VersionRecord)[]> {
  const { environment, access } = ring
  const { store, ring: ringId } = access.record
  const { received, use, name, reason, signer } = of
  const time = environment.wall()
  const key = formatUuid(parseUuid(received.key))
  // Periods count from when material was made, wherever that was; the word of a clock ahead of ours is not taken.
  const madeAt = (created: number): number => Math.min(created, time)
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
    primarySince: primary === undefined ? 0 : madeAt(primary.created),
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
  for (const [i, { state, number, created }] of received.versions.entries()) {
    const { secret, publicKey } = of.materials[i] as Material
    await refuseKnownMaterial(ring, { ...record, made: 0 }, secret)
    // Built again where another process was first: a copy each time.
    const material = { secret: Secret.copy(secret.reveal()), publicKey }
    const sealed = sealVersion(environment, access, material, {
      key: record,
      number,
      time,
      reason,
      state: 'active',
      origin: 'imported',
      method: `sent by ${signer}`,
    })
    const since = madeAt(created)
    versions.push(
      state === 'active'
        ? { ...sealed, created: since, primaryFrom: since }
        : { ...sealed, state: 'deactivated', created: since, primaryFrom: since, primaryUntil: time },
    )
  }
  return [claim, record, ...versions]
}

const idExists = ({ key, name }: KeyPackage): KmsError =>
  new KmsError(
    'key-exists',
    `The key "${name}" was received before, or is this ring's own: its id is taken. kms key list shows it.`,
    { keyIds: [key] },
  )
