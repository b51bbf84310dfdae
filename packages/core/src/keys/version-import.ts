import { refuseGuessable } from '../crypto/weak/guessable.ts'
import { toText } from '../envelope/text.ts'
import { KmsError } from '../errors.ts'
import { Secret } from '../secret.ts'
import type { KeyRecord } from '../store/records.ts'
import { type ChangeOptions, type KeyChanges, reasonOf, withVersion } from './key-changes.ts'
import type { KeyInfo } from './key-info.ts'
import { refuseKnownMaterial } from './known-material.ts'
import { checkName } from './names.ts'
import { keyCheck, sealVersion } from './version-material.ts'
import { nextNumber, versionLabel } from './version-number.ts'

export interface ImportOptions extends ChangeOptions {
  /** How the bytes were made, for people: up to 200 bytes. */
  readonly method?: string
}

/** `kms.keys.importVersion`. The material is wiped, whatever comes of it. */
export async function importVersion(
  changes: KeyChanges,
  name: string,
  material: Uint8Array,
  options: ImportOptions,
): Promise<{ readonly key: KeyInfo; readonly version: string }> {
  const { method = 'given as bytes', ...rest } = options
  const checkedMethod = checkName(method, 'A method')
  const { environment, access, authority, records } = changes.ring
  const requestId = rest.requestId ?? globalThis.crypto.randomUUID()
  try {
    if (!(material instanceof Uint8Array) || material.length !== 32) {
      throw new KmsError('invalid-argument', 'The material of a version has 32 bytes.')
    }
    await refuseGuessable(environment.primitives, material, 'the material')
    await authority.refresh()
    const id = await records.idOf(checkName(name))
    const secret = Secret.copy(material)
    let key: KeyInfo
    try {
      // No version has the number 0: by this check value a request knows its material, and nobody else anything.
      const given = {
        method: checkedMethod,
        material: toText(keyCheck(environment, secret, { key: id, number: 0 })),
      }
      key = await changes.change(
        'key.import',
        name,
        { ...rest, requestId },
        async (record) => {
          if (record.spec !== 'symmetric-256' || record.purpose !== 'encrypt') throw otherSpec(record)
          await refuseKnownMaterial(changes.ring, record, secret)
          const number = nextNumber(record.newest, authority.head.record.incarnation)
          const own = { secret: Secret.copy(material), publicKey: new Uint8Array(0) }
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
        given,
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
    if (material instanceof Uint8Array) material.fill(0)
  }
}

const otherSpec = ({ name, purpose, spec }: KeyRecord): KmsError =>
  new KmsError(
    'invalid-argument',
    `"${name}" has the purpose ${purpose} and versions of spec ${spec}, not of 32 bytes to encrypt with.`,
  )
