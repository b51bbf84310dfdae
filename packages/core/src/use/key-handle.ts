import type { VersionInMemory } from '../versions/version-in-memory.ts'
import type { HeldKey } from './held-key.ts'

/** What every handle says of its key, and its release. */
export abstract class KeyHandle<Version extends VersionInMemory> {
  readonly #held: HeldKey<Version>

  /** Use `kms.use`. */
  protected constructor(held: HeldKey<Version>) {
    this.#held = held
  }

  get name(): string {
    return this.#held.key.name
  }

  /** UUID in lower case. */
  get id(): string {
    return this.#held.key.id
  }

  /** What sort of key it is: a name of `keySpecs`. */
  get spec(): string {
    return this.#held.key.spec
  }

  /** The label of the primary version, which protects now; null if there is none. */
  get version(): string | null {
    return this.#held.primaryLabel
  }

  /** Gives the key back; the last handle's release wipes it. Releasing twice is no error. */
  release(): void {
    this.#held.release()
  }

  [Symbol.dispose](): void {
    this.release()
  }
}
