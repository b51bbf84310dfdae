import type { Commit } from '@kms/core'

const nothing: Commit = { expect: [], put: [], remove: [], append: [] }

/** A commit of which only some parts matter. */
export const commitOf = (parts: Partial<Commit>): Commit => ({ ...nothing, ...parts })

export const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)

/** A new record. */
export const fresh = (id: string, ...values: number[]): Commit =>
  commitOf({ expect: [{ id, revision: 0 }], put: [{ id, revision: 1, bytes: bytes(...values) }] })
