import type { KeyStore, StoredRecord } from '@kms/core'
import { leaseMs } from './files.ts'

/** Processes that are wrong on purpose: the suite must notice each of them. */
export const mutants = [
  // A version counts as retired at once.
  'no-lease-wait',
  // The store is read as it was some leases ago.
  'renew-from-stale',
  // Leases do not end.
  'no-deadline',
  // The lease is measured on a clock that is set while it runs.
  'wall-clock-lease',
] as const
export type Mutant = (typeof mutants)[number]

/** What a mutant changes in the parts of a process that uses the key. */
export function mutated(store: KeyStore, mutant: Mutant): { store: KeyStore; monotonic?: () => number } {
  switch (mutant) {
    case 'renew-from-stale':
      return { store: staleStore(store) }
    case 'no-deadline':
      return { store, monotonic: () => 0 }
    case 'wall-clock-lease':
      return { store, monotonic: wallThatIsSetBack() }
    case 'no-lease-wait':
      return { store }
  }
}

/** A store of which each record is read once in three leases. */
function staleStore(store: KeyStore): KeyStore {
  const kept = new Map<string, { readonly read: number; readonly records: readonly StoredRecord[] }>()
  return {
    async read(ids) {
      const name = ids.join(' ')
      const before = kept.get(name)
      if (before !== undefined && performance.now() - before.read < 3 * leaseMs) return before.records
      const records = await store.read(ids)
      kept.set(name, { read: performance.now(), records })
      return records
    },
    list: (recordClass, prefix, after, limit) => store.list(recordClass, prefix, after, limit),
    commit: (commit) => store.commit(commit),
    watch: (signal) => store.watch(signal),
    close: () => store.close(),
  }
}

/** A clock that somebody sets back by an hour every second. */
function wallThatIsSetBack(): () => number {
  const start = performance.now()
  return () => {
    const passed = performance.now() - start
    return passed - 3_600_000 * Math.floor(passed / 1_000)
  }
}
