interface Row {
  passed: number
  failed: number
  uncounted: number
}

const shownFailures = 5

/** What a suite of faults found, by where the fault struck. */
export class Tally {
  readonly #rows = new Map<string, Row>()
  readonly #failures: string[] = []

  readonly #title: string

  /**
   * @param where names a row; those named here are shown in this order, even if nothing struck there
   * @param title over their names
   */
  constructor(where: readonly string[], title = 'killed') {
    this.#title = title
    for (const name of where) this.#row(name)
  }

  pass(where: string): void {
    this.#row(where).passed++
  }

  /** @param wrong what was found */
  fail(where: string, wrong: readonly string[]): void {
    this.#row(where).failed++
    this.#failures.push(
      `${where}: ${wrong.slice(0, 2).join('; ')}${wrong.length > 2 ? `; ${wrong.length - 2} more` : ''}`,
    )
  }

  /** All was well, but it struck elsewhere than was drawn, and does not count. */
  uncounted(where: string): void {
    this.#row(where).uncounted++
  }

  /** How often it struck there and all was well. */
  passed(where: string): number {
    return this.#row(where).passed
  }

  get failed(): number {
    return [...this.#rows.values()].reduce((sum, row) => sum + row.failed, 0)
  }

  /** A table, the first failures, and `N passed, N failed`. */
  toString(): string {
    const elsewhere = [...this.#rows.values()].some(({ uncounted }) => uncounted > 0)
    const lines = [
      [this.#title, 'passed', 'failed', ...(elsewhere ? ['well, but not where drawn'] : [])],
      ...[...this.#rows].map(([where, { passed, failed, uncounted }]) => [
        where,
        ...[passed, failed, ...(elsewhere ? [uncounted] : [])].map(String),
      ]),
    ]
    const widths = [0, 1, 2, 3].map((i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)))
    const table = lines.map((line) =>
      line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
    )
    const failures = this.#failures.slice(0, shownFailures).map((failure) => `failed: ${failure}`)
    if (this.#failures.length > shownFailures) failures.push(`failed: ${this.#failures.length - shownFailures} more`)
    const passed = [...this.#rows.values()].reduce((sum, row) => sum + row.passed, 0)
    return [...table, ...failures, `${passed} passed, ${this.failed} failed`].join('\n')
  }

  #row(where: string): Row {
    const row = this.#rows.get(where) ?? { passed: 0, failed: 0, uncounted: 0 }
    this.#rows.set(where, row)
    return row
  }
}
