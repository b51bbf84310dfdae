import type { Commit } from '@kms/core'

/**
 * A commit as it is sent to a thread: all bytes in one buffer that goes over, all ids in one text. An object for each record would take as
 * long to send as to write.
 */
export interface PackedCommit {
  readonly expect: Commit['expect']
  readonly remove: Commit['remove']
  /** Ids of the records that are put, a line each: they are printable ASCII. */
  readonly ids: string
  readonly revisions: Float64Array
  readonly append: readonly Omit<Commit['append'][number], 'bytes'>[]
  /** Of the records that are put, then of the log entries: how many bytes each has, */
  readonly lengths: Uint32Array
  /** and all of them. */
  readonly bytes: Uint8Array<ArrayBuffer>
}

export function packCommit({ expect, put, remove, append }: Commit): PackedCommit {
  const all = [...put, ...append]
  const lengths = Uint32Array.from(all, ({ bytes }) => bytes.length)
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0))
  let at = 0
  for (const one of all) {
    bytes.set(one.bytes, at)
    at += one.bytes.length
  }
  // Copied, so that nothing goes along that cannot be sent.
  return {
    expect: expect.map(({ id, revision }) => ({ id, revision })),
    remove: [...remove],
    ids: put.map(({ id }) => id).join('\n'),
    revisions: Float64Array.from(put, ({ revision }) => revision),
    append: append.map(({ log, position }) => ({ log, position })),
    lengths,
    bytes,
  }
}

export function unpackCommit({ expect, remove, ids, revisions, append, lengths, bytes }: PackedCommit): Commit {
  let at = 0
  const parts = Array.from(lengths, (length) => {
    at += length
    return bytes.subarray(at - length, at)
  })
  const bytesAt = (index: number): Uint8Array => parts[index] as Uint8Array
  const split = revisions.length === 0 ? [] : ids.split('\n')
  return {
    expect,
    remove,
    put: split.map((id, i) => ({ id, revision: revisions[i] as number, bytes: bytesAt(i) })),
    append: append.map((entry, i) => ({ ...entry, bytes: bytesAt(split.length + i) })),
  }
}
