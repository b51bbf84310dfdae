/** How far a log had grown when this machine last saw it. */
export interface SeenHead {
  readonly epoch: number
  /** The log's root then, base64url; equal epochs with different roots are a fork. */
  readonly root: string
  /** Entries then, and the roots of the tree's perfect subtrees, base64url: a longer log must continue this one. */
  readonly size: number
  readonly frontier: readonly string[]
}

/** What this machine has seen of a store. JSON. */
export interface LastSeenState {
  readonly logs: Readonly<Record<string, SeenHead>>
}

/**
 * Remembers, outside the store, how new it was: a store put back to an older state is noticed by processes that start later.
 * Node keeps a file in the user's state folder, browsers use IndexedDB.
 */
export interface LastSeen {
  /**
   * @param fingerprint the store's
   * @returns null if this machine has not seen the store
   * @throws where it cannot tell: the store is not opened then
   */
  read(fingerprint: string): Promise<LastSeenState | null>
  /**
   * Keeps what is newest of each log; with `replace`, puts the logs given to a state that was accepted.
   * @throws where it cannot: then a change that was made says so, and everything else warns (`last-seen-unwritten`)
   */
  write(fingerprint: string, state: LastSeenState, replace?: boolean): Promise<void>
}

/** Remembers for as long as the process lives. */
export function memoryLastSeen(): LastSeen {
  const states = new Map<string, LastSeenState>()
  return {
    read: async (fingerprint) => states.get(fingerprint) ?? null,
    async write(fingerprint, state, replace = false) {
      const seen = states.get(fingerprint)
      states.set(fingerprint, seen === undefined ? state : replace ? replaced(seen, state) : newest(seen, state))
    },
  }
}

/** The later head of each log of two states. */
export function newest(a: LastSeenState, b: LastSeenState): LastSeenState {
  const logs: Record<string, SeenHead> = { ...a.logs }
  for (const [log, head] of Object.entries(b.logs)) {
    if (head.epoch >= (logs[log]?.epoch ?? 0)) logs[log] = head
  }
  return { logs }
}

/** A state with some logs put to what was accepted; what was seen of the others stays. */
export function replaced(before: LastSeenState, accepted: LastSeenState): LastSeenState {
  return { logs: { ...before.logs, ...accepted.logs } }
}
