import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { KmsError } from '@kms/core'
import { Census, type CensusRow, longestStart } from '@kms/core/envelope'
import { fileError } from './failures.ts'
import { readPieces } from './read-pieces.ts'

export interface CensusOptions {
  /** Stops with `aborted`. */
  readonly signal?: AbortSignal
  /** Told before each file which one it is. */
  readonly onFile?: (path: string) => void
}

/** What stands under which key, in files. */
export interface CensusResult {
  /** The most first. */
  readonly rows: readonly CensusRow[]
  readonly envelopes: number
  /** Mentions of recipients that have no row, beyond the first 100,000 that differ. */
  readonly further: number
  /** What begins like an envelope and is none that this release can read. */
  readonly unreadable: number
  /** Files looked at. */
  readonly files: number
}

/** An alphabet's run of this length is looked at where it begins, and not to its end: no header is longer. */
const longestRun = Math.ceil((longestStart * 4) / 3)

/**
 * Counts envelopes by key version in files and folders, from headers alone: files that are envelopes, and text forms in all others,
 * such as exported columns and JSON Lines. SQLite's own files are passed over: export their columns. Links are not followed.
 * @throws `file-unavailable` for a path that cannot be read, `aborted`
 */
export async function censusPaths(paths: readonly string[], options: CensusOptions = {}): Promise<CensusResult> {
  const census = new Census()
  let files = 0
  for (const path of paths) {
    for await (const file of filesIn(path)) {
      if (options.signal?.aborted === true) throw new KmsError('aborted', 'The census was stopped before it was done.')
      options.onFile?.(file)
      files++
      await countFile(census, file)
    }
  }
  const { envelopes, further, unreadable } = census
  return { rows: census.rows(), envelopes, further, unreadable, files }
}

/** The ordinary files at and below a path, in the order of their names. */
async function* filesIn(path: string): AsyncGenerator<string> {
  try {
    const stats = await lstat(path)
    if (stats.isFile()) yield path
    if (!stats.isDirectory()) return
  } catch (error) {
    throw fileError(path, 'read', error)
  }
  const names = await readdir(path).catch((error) => Promise.reject(fileError(path, 'read', error)))
  for (const name of names.sort()) yield* filesIn(join(path, name))
}

/** An envelope's magic, as far as every version has it. */
const isEnvelope = (start: Uint8Array): boolean => start[0] === 0x92 && start[1] === 0x6b

/** SQLite's databases and their logs (sqlite.org/fileformat2.html §1.3, §4.1): their pages cut what they hold, and export it whole. */
const isDatabase = (start: Uint8Array): boolean =>
  ['53514c69746520666f726d6174203300', '377f0682', '377f0683'].some((magic) =>
    Buffer.from(start.subarray(0, magic.length / 2))
      .toString('hex')
      .startsWith(magic),
  )

async function countFile(census: Census, path: string): Promise<void> {
  let rest = ''
  let first = true
  let skipping = false
  for await (const piece of readPieces(path)) {
    if (first && isEnvelope(piece)) {
      census.add(piece.subarray(0, longestStart))
      return
    }
    if (first && isDatabase(piece)) return
    first = false
    let text = rest + Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString('latin1')
    if (skipping) {
      const end = text.search(/[^A-Za-z0-9_-]/)
      if (end < 0) continue
      text = text.slice(end)
      skipping = false
    }
    // What may go on in the next piece waits for it, unless it is longer than any header.
    const from = runStart(text)
    if (text.length - from > longestRun) {
      census.addText(text)
      rest = ''
      skipping = true
    } else {
      census.addText(text.slice(0, from))
      rest = text.slice(from)
    }
  }
  census.addText(rest)
}

/** Where the run of the text form's alphabet that ends the text begins. A pattern for it would take quadratic time. */
function runStart(text: string): number {
  let at = text.length
  while (at > 0 && /[A-Za-z0-9_-]/.test(text[at - 1] as string)) at--
  return at
}
