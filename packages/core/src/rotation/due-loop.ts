import type { Environment } from '../access/environment.ts'
import { KmsError } from '../errors.ts'
import type { DueWork } from './due-work.ts'

/** Does due work now and then, in a process that holds handles and may administer the ring. Its timer keeps no process alive. */
export class DueLoop {
  readonly #work: DueWork
  readonly #environment: Environment
  readonly #period: number
  #timer: ReturnType<typeof setInterval> | undefined
  #running: Promise<void> | undefined
  #ended = false

  /** @param period milliseconds */
  constructor(work: DueWork, environment: Environment, period: number) {
    this.#work = work
    this.#environment = environment
    this.#period = period
  }

  begin(): void {
    if (this.#timer !== undefined || this.#ended) return
    this.#timer = setInterval(() => {
      this.#running ??= this.#run().finally(() => {
        this.#running = undefined
      })
    }, this.#period)
    const timer = this.#timer as { unref?: () => void }
    timer.unref?.()
  }

  /** Ends the loop; a run that is under way goes on with what it began, or ends with the store. */
  end(): void {
    this.#ended = true
    clearInterval(this.#timer)
  }

  async #run(): Promise<void> {
    try {
      const { failed } = await this.#work.work()
      for (const { code, message } of failed) this.#environment.onWarning({ code, message })
    } catch (error) {
      if (this.#ended || !(error instanceof KmsError)) return
      this.#environment.onWarning({ code: error.code, message: error.message })
    }
  }
}
