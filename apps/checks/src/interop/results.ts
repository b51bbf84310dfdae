/** What came of the checks, by program and subject. */
export class Results {
  readonly #rows = new Map<string, { passed: number; failed: number }>()
  readonly #failures: string[] = []

  /** Runs one check. @param what a row, such as `OpenSSL verifies` @param subject which of its kind, such as a spec */
  async check(what: string, subject: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    let wrong: string | undefined
    try {
      if (!(await holds())) wrong = 'it does not'
    } catch (error) {
      wrong = error instanceof Error ? error.message : String(error)
    }
    const row = this.#rows.get(what) ?? { passed: 0, failed: 0 }
    this.#rows.set(what, row)
    if (wrong === undefined) row.passed++
    else {
      row.failed++
      this.#failures.push(`failed: ${what}, ${subject}: ${wrong}`)
    }
  }

  get failed(): number {
    return this.#failures.length
  }

  /** A table, the failures, and `N passed, N failed`. */
  toString(): string {
    const width = Math.max(0, ...[...this.#rows.keys()].map((what) => what.length))
    const rows = [...this.#rows].map(
      ([what, { passed, failed }]) => `${what.padEnd(width)}  ${passed} passed  ${failed} failed`,
    )
    const passed = [...this.#rows.values()].reduce((sum, row) => sum + row.passed, 0)
    return [...rows, ...this.#failures, `${passed} passed, ${this.failed} failed`].join('\n')
  }
}
