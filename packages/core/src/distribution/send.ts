import type { Signer } from '../crypto/signing.ts'
import { signerFingerprint } from '../crypto/verification-key.ts'
import { toHex } from '../encoding/bytes.ts'
import { publicKeyRecipient } from '../envelope/recipients/public-key.ts'
import { KmsError } from '../errors.ts'
import { type PackagedVersion, wipePackage } from '../key-packages/key-package.ts'
import { sealKeyPackage } from '../key-packages/seal-package.ts'
import { type Distribution, distributionOf } from '../keys/distributions.ts'
import { type ChangeOptions, reasonOf } from '../keys/key-changes.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { standingOf } from '../keys/version-change.ts'
import { checkProcesses } from '../specs/version-states.ts'
import { checkName, checkText } from '../store/names.ts'
import { distributionId } from '../store/record-ids.ts'
import type { DistributionRecord, KeyRecord, VersionRecord } from '../store/records.ts'
import { requestSubject } from '../store/request-subject.ts'
import { parseVersionLabel, versionLabel } from '../store/version-number.ts'
import { openMaterial } from '../versions/load-version.ts'
import { packagedVersion } from './packaged-forms.ts'
import { type SendTo, type VerifiedRecipient, verifiedRecipient } from './recipient.ts'

export interface SendOptions extends ChangeOptions {
  /** A public key with the fingerprint that its owner said, or a verified certificate. */
  readonly to: SendTo
  /** Who sends it: the signer of a managed key (`kms.use(…, { purpose: 'sign' })`), or of a key pair. */
  readonly from: Signer
  /** Labels or numbers; the primary unless given. */
  readonly versions?: readonly (string | number)[] | 'all'
  /** What it may be used in, which the recipient's program compares with its own: up to 2,000 characters each; nothing unless given. */
  readonly environment?: string
  readonly classification?: string
  /** Whether the recipient may send it on, or export it; false unless given. */
  readonly passOn?: boolean
}

/** A key on its way. */
export interface SentKey {
  /** The package, sealed to the recipient and signed (contents-v1 §Key packages): it may go over any channel. */
  readonly envelope: Uint8Array
  /** What was recorded of it. */
  readonly distribution: Distribution
}

/** Versions of one package. */
const packageVersions = 255

/** `kms.keys.send`. */
export async function sendKey(ring: KeyRing, name: string, options: SendOptions): Promise<SentKey> {
  const { environment, access, authority, records } = ring
  const checked = checkName(name)
  const reason = reasonOf(options)
  const restriction = {
    environment: checkText(options.environment ?? '', 'An environment'),
    classification: checkText(options.classification ?? '', 'A classification'),
  }
  authority.checkAdministers()
  const { from, passOn = false, versions: asked } = options
  const chosen = asked === undefined || asked === 'all' ? asked : asked.map(parseVersionLabel)
  const recipient = await verifiedRecipient(options.to, new Date(environment.wall()))
  const signer = toHex(signerFingerprint(from, environment.primitives))
  const request = options.requestId ?? globalThis.crypto.randomUUID()
  const distribution = globalThis.crypto.randomUUID()
  const subject = requestSubject(environment.primitives, checked, {
    versions: typeof chosen === 'string' ? chosen : chosen?.join(),
    recipient: recipient.fingerprint,
    signer,
    ...restriction,
    passOn,
    reason,
  })
  let sent: SentKey | undefined
  await authority.commit('key.send', subject, request, async () => {
    const { record: key, revision } = await records.byName(checked)
    const versions = await versionsToSend(ring, key, chosen)
    const record: DistributionRecord = {
      kind: 'distribution',
      id: distributionId(access.record.ring, key.key, distribution),
      revision: 1,
      store: access.record.store,
      ring: access.record.ring,
      key: key.key,
      distribution,
      versions: versions.map(({ number }) => number),
      recipient: recipient.fingerprint,
      recipientName: recipient.name,
      certificate: recipient.certificate,
      signer,
      ...restriction,
      reason,
      time: environment.wall(),
      by: environment.caller,
    }
    // Nothing is given out before this is committed; what is sealed is what the records say at that moment, or it is done again.
    sent = {
      envelope: await seal(ring, { key, versions, record, recipient, from, passOn }),
      distribution: distributionOf(record),
    }
    const expect = [{ id: key.id, revision }, ...versions.map((one) => ({ id: one.id, revision: one.revision }))]
    return { reason, records: [record], expect, outcome: distribution }
  })
  const recorded = (await authority.outcomeOf(request)) ?? distribution
  return sent !== undefined && recorded === distribution
    ? sent
    : sendAgain(ring, checked, recorded, { recipient, from, passOn })
}

