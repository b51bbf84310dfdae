import { formatUuid } from '../encoding/uuid.ts'
import { type HeaderRecipient, recipientsHeader } from '../envelope/header.ts'
import type { Recipient } from '../envelope/recipient.ts'
import type { RewrapOptions } from '../envelope/rewrap.ts'
import { KmsError } from '../errors.ts'
import type { KeyRing } from '../keys/key-ring.ts'

/**
 * What brings an envelope to the newest versions of its keys: each recipient that is an older version of a key of the ring goes, and
 * the key's primary version comes in its place. Keys of other rings and keys without a primary stay as they are.
 * @param recipientOf a key's primary version as a recipient, by id
 * @throws as `recipientsHeader`; `store-unavailable`
 */
export async function newestRecipients(
  envelope: Uint8Array,
  ring: KeyRing,
  recipientOf: (id: string) => Recipient,
): Promise<Required<Pick<RewrapOptions, 'add' | 'remove'>>> {
  const versions = new Map<string, Set<number>>()
  for (const named of recipientsHeader(envelope, 0).recipients.map(keyOf)) {
    if (named === undefined) continue
    versions.set(named.id, (versions.get(named.id) ?? new Set()).add(named.version))
  }
  const add: Recipient[] = []
  const primaries = new Map<string, number>()
  for (const [id, held] of versions) {
    const primary = await primaryOf(ring, id)
    if (primary === undefined) continue
    primaries.set(id, primary)
    if (!held.has(primary)) add.push(recipientOf(id))
  }
  return {
    add,
    remove: (one) => {
      const named = keyOf(one)
      const primary = named === undefined ? undefined : primaries.get(named.id)
      return primary !== undefined && primary !== named?.version
    },
  }
}

function keyOf({ fields }: HeaderRecipient): { readonly id: string; readonly version: number } | undefined {
  return fields.name === 'key' ? { id: formatUuid(fields.keyId), version: fields.version } : undefined
}

/** The number of the version that protects new data; undefined if there is none, or the ring has no such key. */
async function primaryOf(ring: KeyRing, id: string): Promise<number | undefined> {
  try {
    const key = await ring.hold(id)
    try {
      return key.primary === undefined ? undefined : key.primaryNumber
    } finally {
      ring.release(key, false)
    }
  } catch (error) {
    if (error instanceof KmsError && error.code === 'key-not-found') return undefined
    throw error
  }
}
