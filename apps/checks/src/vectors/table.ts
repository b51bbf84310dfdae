import { basename } from 'node:path'
import type { Outcome } from './outcome.ts'

interface Row {
  readonly cells: readonly [file: string, subject: string, backend: string]
  readonly counts: { passed: number; failed: number; skipped: number }
}

/** A row per file, subject and backend. */
export function table(outcomes: readonly Outcome[]): string {
  const rows = new Map<string, Row>()
  for (const { file, subject, backend, result } of outcomes) {
    const cells = [basename(file), subject, backend] as const
    const row = rows.get(cells.join('\0')) ?? { cells, counts: { passed: 0, failed: 0, skipped: 0 } }
    row.counts[result]++
    rows.set(cells.join('\0'), row)
  }
  const lines = [
    ['file', 'subject', 'backend', 'passed', 'failed', 'skipped'],
    ...[...rows.values()].map(({ cells, counts }) => [...cells, ...Object.values(counts).map(String)]),
  ]
  const widths = [0, 1, 2, 3, 4, 5].map((i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)))
  return lines
    .map((line) =>
      line.map((cell, i) => (i < 3 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
    )
    .join('\n')
}

/** What was skipped, by name, with how many vectors each. */
export function skipped(outcomes: readonly Outcome[]): readonly string[] {
  const names = new Map<string, number>()
  for (const { result, reason, backend } of outcomes) {
    if (result !== 'skipped') continue
    const name = `${reason} (${backend === '-' ? 'any backend' : backend})`
    names.set(name, (names.get(name) ?? 0) + 1)
  }
  return [...names].map(([name, count]) => `not built yet: ${name}, ${count} skipped`)
}

/** `N passed, N failed, N skipped`. */
export function totals(outcomes: readonly Outcome[]): string {
  const count = (result: Outcome['result']): number => outcomes.filter((one) => one.result === result).length
  return `${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`
}
