/** Rows in columns, as wide as their widest cell. Cells are plain; `style` colours a padded cell. */
export function columns(
  rows: readonly (readonly string[])[],
  style: (cell: string, row: number, column: number) => string = (cell) => cell,
): string {
  const widths: number[] = []
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, width(cell))
  }
  const line = (row: readonly string[], y: number): string =>
    row
      .map((cell, x) => {
        const padding = x === row.length - 1 ? '' : ' '.repeat((widths[x] ?? 0) - width(cell))
        return `${style(cell, y, x)}${padding}`
      })
      .join('  ')
      .trimEnd()
  return rows.map(line).join('\n')
}

/**
 * Rows whose last cell is text, which goes on in further rows where it is wider than what the terminal leaves for it. Pipes get
 * each row whole, as `grep` wants it.
 * @param available the terminal's columns; undefined: no terminal
 */
export function foldLast(rows: readonly (readonly string[])[], available: number | undefined): string[][] {
  const before = (row: readonly string[]): readonly string[] => row.slice(0, -1)
  const widest = (x: number): number => Math.max(...rows.map((row) => width(row[x] ?? '')))
  const taken = (rows[0] ?? []).slice(0, -1).reduce((sum, _, x) => sum + widest(x) + 2, 0)
  const room = available === undefined ? Number.POSITIVE_INFINITY : Math.max(available - taken, 30)
  return rows.flatMap((row) =>
    fold(row.at(-1) ?? '', room).map((part, i) => [...(i === 0 ? before(row) : before(row).map(() => '')), part]),
  )
}

/** Text in lines of at most `room`, broken between words. */
function fold(text: string, room: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const line = lines.at(-1)
    if (line !== undefined && width(line) + 1 + width(word) <= room) lines[lines.length - 1] = `${line} ${word}`
    else lines.push(word)
  }
  return lines
}

const width = (text: string): number => [...text].length

/** `1,234`; without Intl, which takes longer to load than the rest of a short command. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** `1,234 bytes` */
export function byteCount(count: number): string {
  return `${grouped(count)} ${count === 1 ? 'byte' : 'bytes'}`
}

/** The day of a date, for tables. */
export function day(date: Date): string {
  return date.toISOString().slice(0, 10)
}

/**
 * Text from a store or an envelope for a terminal: control characters, which could move its cursor or forge lines, are shown
 * as escapes.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`)
}

/** A name or path as one word of a suggested command: in quotes where a shell would read it otherwise (POSIX.1 §2.2.2). */
export function word(text: string): string {
  const shown = printable(text)
  return /^[\w.,:/@%+=-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", "'\\''")}'`
}
