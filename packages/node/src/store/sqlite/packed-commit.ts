import type { Commit } from '@kms/core'
import { type JoinedBytes, joinBytes, splitBytes } from '../../threads/joined-bytes.ts'

/** A commit as it is sent to a thread: all bytes in one buffer, all ids in one text. */
export interface PackedCommit {
  readonly expect: Commit['expect']
  readonly remove: Commit['remove']
  /** Ids of the records that are put, a line each: they are printable ASCII. */
  readonly ids: string
  readonly revisions: Float64Array
  readonly append: readonly Omit<Commit['append'][number], 'bytes'>[]
  /** Of the records that are put, then of the log entries. */
  readonly joined: JoinedBytes
}

export function packCommit({ expect, put, remove, append }: Commit): PackedCommit {
  // Copied, so that nothing goes along that cannot be sent.
  return {
    expect: expect.map(({ id, revision }) => ({ id, revision })),
    remove: [...remove],
    ids: put.map(({ id }) => id).join('\n'),
    revisions: Float64Array.from(put, ({ revision }) => revision),
    append: append.map(({ log, position }) => ({ log, position })),
    joined: joinBytes([...put, ...append].map(({ bytes }) => bytes)),
  }
}

export function unpackCommit({ expect, remove, ids, revisions, append, joined }: PackedCommit): Commit {
  const parts = splitBytes(joined)
  const bytesAt = (index: number): Uint8Array => parts[index] as Uint8Array
  const split = revisions.length === 0 ? [] : ids.split('\n')
  return {
    expect,
    remove,
    put: split.map((id, i) => ({ id, revision: revisions[i] as number, bytes: bytesAt(i) })),
    append: append.map((entry, i) => ({ ...entry, bytes: bytesAt(split.length + i) })),
  }
}
