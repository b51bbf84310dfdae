import type { CensusRow } from '@kms/core/envelope'
import { failure } from '../failure.ts'
import type { Invocation } from '../invocation.ts'
import { columns, grouped, printable } from '../layout.ts'

/** `kms census PATH…`: counts envelopes by what opens them, from headers alone. */
export async function census(call: Invocation, paths: readonly string[]): Promise<void> {
  const { censusPaths } = await import('@kms/node')
  const { versionLabel } = await import('@kms/core')
  const found = await censusPaths(paths, { signal: call.signal })
  const rows = found.rows.map((row) => ({
    ...row,
    version: row.version === undefined ? undefined : versionLabel(row.version),
  }))
  call.output.result({ ...found, rows }, ({ dim }) => {
    if (rows.length === 0) return `No envelopes in ${counted(found.files, 'file')}.`
    const table = rows.map((row) => [
      grouped(row.count),
      row.keyId === undefined ? printable(row.recipient ?? '') : row.keyId,
      row.version ?? '',
      how(row),
      row.content,
    ])
    const more = found.further === 0 ? '' : `\n${grouped(found.further)} more, of keys beyond the first 100,000.`
    const total = `${counted(found.envelopes, 'envelope')} in ${counted(found.files, 'file')}.${more}`
    return `${columns([['COUNT', 'KEY', 'VERSION', 'SEALED', 'CONTENT'], ...table], (cell, y) => (y === 0 ? dim(cell) : cell))}\n${total}`
  })
  if (found.unreadable > 0) {
    throw await failure(
      'malformed',
      `${counted(found.unreadable, 'place')} ${found.unreadable === 1 ? 'begins' : 'begin'} like an envelope and cannot be read: cut, damaged, or of a newer release. They are not counted.`,
    )
  }
}

function how({ mode, recipient }: Pick<CensusRow, 'mode' | 'recipient'>): string {
  if (mode === 0) return 'by the key'
  if (mode === 1) return 'by the key, deterministic'
  return recipient === 'key' ? 'to the key' : `to ${printable(recipient ?? '')}`
}

const counted = (count: number, thing: string): string => `${grouped(count)} ${thing}${count === 1 ? '' : 's'}`
