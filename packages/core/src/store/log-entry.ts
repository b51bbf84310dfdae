import { type CanonicalObject, decodeCanonical } from '../encoding/canonical.ts'
import { logEntryId, type StoredRecord } from './key-store.ts'

/** A record that a commit changed, and what it was changed to. */
export type LoggedChange = {
  readonly id: string
  readonly revision: number
  /** SHA-256 of the record's stored bytes, base64url. */
  readonly hash: string
}

/**
 * The entry that each administered commit appends to its log (contents-v1 §Logs). It is not signed: the head is, which holds
 * the root of the tree of all entries.
 */
export type LogEntry = {
  readonly log: string
  readonly position: number
  readonly time: number
  readonly actor: string
  readonly operation: string
  readonly reason: string
  readonly request: string
  readonly changes: readonly LoggedChange[]
}

/** Reads the entry at a position. @returns undefined if it is damaged, or not in its place */
export function readLogEntry(stored: StoredRecord, log: string, position: number): LogEntry | undefined {
  try {
    const value = decodeCanonical(stored.bytes)
    if (stored.id !== logEntryId(log, position) || !isLogEntry(value)) return undefined
    const entry = value as unknown as LogEntry
    return entry.log === log && entry.position === position ? entry : undefined
  } catch {
    return undefined
  }
}

/** Whether canonical bytes hold a log entry, of exactly its fields. */
function isLogEntry(value: CanonicalObject): boolean {
  const { log, position, time, actor, operation, reason, request, changes } = value
  const texts = [log, actor, operation, reason, request]
  return (
    Object.keys(value).length === 8 &&
    texts.every((text) => typeof text === 'string') &&
    typeof position === 'number' &&
    typeof time === 'number' &&
    Array.isArray(changes) &&
    changes.every(isChange)
  )
}

function isChange(change: unknown): boolean {
  if (typeof change !== 'object' || change === null) return false
  const { id, revision, hash, ...rest } = change as Record<string, unknown>
  return (
    typeof id === 'string' && typeof revision === 'number' && typeof hash === 'string' && Object.keys(rest).length === 0
  )
}
