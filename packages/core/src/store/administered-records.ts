import { type KeyStore, type RecordClass, type StoredRecord, storeLimits } from './key-store.ts'

/** All records of a class whose id starts with `prefix`, in id order, read a page at a time. */
export async function* storedRecords(
  store: KeyStore,
  recordClass: RecordClass,
  prefix: string,
): AsyncGenerator<StoredRecord, void, undefined> {
  for (let after = ''; ; ) {
    const page = await store.list(recordClass, prefix, after, storeLimits.listLimit)
    yield* page
    const last = page.at(-1)
    if (last === undefined || page.length < storeLimits.listLimit) return
    after = last.id
  }
}

/** All administered records whose id starts with `prefix`, likewise. */
export const administeredRecords = (store: KeyStore, prefix: string): AsyncGenerator<StoredRecord, void, undefined> =>
  storedRecords(store, 'administered', prefix)
