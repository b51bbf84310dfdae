import type { Thread } from './thread.ts'

/** Milliseconds without work after which a thread ends. */
const idleMs = 5_000

export interface Demand<Request, Answer> {
  readonly start: () => Thread<Request, Answer> | undefined
  /** Asked first: the thread takes work when it has answered `ready` to it. */
  readonly open: Request
  /** Asked last. */
  readonly close: Request
  readonly isReady: (answer: Answer) => boolean
  /** Pieces of work after which a thread is started: what ends sooner is done before one is there. */
  readonly startAfter: number
}

/** A thread that is there while there is much to do, and ends when there was nothing for a while. */
export class ThreadOnDemand<Request, Answer> {
  readonly #demand: Demand<Request, Answer>
  #thread: Thread<Request, Answer> | undefined
  #ready = false
  #pieces = 0
  #idle: NodeJS.Timeout | undefined

  constructor(demand: Demand<Request, Answer>) {
    this.#demand = demand
  }

  /** To be called for each piece of work. @returns undefined where there is no thread to give it to, yet or any more */
  forWork(): Thread<Request, Answer> | undefined {
    // One that never was ready never will be: its program is missing.
    if (this.#ready && this.#thread?.ended === true) this.#forget()
    if (++this.#pieces === this.#demand.startAfter) void this.#start()
    if (!this.#ready) return undefined
    this.#waitForWork()
    return this.#thread
  }

  /** Ends the thread when it has done what it was given. */
  async end(): Promise<void> {
    const thread = this.#thread
    this.#forget()
    await thread?.ask(this.#demand.close)
    await thread?.end()
  }

  async #start(): Promise<void> {
    const thread = this.#demand.start()
    this.#thread = thread
    const answer = await thread?.ask(this.#demand.open)
    // It may have been told to end.
    if (thread === undefined || thread !== this.#thread) return
    this.#ready = answer !== undefined && this.#demand.isReady(answer)
    if (this.#ready) this.#waitForWork()
    else await thread.end()
  }

  #forget(): void {
    clearTimeout(this.#idle)
    this.#thread = undefined
    this.#ready = false
    this.#pieces = 0
  }

  #waitForWork(): void {
    clearTimeout(this.#idle)
    this.#idle = setTimeout(() => void this.end(), idleMs).unref()
  }
}
