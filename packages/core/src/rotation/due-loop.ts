import type { Environment } from '../access/environment.ts'
import { inBackground } from '../background-timer.ts'
import { KmsError } from '../errors.ts'
import type { DueWork } from './due-work.ts'

/** Between opening and the first run, milliseconds: processes that start together do not run together. */
const first = { least: 5_000, most: 30_000 } as const
/** Part of the period by which each run is earlier or later. */
const jitter = 0.1

/**
 * Does due work soon after opening and then in each period, in a process that may administer the ring. Of many processes one does it: the
 * others find that it was done within half a period. Its timer keeps no process alive.
 */
export class DueLoop {
  readonly #work: DueWork
  readonly #environment: Environment
  readonly #period: number
  #timer: ReturnType<typeof setTimeout> | undefined
  #ended = false

  /** @param period milliseconds */
  constructor(work: DueWork, environment: Environment, period: number) {
    this.#work = work
    this.#environment = environment
    this.#period = period
  }

  begin(): void {
    this.#in(first.least + Math.random() * (first.most - first.least))
  }

  /** Ends the loop; a run that is under way ends with the store. */
  end(): void {
    this.#ended = true
    clearTimeout(this.#timer)
  }

  #in(milliseconds: number): void {
    if (this.#ended) return
    this.#timer = setTimeout(() => {
      void this.#run().finally(() => this.#in(this.#period * (1 - jitter + Math.random() * 2 * jitter)))
    }, milliseconds)
    inBackground(this.#timer)
  }

  async #run(): Promise<void> {
    try {
      const last = await this.#work.last()
      const passed = this.#environment.wall() - (last?.time ?? Number.NEGATIVE_INFINITY)
      // One that did not end gave nothing back: its process is gone, or still at it, which the claim tells.
      if (last?.state === 'idle' && passed >= 0 && passed < this.#period / 2) return
      const { failed } = await this.#work.work({ interval: this.#period })
      for (const { code, message } of failed) this.#environment.onWarning({ code, message })
    } catch (error) {
      if (this.#ended || !(error instanceof KmsError)) return
      this.#environment.onWarning({ code: error.code, message: error.message })
    }
  }
}
