import colours from 'picocolors'
import type { Report, Row, Target } from './report.ts'

/** A report for people: a table of figures by work, then the targets. */
export function formatReport(report: Report): string {
  const { machine } = report
  const lines = [
    colours.bold(report.name),
    `${machine.cpu}, ${machine.cores} cores · node ${machine.node} (V8 ${machine.v8}) · ${machine.platform} · ${machine.date}`,
  ]
  for (const [work, rows] of groupBy(report.rows, (row) => row.work)) {
    lines.push('', colours.bold(work), ...columns(rows.map(rowCells)))
  }
  for (const note of report.notes) lines.push('', colours.yellow(note))
  if (report.targets.length > 0) {
    const met = report.targets.filter((target) => target.met).length
    lines.push('', colours.bold('targets'), ...columns(report.targets.map(targetCells)))
    lines.push('', `${met} of ${report.targets.length} targets met`)
  }
  return lines.join('\n')
}

const rowCells = (row: Row): string[] => [row.subject, `${row.median} ${row.unit}`, `± ${row.spread}`]

function targetCells(target: Target): string[] {
  const bound = target.atLeast === undefined ? `≤ ${target.atMost}` : `≥ ${target.atLeast}`
  const measured = target.measured === null ? 'not built' : String(target.measured)
  const interval = target.interval === undefined ? '' : `[${target.interval[0]}, ${target.interval[1]}]`
  const verdict = target.met ? colours.green('met') : colours.red('missed')
  return [target.work, `${bound} ${target.against}`, measured, interval, verdict]
}

/** Pads every column but the last to its widest cell. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]!.length))) ?? []
  return rows.map((row) =>
    `  ${row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column]!))).join('  ')}`.trimEnd(),
  )
}

function groupBy<T>(items: readonly T[], name: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(name(item))
    if (group === undefined) groups.set(name(item), [item])
    else group.push(item)
  }
  return groups
}
