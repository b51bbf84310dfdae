import { KmsError } from '../errors.ts'
import type { KeyRecord, VersionRecord } from '../store/records.ts'
import { versionLabel } from '../store/version-number.ts'

// A key whose primary was disabled protects nothing until a person says so: a rotation would undo what that person did.

/** Why no rotation may give a key a new primary now; empty where one may. */
export function revocation(primary: VersionRecord | undefined): string {
  return primary?.state === 'suspended' ? `version ${versionLabel(primary.number)}, its primary, is disabled` : ''
}

/**
 * Refuses to give a key a new primary against what a person decided.
 * @param unattended that no person asks for it: then a key without a primary is left as it is, too
 * @throws `key-disabled`, `no-primary-version`
 */
export function checkNotRevoked(key: KeyRecord, primary: VersionRecord | undefined, unattended: boolean): void {
  const why = revocation(primary)
  if (why !== '') {
    throw new KmsError(
      'key-disabled',
      `"${key.name}" gets no new primary: ${why}. Enable, retire or compromise that version first: kms key enable.`,
      { keyIds: [key.key] },
    )
  }
  if (unattended && primary === undefined) {
    throw new KmsError('no-primary-version', `"${key.name}" has no primary: kms key rotate, by a person, makes one.`)
  }
}
