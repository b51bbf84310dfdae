import { refuseGuessable } from '../crypto/weak/guessable.ts'
import { toText } from '../envelope/text.ts'
import { KmsError } from '../errors.ts'
import { versionPrefix } from '../store/record-ids.ts'
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
  const { slots } = environment
  const requestId = rest.requestId ?? globalThis.crypto.randomUUID()
  try {
    if (!(material instanceof Uint8Array) || material.length !== 32) {
      throw new KmsError('invalid-argument', 'The material of a version has 32 bytes.')
    }
    await refuseGuessable(environment.primitives, material, 'the material')
    await authority.refresh()
    const id = await records.idOf(checkName(name))
    const slot = slots.importKey(new Uint8Array(material))
    let key: KeyInfo
    try {
      // No version has the number 0: by this check value a request knows its material, and nobody else anything.
      const given = { method: checkedMethod, material: toText(keyCheck(slots, slot, id, 0)) }
      key = await changes.change(
        'key.import',
        name,
        { ...rest, requestId },
        async (record) => {
          await refuseKnownMaterial(changes.ring, record, slot)
          const number = nextNumber(record.newest, authority.head.record.incarnation)
          const version = sealVersion(environment, access, new Uint8Array(material), {
            key: record.key,
            number,
            time: environment.wall(),
            reason: reasonOf(rest),
            state: 'pre-active',
            origin: 'imported',
            method: checkedMethod,
          })
          return { key: withVersion(record, number), versions: [version] }
        },
        given,
      )
    } finally {
      slots.release(slot)
    }
    // What the log says of the request: an earlier call may have made the version.
    const prefix = versionPrefix(access.record.ring, id)
    const made = (await authority.changedBy(requestId)).find((changed) => changed.startsWith(prefix))
    if (made === undefined) throw new KmsError('store-corrupt', 'The log does not name the version of that request.')
    return { key, version: versionLabel(Number.parseInt(made.slice(prefix.length), 16)) }
  } finally {
    if (material instanceof Uint8Array) material.fill(0)
  }
}
