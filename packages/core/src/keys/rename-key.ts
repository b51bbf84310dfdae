import { checkName } from '../store/names.ts'
import { nameId } from '../store/record-ids.ts'
import type { KeyRecord, NameRecord } from '../store/records.ts'
import { requestSubject } from '../store/request-subject.ts'
import { type ChangeOptions, type KeyChanges, reasonOf } from './key-changes.ts'
import type { KeyInfo } from './key-info.ts'
import { keyExists } from './new-key.ts'

/**
 * Gives a key another name; its id, and what it sealed, stay. The old name stays reserved.
 * @param to 1 to 200 bytes, of no other key of the ring, now or ever
 * @returns the key with all its versions, under its new name
 * @throws `key-not-found`, `key-exists`
 */
export async function renameKey(
  changes: KeyChanges,
  name: string,
  to: string,
  options: ChangeOptions,
): Promise<KeyInfo> {
  const from = checkName(name)
  const checked = checkName(to)
  if (from === checked) return changes.whole(from)
  const { environment, access, authority, records } = changes.ring
  const { store, ring } = access.record
  const id = nameId(environment.primitives, ring, checked)
  const reason = reasonOf(options)
  await authority.commit(
    'key.rename',
    requestSubject(environment.primitives, from, { to: checked, reason }),
    options.requestId,
    async () => {
      const { record, revision } = await records.byName(from)
      const [claimed] = await environment.store.read([id])
      const claim = claimed === undefined ? undefined : (await authority.open('name', claimed)).record
      // A key may take back a name that it had before.
      if (claim !== undefined && claim.key !== record.key) throw keyExists(checked)
      const renamed: KeyRecord = { ...record, revision: revision + 1, name: checked }
      const names: NameRecord[] =
        claim === undefined ? [{ kind: 'name', id, revision: 1, store, ring, key: record.key, name: checked }] : []
      return { reason, records: [renamed, ...names] }
    },
  )
  const info = await changes.whole(checked)
  changes.onChange('key.rename', info.name, info.id, undefined)
  return info
}
