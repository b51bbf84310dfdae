import { administeredRecords } from '../store/administered-records.ts'
import { distributionPrefix } from '../store/record-ids.ts'
import type { DistributionRecord } from '../store/records.ts'
import { versionLabel } from '../store/version-number.ts'
import type { KeyRing } from './key-ring.ts'

/** That versions of a key were sent to somebody. It says that they were sealed for them; whether they arrived, nobody can say. */
export interface Distribution {
  /** UUID. */
  readonly id: string
  /** UUID of the key. */
  readonly keyId: string
  /** Labels of the versions that were sent. */
  readonly versions: readonly string[]
  /** Fingerprint of the recipient's public key. */
  readonly recipient: string
  /** Who that is, as the sender or the certificate said; null where nobody did. */
  readonly recipientName: string | null
  /** SHA-256 of the certificate that was verified; null where the fingerprint was. */
  readonly certificate: string | null
  /** Fingerprint of the key that signed. */
  readonly signer: string
  /** What it may be used in; null for anything. */
  readonly environment: string | null
  readonly classification: string | null
  readonly reason: string
  readonly time: Date
  readonly by: string
}

/** A record of a distribution, for people and programs. */
export const distributionOf = (record: DistributionRecord): Distribution => ({
  id: record.distribution,
  keyId: record.key,
  versions: record.versions.map(versionLabel),
  recipient: record.recipient,
  recipientName: record.recipientName || null,
  certificate: record.certificate || null,
  signer: record.signer,
  environment: record.environment || null,
  classification: record.classification || null,
  reason: record.reason,
  time: new Date(record.time),
  by: record.by,
})

/**
 * Whom versions of a key were sent to, the youngest sending first.
 * @param numbers of the versions asked for; all unless given
 * @throws `store-corrupt`
 */
export async function distributionsOf(
  { environment, access, authority }: KeyRing,
  key: string,
  numbers?: readonly number[],
): Promise<readonly Distribution[]> {
  const found: DistributionRecord[] = []
  for await (const stored of administeredRecords(environment.store, distributionPrefix(access.record.ring, key))) {
    const { record } = await authority.open('distribution', stored)
    if (numbers === undefined || record.versions.some((number) => numbers.includes(number))) found.push(record)
  }
  return found.sort((a, b) => b.time - a.time).map(distributionOf)
}
