const saltLength = 24
const pooled = 42
const lifetimeMs = 100

/** Fills an array with random bytes from the platform's CSPRNG. */
export type RandomFill = (bytes: Uint8Array<ArrayBuffer>) => void

/** The platform's CSPRNG through WebCrypto. */
export const platformRandom: RandomFill = (bytes) => {
  crypto.getRandomValues(bytes)
}

/**
 * Fresh salts out of a small pool in the module's memory, since asking the platform for each costs a microsecond. The pool is
 * 1,008 bytes and 100 ms old at most, so that a machine cloned while it runs repeats no salts; the module wipes each as it takes it.
 */
export class SaltPool {
  readonly #pool: Uint8Array<ArrayBuffer>
  readonly #randomFill: RandomFill
  #next = pooled * saltLength
  #filled = 0

  constructor(memory: ArrayBuffer, at: number, randomFill: RandomFill) {
    this.#pool = new Uint8Array(memory, at, pooled * saltLength)
    this.#randomFill = randomFill
  }

  /** Where in the pool a salt is that nobody has had; the caller wipes it when it is used. */
  take(): number {
    if (this.#next === this.#pool.length || performance.now() - this.#filled > lifetimeMs) {
      this.#randomFill(this.#pool)
      this.#next = 0
      this.#filled = performance.now()
    }
    const salt = this.#next
    this.#next += saltLength
    return salt
  }

  /** Forgets the salts that are left. */
  drop(): void {
    this.#pool.fill(0)
    this.#next = this.#pool.length
  }
}
