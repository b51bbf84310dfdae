/** Milliseconds of calls in a row after which the next one gives way. */
const sliceMs = 20

/**
 * Gives way now and then. SQLite answers at once, so that a long row of awaited calls, such as a walk through all keys, would let no
 * timer run: no renewal, and no look at what others changed.
 */
export class Turns {
  /** When the calls of this turn of the event loop began. */
  #began: number | undefined

  /** To be awaited before each call. */
  async take(): Promise<void> {
    if (this.#began === undefined) {
      this.#began = performance.now()
      setImmediate(() => {
        this.#began = undefined
      })
    } else if (performance.now() - this.#began > sliceMs) {
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}
