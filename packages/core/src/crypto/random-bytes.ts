/** Gives that many bytes from the platform's CSPRNG, in an array that nobody else has: the caller's to wipe. */
export type RandomBytes = (length: number) => Uint8Array

/** Asks the platform anew each time. */
export const freshBytes: RandomBytes = (length) => globalThis.crypto.getRandomValues(new Uint8Array(length))

/**
 * Random bytes for much that is made at once, asked for together: each question costs ten microseconds, and three times that while threads sign.
 * Whoever makes it wipes it when the work is done. Beyond its length it gives fresh ones.
 */
export class RandomSupply {
  readonly #bytes: Uint8Array
  #taken = 0

  /** @param length bytes, up to 65,536 */
  constructor(length: number) {
    this.#bytes = freshBytes(length)
  }

  /** Bytes that nobody had. */
  readonly take: RandomBytes = (length) => {
    const end = this.#taken + length
    if (end > this.#bytes.length) return freshBytes(length)
    const taken = this.#bytes.slice(this.#taken, end)
    this.#bytes.fill(0, this.#taken, end)
    this.#taken = end
    return taken
  }

  /** Forgets what was not taken. */
  wipe(): void {
    this.#bytes.fill(0)
    this.#taken = this.#bytes.length
  }
}
