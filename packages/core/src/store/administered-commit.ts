import type { Primitives } from '../crypto/primitives.ts'
import type { SigningKey } from '../crypto/signing.ts'
import { type CanonicalObject, encodeCanonical } from '../encoding/canonical.ts'
import { fromText, toText } from '../encoding/text.ts'
import type { Commit, StoredRecord } from './key-store.ts'
import type { LogEntry } from './log-entry.ts'
import { appendLeaf, emptyFrontier, type Frontier, treeRoot } from './merkle.ts'
import { headId, requestId } from './record-ids.ts'
import type { HeadRecord, RecordKind, RecordTypes, RequestRecord } from './records.ts'
import { type SignedRecord, signRecord, signRecords } from './signed-record.ts'

export interface AdministeredCommit {
  readonly store: string
  /** `store`, or a ring's id. */
  readonly log: string
  /** The current head; undefined for a log's first commit. */
  readonly head: SignedRecord<HeadRecord> | undefined
  /** Of a new log, or of one that starts anew after a restore. */
  readonly incarnation?: number
  readonly key: SigningKey
  readonly primitives: Primitives
  readonly operation: string
  /** What it is done to; empty where there is only one. */
  readonly subject?: string
  /** What a repeat of the request has to know. */
  readonly outcome?: string
  readonly reason: string
  readonly actor: string
  /** Milliseconds since 1970. */
  readonly time: number
  readonly request: string
  /** Whether the request has a record, by which it is committed at most once: true unless given. One that nobody can repeat needs none. */
  readonly recorded?: boolean
  /** Records in their new form: revision 1 for new ones, one more than the stored one otherwise. */
  readonly records: readonly RecordTypes[RecordKind][]
  /** Such that are signed already, by the same key. */
  readonly signed?: readonly StoredRecord[]
}

/** A commit, and the head that its log has when it is done. */
export interface PreparedCommit {
  readonly commit: Commit
  /** What was signed for it. */
  readonly own: readonly StoredRecord[]
  readonly head: SignedRecord<HeadRecord>
}

/**
 * One administered change as one commit (contents-v1 §Administered commits): the signed records, the log entry with their hashes, the
 * head with the log's new root, and the request's record where there is one.
 */
export async function administeredCommit(change: AdministeredCommit): Promise<PreparedCommit> {
  const { store, log, head, key, primitives, time } = change
  const position = head?.record.size ?? 0
  const requests = change.recorded === false ? [] : [requestRecord(change, position)]
  // All that does not depend on the others at once: a platform may sign many elsewhere.
  const all = await signRecords([...change.records, ...requests], key)
  const signed = all.slice(0, change.records.length)
  const signedRequests = all.slice(change.records.length)
  const put = [...(change.signed ?? []), ...signed]
  const entry: LogEntry = {
    log,
    position,
    time,
    actor: change.actor,
    operation: change.operation,
    reason: change.reason,
    request: change.request,
    changes: put.map(({ id, revision, bytes }) => ({
      id,
      revision,
      hash: toText(primitives.hash('SHA-256', bytes)),
    })),
  }
  const entryBytes = encodeCanonical(entry as unknown as CanonicalObject)
  const frontier = appendLeaf(primitives, head === undefined ? emptyFrontier : frontierOf(head.record), entryBytes)
  const incarnation = change.incarnation ?? head?.record.incarnation ?? 0
  const incarnations = head?.record.incarnations ?? []
  const newHead: HeadRecord = {
    kind: 'head',
    id: headId(log),
    revision: (head?.revision ?? 0) + 1,
    store,
    log,
    incarnation,
    incarnations: incarnations.includes(incarnation) ? incarnations : [...incarnations, incarnation],
    epoch: (head?.record.epoch ?? 0) + 1,
    size: frontier.size,
    root: toText(treeRoot(primitives, frontier)),
    frontier: frontier.hashes.map(toText),
    time,
  }
  const signedHead = await signRecord(newHead, key)
  return {
    commit: {
      expect: requests.map(({ id }) => ({ id, revision: 0 })),
      put: [...put, signedHead, ...signedRequests],
      remove: [],
      append: [{ log, position, bytes: entryBytes }],
    },
    own: [...all, signedHead],
    head: { record: newHead, bytes: signedHead.bytes, revision: newHead.revision },
  }
}

function requestRecord(change: AdministeredCommit, position: number): RequestRecord {
  const { store, log, request, operation, subject = '', outcome = '', time } = change
  const id = requestId(log, request)
  return { kind: 'request', id, revision: 1, store, log, request, operation, subject, outcome, position, time }
}

/** Two commits of different logs as one. */
export function mergeCommits(a: Commit, b: Commit): Commit {
  return {
    expect: [...a.expect, ...b.expect],
    put: [...a.put, ...b.put],
    remove: [...a.remove, ...b.remove],
    append: [...a.append, ...b.append],
  }
}

/** The tree that a head stands for. */
function frontierOf(head: HeadRecord): Frontier {
  return { size: head.size, hashes: head.frontier.map(fromText) }
}
