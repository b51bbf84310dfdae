import { randomFillSync } from 'node:crypto'
import { saltLength } from './native-body.ts'

const pooled = 42
const lifetimeMs = 100

/**
 * Fresh salts out of a small pool, since asking the system for each costs a microsecond. The pool is ≤ 1 KiB and lives
 * 100 ms, so that a machine cloned while running repeats no salts.
 */
export class RandomSalts {
  #pool = new Uint8Array(pooled * saltLength)
  #at = pooled * saltLength
  #filled = 0

  /** 24 bytes, a copy of their own. */
  take(): Uint8Array {
    if (this.#at >= this.#pool.length || performance.now() - this.#filled > lifetimeMs) {
      randomFillSync(this.#pool)
      this.#at = 0
      this.#filled = performance.now()
    }
    const salt = this.#pool.slice(this.#at, this.#at + saltLength)
    this.#at += saltLength
    return salt
  }
}
