import type { Commit, KeyStore } from '../../src/index.ts'

/** A store to which something else happens just before the nth commit of a process, of those that concern something, once. */
export function interposed(
  store: KeyStore,
  nth: number,
  happens: () => Promise<unknown>,
  concerns: (commit: Commit) => boolean = () => true,
): KeyStore {
  let commits = 0
  return {
    read: (ids) => store.read(ids),
    list: (kind, prefix, after, limit) => store.list(kind, prefix, after, limit),
    async commit(commit) {
      if (concerns(commit) && ++commits === nth) await happens()
      return store.commit(commit)
    },
    watch: (signal) => store.watch(signal),
    close: async () => {},
  }
}
