/**
 * How often a key version was used in this process since it was last written down. The hot path counts here: a number and a branch, no
 * clock and nothing allocated.
 */
export class Uses {
  /** UUID of the key. */
  readonly key: string
  readonly version: number
  /** When the first of them was, on the wall clock. */
  since = 0
  #sealed = 0
  #opened = 0
  #refused = 0
  #waits = false
  readonly #onFirst: (uses: Uses) => void

  /** @param onFirst told of the first use after each `take` */
  constructor(key: string, version: number, onFirst: (uses: Uses) => void) {
    this.key = key
    this.version = version
    this.#onFirst = onFirst
  }

  /** Counts what was sealed. */
  seal(): void {
    this.#sealed++
    if (!this.#waits) this.#begin()
  }

  /** Counts what was opened. */
  open(): void {
    this.#opened++
    if (!this.#waits) this.#begin()
  }

  /** Counts what a state refused. */
  refuse(): void {
    this.#refused++
    if (!this.#waits) this.#begin()
  }

  /** The counts, which begin anew. */
  take(): { readonly sealed: number; readonly opened: number; readonly refused: number } {
    const taken = { sealed: this.#sealed, opened: this.#opened, refused: this.#refused }
    this.#sealed = 0
    this.#opened = 0
    this.#refused = 0
    this.#waits = false
    return taken
  }

  /** Adds counts that could not be written down. */
  giveBack({ sealed, opened, refused }: ReturnType<Uses['take']>, since: number): void {
    this.#sealed += sealed
    this.#opened += opened
    this.#refused += refused
    if (!this.#waits) this.#begin()
    this.since = since
  }

  #begin(): void {
    this.#waits = true
    this.#onFirst(this)
  }
}
