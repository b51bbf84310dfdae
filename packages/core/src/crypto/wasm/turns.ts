import { KmsError } from '../../errors.ts'
import type { DerivationOptions } from '../primitives.ts'

/** How long a derivation keeps the thread before others have a turn, in milliseconds. */
const turnMs = 40

/** The turns that a long derivation takes on a thread it shares: it reports and may be stopped between them. */
export class Turns {
  readonly #options: DerivationOptions
  #start = performance.now()

  /** @throws `aborted` if the signal is already */
  constructor(options: DerivationOptions) {
    this.#options = options
    this.#check()
  }

  /** Whether the thread was kept long enough. */
  get over(): boolean {
    return performance.now() - this.#start > turnMs
  }

  /**
   * Lets others have the thread, then goes on.
   * @param done the part done, 0 to 1
   * @throws `aborted`
   */
  async next(done: number): Promise<void> {
    this.#options.onProgress?.(done)
    await this.rest()
    this.#check()
  }

  /** The same for work that must be done in any case. */
  async rest(): Promise<void> {
    await new Promise<void>((resolve) => setTimeout(resolve, 0))
    this.#start = performance.now()
  }

  #check(): void {
    if (this.#options.signal?.aborted) throw new KmsError('aborted', 'The key derivation was cancelled.')
  }
}
