import { readFileSync } from 'node:fs'

type HeldKey =
  | readonly ['key', id: string, version: number, material: string]
  | readonly ['root', material: string]
  | readonly ['password', password: string]

export interface EnvelopeVector {
  readonly id: number
  readonly comment: string
  readonly result: string
  readonly asks: 'key' | 'openers'
  readonly content: 0 | 1
  readonly context: number
  readonly keys: readonly number[]
  /** 1 unless given. */
  readonly suite?: 1 | 2
  /** 1 for deterministic ones; others say it by what is given. */
  readonly mode?: 0 | 1 | 2
  readonly envelope?: string
  readonly text?: string
  readonly header?: string
  readonly contentKey?: string
  readonly salt?: string
  readonly sha512?: string
  readonly plaintext?: string
  readonly length?: number
}

interface Vectors {
  readonly contexts: readonly (readonly (readonly [string, string])[])[]
  readonly keys: readonly HeldKey[]
  readonly canonical: readonly { comment: string; pairs: [string, string][]; canonical?: string; error?: string }[]
  readonly derivations: Readonly<Record<string, string>> & { readonly version: number }
  readonly tests: readonly EnvelopeVector[]
}

/** Read as a file: Vite's own JSON reader refuses the lone surrogates that some contexts hold on purpose. */
export const vectors: Vectors = JSON.parse(
  readFileSync(new URL('./envelope-v1.vectors.json', import.meta.url), 'utf8'),
) as Vectors
