import { usageId } from '../store/record-ids.ts'
import type { RingRecord, SealerEntry, UsageEntry, UsageRecord } from '../store/records.ts'

// A key's usage record (contents-v1 §Usage): what processes counted, added up.

/** Entries that a record keeps, those used last: it has 64 KiB. */
const mostVersions = 256
const mostSealers = 48

/** What one process counted of a version. */
export interface Counted {
  readonly version: number
  readonly sealed: number
  readonly opened: number
  readonly refused: number
  readonly first: number
  readonly last: number
}

/** A process, as others know it. */
export interface Writer {
  /** UUID of its session. */
  readonly session: string
  readonly caller: string
}

/** A record with more counts in it. @param before undefined for the first */
export function withCounts(
  ring: RingRecord,
  key: string,
  before: UsageRecord | undefined,
  counted: readonly Counted[],
  { session, caller }: Writer,
): UsageRecord {
  const versions = new Map(before?.versions.map((entry) => [entry.number, entry]))
  const sealers = new Map(before?.sealers.map((entry) => [`${entry.version} ${entry.session}`, entry]))
  for (const { version, sealed, opened, refused, first, last } of counted) {
    const known = versions.get(version)
    versions.set(version, {
      number: version,
      sealed: added(known?.sealed, sealed),
      opened: added(known?.opened, opened),
      refused: added(known?.refused, refused),
      first: Math.min(known?.first ?? first, first),
      last: Math.max(known?.last ?? last, last),
    })
    if (sealed > 0) sealers.set(`${version} ${session}`, { version, session, caller, time: last })
  }
  return {
    kind: 'usage',
    id: usageId(ring.ring, key),
    revision: (before?.revision ?? 0) + 1,
    store: ring.store,
    ring: ring.ring,
    key,
    versions: newest([...versions.values()], mostVersions, ({ last }: UsageEntry) => last),
    sealers: newest([...sealers.values()], mostSealers, ({ time }: SealerEntry) => time),
  }
}

const added = (a: number | undefined, b: number): number => Math.min((a ?? 0) + b, Number.MAX_SAFE_INTEGER)

function newest<T>(entries: readonly T[], most: number, time: (entry: T) => number): readonly T[] {
  return [...entries].sort((a, b) => time(b) - time(a)).slice(0, most)
}
