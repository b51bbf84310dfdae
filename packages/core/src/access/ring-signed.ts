import { VerifyingKey } from '../crypto/signing.ts'
import { fromText } from '../encoding/text.ts'
import { KmsError } from '../errors.ts'
import type { KeyStore, StoredRecord } from '../store/key-store.ts'
import type { RecordTypes } from '../store/records.ts'
import { openRecord } from '../store/signed-record.ts'
import type { Environment } from './environment.ts'
import type { RingAccess } from './ring-access.ts'

/** Operational records as the store has them. */
export interface RingSigned<T> {
  readonly genuine: readonly T[]
  /** What stands in their place and counts for nothing. */
  readonly forged: readonly StoredRecord[]
}

/**
 * Reads operational records that a ring's log key signs; it verifies nothing but those.
 * @param believable what a record must fulfil beside its signature, since whoever uses the ring can sign one
 * @throws `store-unavailable`
 */
export async function readRingSigned<K extends 'work' | 'usage'>(
  kind: K,
  { store, crypto }: Environment,
  { record: ring }: Pick<RingAccess, 'record'>,
  ids: readonly string[],
  believable: (record: RecordTypes[K]) => boolean = () => true,
): Promise<RingSigned<RecordTypes[K]>> {
  const genuine: RecordTypes[K][] = []
  const forged: StoredRecord[] = []
  const stored = await store.read(ids)
  if (stored.length === 0) return { genuine, forged }
  const by = { key: await VerifyingKey.fromRaw(fromText(ring.logKey), crypto), store: ring.store }
  for (const one of stored) {
    try {
      const { record } = await openRecord(kind, one, by)
      if (believable(record)) genuine.push(record)
      else forged.push(one)
    } catch (error) {
      if (!(error instanceof KmsError) || error.code !== 'store-corrupt') throw error
      forged.push(one)
    }
  }
  return { genuine, forged }
}

/** From here on no revision can be counted up; genuine records never get there. */
const lastRevision = 2 ** 52

/**
 * The revision that a genuine record goes on from, by id, where one that is not stands in its place. It goes over that one: removed, it
 * would let a record begin anew under the same revision, and whoever had read the one could not tell the two apart. One of a revision that
 * none can follow is removed.
 * @throws `store-unavailable`
 */
export async function revisionsBelow(
  store: KeyStore,
  forged: readonly StoredRecord[],
): Promise<ReadonlyMap<string, number>> {
  const ends = forged.filter(({ revision }) => revision >= lastRevision)
  if (ends.length > 0) {
    const expect = ends.map(({ id, revision }) => ({ id, revision }))
    try {
      await store.commit({ expect, put: [], remove: ends.map(({ id }) => id), append: [] })
    } catch (error) {
      if (!(error instanceof KmsError) || error.code !== 'conflict') throw error
    }
  }
  return new Map(forged.map(({ id, revision }) => [id, revision >= lastRevision ? 0 : revision]))
}
