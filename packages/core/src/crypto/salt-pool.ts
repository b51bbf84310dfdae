const saltLength = 24
const lifetimeMs = 100

/** Salts in a pool; they take 1,008 bytes. */
const pooledSalts = 42

/** Bytes that a pool takes: 42 salts, less than 1 KiB. */
export const poolLength: number = pooledSalts * saltLength

/** Fills an array with random bytes from a CSPRNG. */
export type RandomFill = (bytes: Uint8Array<ArrayBuffer>) => void

/** The platform's CSPRNG through WebCrypto. */
export const platformRandom: RandomFill = (bytes) => {
  crypto.getRandomValues(bytes)
}

/**
 * Fresh salts out of a small pool, since asking the platform for each costs a microsecond. The pool has 1,008 bytes and hands
 * out salts for 100 ms at most, so that a machine cloned while it runs repeats few salts, or none; each is handed out once.
 */
export class SaltPool {
  readonly #pool: Uint8Array<ArrayBuffer>
  readonly #randomFill: RandomFill
  #next = poolLength
  #filled = 0

  /** @param pool 1,008 bytes that are the pool's alone, such as a part of the module's memory */
  constructor(pool: Uint8Array<ArrayBuffer>, randomFill: RandomFill) {
    this.#pool = pool
    this.#randomFill = randomFill
  }

  /** Where in the pool 24 bytes are that nobody has had; whoever takes them wipes them there. */
  take(): number {
    if (this.#next === poolLength || performance.now() - this.#filled > lifetimeMs) {
      this.#randomFill(this.#pool)
      this.#next = 0
      this.#filled = performance.now()
    }
    const salt = this.#next
    this.#next += saltLength
    return salt
  }

  /** 24 bytes that nobody has had, as an array of their own. */
  takeCopy(): Uint8Array {
    const at = this.take()
    const salt = this.#pool.slice(at, at + saltLength)
    this.#pool.fill(0, at, at + saltLength)
    return salt
  }

  /** Forgets the salts that are left. */
  drop(): void {
    this.#pool.fill(0)
    this.#next = poolLength
  }
}
