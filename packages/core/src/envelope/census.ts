import { fromText, textPattern } from '../encoding/text.ts'
import { formatUuid } from '../encoding/uuid.ts'
import { KmsError } from '../errors.ts'
import { type Header, headerLimit, parseHeader } from './header.ts'
import { type Content, contents } from './preamble.ts'

// Counting envelopes by what opens them, from headers alone: no key is needed, and nothing counted is authenticated.

/** Envelopes that one key version, or one other kind of recipient, opens. */
export interface CensusRow {
  /** What they hold: `data`, `key package`, … */
  readonly content: string
  /** `0` and `1` sealed by the key version, `2` to it as a recipient. */
  readonly mode: 0 | 1 | 2
  /** UUID in lower case, or a public key's fingerprint in the same form; absent for passwords and providers. */
  readonly keyId?: string
  /** Of a managed key. */
  readonly version?: number
  /** Of mode 2: `key`, `password`, `hpke`, `rsa-oaep`, `external aws-kms`, `unknown`. */
  readonly recipient?: string
  /** Envelopes. One with several recipients counts in several rows. */
  readonly count: number
}

const textStart = new RegExp(textPattern, 'y')
const textAlphabet = /[A-Za-z0-9_-]*/y
/** Characters of the longest header's text form. */
const longestText = Math.ceil((headerLimit * 4) / 3)

/** Whoever writes envelopes can name as many keys as they like: what else is named after this many is counted together. */
const rowLimit = 100_000

/** Counts envelopes of which it is shown the beginning. */
export class Census {
  /** Envelopes counted. */
  envelopes = 0
  /** Mentions of recipients beyond the first 100,000 that differ, which have no rows. */
  further = 0
  /** What begins like an envelope and is none that this release can read. */
  unreadable = 0
  readonly #rows = new Map<string, { row: Omit<CensusRow, 'count'>; count: number }>()

  /**
   * Counts one envelope.
   * @param start its bytes, or its first 65,536
   * @returns whether it is one
   */
  add(start: Uint8Array): boolean {
    let header: Header
    try {
      header = parseHeader(start)
    } catch (error) {
      if (!(error instanceof KmsError)) throw error
      this.unreadable++
      return false
    }
    this.envelopes++
    for (const row of rowsOf(header)) this.#count(row)
    return true
  }

  /**
   * Counts the envelopes in text: lines of a column's export, JSON, logs. A text form is counted where it begins, if nothing of its
   * alphabet stands before it.
   * @param text a part of the text that begins and ends between envelopes, such as a line
   */
  addText(text: string): void {
    for (let at = text.indexOf('kms1A'); at >= 0; at = text.indexOf('kms1A', at + 1)) {
      textStart.lastIndex = at
      if (!textStart.test(text) || (at > 0 && /[A-Za-z0-9_-]/.test(text[at - 1] as string))) continue
      textAlphabet.lastIndex = at
      const form = textAlphabet.exec(text)?.[0] ?? ''
      // A multiple of four characters is whole bytes: the header is in them.
      const start = form.slice(0, Math.min(form.length - (form.length % 4), longestText - (longestText % 4) + 4))
      this.add(fromText(start))
      at += form.length - 1
    }
  }

  /** What was counted, the most first. */
  rows(): readonly CensusRow[] {
    return [...this.#rows.values()]
      .map(({ row, count }) => ({ ...row, count }))
      .sort((a, b) => b.count - a.count || (label(a) < label(b) ? -1 : 1))
  }

  #count(row: Omit<CensusRow, 'count'>): void {
    const name = label(row)
    const counted = this.#rows.get(name)
    if (counted !== undefined) counted.count++
    else if (this.#rows.size < rowLimit) this.#rows.set(name, { row, count: 1 })
    else this.further++
  }
}

/** One row for each thing that opens an envelope; a key named twice is counted once. */
function rowsOf(header: Header): readonly Omit<CensusRow, 'count'>[] {
  const content = contents[header.content as Content].name
  const { mode } = header
  if (header.mode !== 2) return [{ content, mode, keyId: formatUuid(header.keyId), version: header.version }]
  const rows = new Map<string, Omit<CensusRow, 'count'>>()
  for (const { fields } of header.recipients) {
    if (fields.name === 'padding') continue
    const row = { content, mode, ...named(fields) }
    rows.set(label(row), row)
  }
  return [...rows.values()]
}

type Fields = (Header & { readonly mode: 2 })['recipients'][number]['fields']

function named(fields: Fields): Pick<CensusRow, 'recipient' | 'keyId' | 'version'> {
  switch (fields.name) {
    case 'key':
      return { recipient: 'key', keyId: formatUuid(fields.keyId), version: fields.version }
    case 'hpke':
    case 'rsa-oaep':
      return { recipient: fields.name, keyId: formatUuid(fields.keyId) }
    case 'external':
      return { recipient: `external ${fields.provider}` }
    default:
      return { recipient: fields.name }
  }
}

const label = ({ content, mode, recipient = '', keyId = '', version = 0 }: Omit<CensusRow, 'count'>): string =>
  [content, mode, recipient, keyId, version].join(' ')