/** A request that was done before: what its record names is sealed again, if it may still be. */
async function sendAgain(
  ring: KeyRing,
  name: string,
  distribution: string,
  how: Pick<ToSeal, 'recipient' | 'from' | 'passOn'>,
): Promise<SentKey> {
  const { access, authority, records } = ring
  const { record: key } = await records.byName(name)
  const found = await authority.read('distribution', distributionId(access.record.ring, key.key, distribution))
  if (found === undefined)
    throw new KmsError('store-corrupt', 'The record of that sending is missing. Restore a backup.')
  const { record } = found
  const versions = await versionsToSend(ring, key, record.versions)
  return { envelope: await seal(ring, { key, versions, record, ...how }), distribution: distributionOf(record) }
}

/** @throws `not-permitted`, `no-primary-version`, `version-lost`, `limit-exceeded`, and what a version's state refuses */
async function versionsToSend(
  { records }: KeyRing,
  key: KeyRecord,
  chosen: readonly number[] | 'all' | undefined,
): Promise<readonly VersionRecord[]> {
  if (!key.exportable) {
    throw new KmsError(
      'not-permitted',
      `"${key.name}" was not made to be given out, and that is for good. Make a key with exportable: true (kms key create --exportable) and send that.`,
      { keyIds: [key.key] },
    )
  }
  if (chosen === undefined && key.primary === 0) {
    throw new KmsError('no-primary-version', `"${key.name}" has no version that protects new data. Name the versions.`)
  }
  const all = await records.allVersions(key)
  const wanted = chosen === 'all' ? undefined : new Set(chosen ?? [key.primary])
  if (wanted !== undefined) await records.namedVersions(key, [...wanted])
  const processing = (one: VersionRecord): boolean => {
    if (wanted !== undefined) return wanted.has(one.number)
    const { scheduled, state } = standingOf(one)
    return !scheduled && (state === 'active' || state === 'deactivated')
  }
  const found = all.filter(processing)
  for (const one of found) checkProcesses(standingOf(one), key.name, versionLabel(one.number))
  if (found.length === 0) throw new KmsError('invalid-argument', `"${key.name}" has no version that may be sent.`)
  if (found.length > packageVersions) {
    throw new KmsError('limit-exceeded', `A key package has at most ${packageVersions} versions: send them in several.`)
  }
  return found
}

interface ToSeal {
  readonly key: KeyRecord
  readonly versions: readonly VersionRecord[]
  readonly record: DistributionRecord
  readonly recipient: VerifiedRecipient
  readonly from: Signer
  readonly passOn: boolean
}

async function seal({ environment, access }: KeyRing, of: ToSeal): Promise<Uint8Array> {
  const { key, record, recipient, from, passOn } = of
  const { primitives, slots, crypto } = environment
  const versions: PackagedVersion[] = []
  const packaged = {
    name: key.name,
    description: key.description,
    key: key.key,
    purpose: key.purpose,
    spec: key.spec,
    origin: of.versions.every(({ origin }) => origin === 'generated') ? 'generated' : 'imported',
    exportable: passOn,
    created: key.created,
    by: key.by,
    store: key.store,
    ring: key.ring,
    environment: record.environment,
    classification: record.classification,
    versions,
  }
  try {
    for (const version of of.versions) {
      // The primary alone is to protect new data: whatever else is active here opens there, and no more.
      const state = version.number === key.primary && version.state === 'active' ? 'active' : 'deactivated'
      versions.push(packagedVersion(version, openMaterial(environment, access, version), state))
    }
    return await sealKeyPackage(packaged, {
      recipients: [publicKeyRecipient(recipient.publicKey, { primitives, crypto })],
      sent: { to: recipient.fingerprint, from },
      primitives,
      slots,
      crypto,
    })
  } finally {
    wipePackage(packaged)
  }
}
