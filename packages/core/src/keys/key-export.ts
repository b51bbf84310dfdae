import type { Environment } from '../access/environment.ts'
import { pemText } from '../encoding/pem.ts'
import type { Context } from '../envelope/context.ts'
import { sealEnvelope } from '../envelope/envelope.ts'
import type { Recipient } from '../envelope/recipient.ts'
import { KmsError } from '../errors.ts'
import { encryptPkcs8 } from '../key-pairs/encrypted-pkcs8.ts'
import type { Secret } from '../secret.ts'
import { isPair } from '../specs/key-specs.ts'
import { checkProcesses } from '../specs/version-states.ts'
import type { KeyRecord, VersionRecord } from '../store/records.ts'
import { parseVersionLabel, versionLabel } from '../store/version-number.ts'
import { openMaterial } from '../versions/load-version.ts'
import { type ChangeOptions, type KeyChanges, reasonOf } from './key-changes.ts'
import type { KeyRecords } from './key-records.ts'
import { standingOf } from './version-change.ts'

interface ExportOptions extends ChangeOptions {
  /** The version's label or number; the primary unless given. */
  readonly version?: string | number
}

/** A version given out as an envelope of data. */
export interface ExportToRecipients extends ExportOptions {
  /** One or more, any of whom opens it: passwords, keys, public keys (`publicKeyRecipient`). */
  readonly to: readonly Recipient[]
  readonly context: Context
}

/** A private key given out under a password, for other systems. */
export interface ExportUnderPassword extends ExportOptions {
  /** Stays the caller's. */
  readonly password: Secret
  readonly signal?: AbortSignal
}

/** `kms.keys.export`: in the log before it is given out. */
export async function exportKey(
  changes: KeyChanges,
  name: string,
  options: ExportToRecipients | ExportUnderPassword,
): Promise<Uint8Array | string> {
  const { environment, access, records, authority } = changes.ring
  authority.checkAdministers()
  const number = options.version === undefined ? undefined : parseVersionLabel(options.version)
  const { requestId } = options
  let opened: Secret | undefined
  try {
    await changes.change(
      'key.export',
      name,
      { reason: reasonWithWay(options), ...(requestId !== undefined && { requestId }) },
      async (key) => {
        checkExportable(key, options)
        const version = await versionOf(records, key, number)
        opened?.wipe()
        opened = openMaterial(environment, access, version)
        // Written anew as it is, so that the log's entry names the key.
        return { key: { ...key }, versions: [] }
      },
      { version: number },
    )
    if (opened === undefined) {
      throw new KmsError('conflict', 'That request was done before, and what it gave out is not kept. Take a new id.', {
        retry: false,
      })
    }
    return await givenOut(environment, opened, options)
  } finally {
    opened?.wipe()
  }
}

function checkExportable(key: KeyRecord, options: ExportToRecipients | ExportUnderPassword): void {
  const details = { keyIds: [key.key] }
  if (!key.exportable) {
    throw new KmsError(
      'not-permitted',
      `"${key.name}" was not made exportable: its material stays in the store, for good. Make another key (--exportable).`,
      details,
    )
  }
  if ('password' in options && (!isPair(key.spec) || key.spec === 'x-wing')) {
    throw new KmsError('invalid-argument', `A key of ${key.spec} has no PKCS#8. Seal it to recipients.`, details)
  }
}

async function versionOf(records: KeyRecords, key: KeyRecord, number: number | undefined): Promise<VersionRecord> {
  const version = number === undefined ? await records.primary(key) : (await records.namedVersions(key, [number]))[0]
  if (version === undefined) {
    throw new KmsError('no-primary-version', `"${key.name}" has no version that protects new data: name one.`, {
      keyIds: [key.key],
    })
  }
  checkProcesses(standingOf(version), key.name, versionLabel(version.number))
  return version
}

async function givenOut(
  environment: Environment,
  material: Secret,
  options: ExportToRecipients | ExportUnderPassword,
): Promise<Uint8Array | string> {
  if ('password' in options) {
    const { password, signal } = options
    const encrypted = await encryptPkcs8(material, password, environment, signal === undefined ? {} : { signal })
    return pemText('ENCRYPTED PRIVATE KEY', encrypted)
  }
  const { to: recipients, context } = options
  return sealEnvelope(material.reveal(), { recipients, context, ...environment })
}

/** The reason for the log, with how it was given out. */
function reasonWithWay(options: ExportToRecipients | ExportUnderPassword): string {
  const way = 'password' in options ? 'under a password' : `to ${options.to.length} recipients`
  return [reasonOf(options), `given out ${way}`].filter((part) => part !== '').join('; ')
}
