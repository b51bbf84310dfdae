import { readFileSync } from 'node:fs'
import { keyOpener, passwordOpener, slotHolder } from '../../src/envelope.ts'
import { type Commit, type KeySlots, type Opener, type Primitives, Secret } from '../../src/index.ts'
import type { HeadRecord, RecordKind, RecordTypes } from '../../src/store/records.ts'

type Text = { readonly [name: string]: string }

/** What docs/vectors/make-contents-v1.mjs made, without any of the project's code. */
interface Vectors {
  readonly canonical: {
    readonly valid: readonly { readonly value: Record<string, never>; readonly bytes: string }[]
    readonly invalid: readonly { readonly bytes: string; readonly why: string }[]
  }
  readonly signingKey: Text
  readonly trees: readonly { readonly leaves: string[]; readonly root: string; readonly frontier: string[] }[]
  readonly versionNumbers: readonly { readonly number: number; readonly label: string }[]
  readonly contexts: readonly { readonly context: Text; readonly canonicalContext: string }[]
  readonly contents: readonly {
    readonly name: string
    readonly context: Text
    readonly canonicalContext: string
    readonly plaintext: string
  }[]
  readonly secrets: Text
  readonly signed: readonly (ToRecipients & { readonly signers: readonly string[]; readonly data: string })[]
  readonly keyPackages: readonly (ToRecipients & {
    readonly sent?: { readonly to: string; readonly from: readonly string[] }
    readonly signer: string
    readonly fields: Readonly<Record<string, unknown>> & {
      readonly versions: readonly Readonly<Record<string, unknown>>[]
    }
    readonly materials: readonly string[]
    readonly plaintext: string
  })[]
  readonly backups: readonly (ToRecipients & { readonly fingerprint: string })[]
  readonly session: { readonly id: string; readonly bytes: string }
  readonly store: {
    readonly id: string
    readonly ring: string
    readonly key: string
    readonly keyName: string
    readonly rootKey: string
    readonly commits: readonly VectorCommit[]
    readonly opens: readonly {
      readonly version: number
      readonly context: Text
      readonly plaintext: string
      readonly envelope: string
    }[]
  }
}

/** An envelope of mode 2, what opens it, and what becomes of that. */
interface ToRecipients {
  readonly comment: string
  readonly result: string
  readonly context: Text
  readonly keys: readonly (
    | { readonly id: string; readonly version: number; readonly material: string }
    | { readonly password: string }
  )[]
  readonly envelope: string
}

interface VectorCommit {
  readonly expect: Commit['expect']
  readonly put: readonly { readonly id: string; readonly revision: number; readonly bytes: string }[]
  readonly append: readonly { readonly log: string; readonly position: number; readonly bytes: string }[]
}

const path = new URL('../../../../docs/vectors/contents-v1.json', import.meta.url)
export const vectors: Vectors = JSON.parse(readFileSync(path, 'utf8'))

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
export const fromUtf8 = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
export const fromHex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))
export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** What opens an envelope of the vectors. */
export function openersOf({ keys }: ToRecipients, primitives: Primitives, slots: KeySlots): Opener[] {
  return keys.map((held) => {
    if ('password' in held) return passwordOpener(Secret.fromPassword(held.password), { primitives })
    const slot = slots.importKey(fromHex(held.material))
    return keyOpener(slotHolder(slots, slot, fromHex(held.id), held.version), { primitives })
  })
}

/** A commit of the vectors as a store takes it. */
export const commitOf = ({ expect, put, append }: VectorCommit): Commit => ({
  expect,
  put: put.map((record) => ({ ...record, bytes: utf8(record.bytes) })),
  remove: [],
  append: append.map((entry) => ({ ...entry, bytes: utf8(entry.bytes) })),
})

/** The fields of a signed record, read without any check. */
export const recordIn = (stored: { readonly bytes: string }): RecordTypes[RecordKind] => JSON.parse(stored.bytes).record
export const headIn = (commit: VectorCommit): HeadRecord =>
  recordIn(commit.put.find(({ id }) => id.startsWith('head/')) as { readonly bytes: string }) as HeadRecord
