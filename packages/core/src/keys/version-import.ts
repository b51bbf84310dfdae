import { toText } from '../encoding/text.ts'
import { KmsError } from '../errors.ts'
import { Secret } from '../secret.ts'
import type { PurposeAndSpec } from '../specs/key-specs.ts'
import { checkName } from '../store/names.ts'
import type { KeyRecord } from '../store/records.ts'
import { nextNumber, versionLabel } from '../store/version-number.ts'
import { type GivenMaterial, type ReadGivenOptions, readGiven } from '../versions/given-material.ts'
import { keyCheck } from '../versions/material.ts'
import { sealVersion } from '../versions/new-version.ts'
import { type ChangeOptions, type KeyChanges, reasonOf, withVersion } from './key-changes.ts'
import type { KeyInfo } from './key-info.ts'
import { refuseKnownMaterial } from './known-material.ts'

export interface ImportOptions extends ChangeOptions, ReadGivenOptions {
  /** How the bytes were made, for people: up to 200 bytes. */
  readonly method?: string
}

/** `kms.keys.importVersion`. The material is wiped, whatever comes of it. */
export async function importVersion(
  changes: KeyChanges,
  name: string,
  given: GivenMaterial,
  options: ImportOptions,
): Promise<{ readonly key: KeyInfo; readonly version: string }> {
  const { method = 'given', password, ...rest } = options
  const checkedMethod = checkName(method, 'A method')
  const { environment, access, authority, records } = changes.ring
  const requestId = rest.requestId ?? globalThis.crypto.randomUUID()
  try {
    await authority.refresh()
    const { record: of } = await records.byName(checkName(name))
    const use = of as KeyRecord & PurposeAndSpec
    const { secret, publicKey } = await readGiven(environment, use, given, password === undefined ? {} : { password })
    let key: KeyInfo
    try {
      // No version has the number 0: by this check value a request knows its material, and nobody else anything.
      const bound = {
        method: checkedMethod,
        material: toText(keyCheck(environment, secret, { key: of.key, number: 0 })),
      }
      key = await changes.change(
        'key.import',
        name,
        { ...rest, requestId },
        async (record) => {
          await refuseKnownMaterial(changes.ring, record, secret)
          const number = nextNumber(record.newest, authority.head.record.incarnation)
          const own = { secret: Secret.copy(secret.reveal()), publicKey }
          const version = sealVersion(environment, access, own, {
            key: record,
            number,
            time: environment.wall(),
            reason: reasonOf(rest),
            state: 'pre-active',
            origin: 'imported',
            method: checkedMethod,
          })
          return { key: withVersion(record, number), versions: [version], outcome: versionLabel(number) }
        },
        bound,
      )
    } finally {
      secret.wipe()
    }
    // An earlier call of the same request may have made it.
    const version = await authority.outcomeOf(requestId)
    if (version === undefined)
      throw new KmsError('store-corrupt', 'The record of that request is missing. Restore a backup.')
    return { key, version }
  } finally {
    if (given instanceof Uint8Array) given.fill(0)
  }
}
