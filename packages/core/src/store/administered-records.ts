import { type KeyStore, type StoredRecord, storeLimits } from './key-store.ts'

/** All administered records whose id starts with `prefix`, in id order, read a page at a time. */
export async function* administeredRecords(
  store: KeyStore,
  prefix: string,
): AsyncGenerator<StoredRecord, void, undefined> {
  for (let after = ''; ; ) {
    const page = await store.list('administered', prefix, after, storeLimits.listLimit)
    yield* page
    const last = page.at(-1)
    if (last === undefined || page.length < storeLimits.listLimit) return
    after = last.id
  }
}
