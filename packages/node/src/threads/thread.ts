import { type Transferable, Worker, type WorkerOptions } from 'node:worker_threads'

/**
 * A thread that answers what it is asked, in order. It keeps the process alive only while an answer is owed. Where it ends, whatever the
 * reason, what is owed is answered with undefined, as is everything from then on: whoever asks does it otherwise.
 */
export class Thread<Request, Answer> {
  readonly #worker: Worker
  /** Resolves when it is gone. */
  readonly exited: Promise<void>
  readonly #owed: ((answer: Answer | undefined) => void)[] = []
  #ended = false
  #cause: unknown

  private constructor(worker: Worker) {
    this.#worker = worker
    this.exited = new Promise((resolve) => worker.once('exit', () => resolve()))
    worker.on('message', (answer: Answer) => this.#answered(answer))
    worker.on('error', (cause) => {
      this.#cause = cause
      this.#lost()
    })
    worker.on('exit', () => this.#lost())
    worker.unref()
  }

  /**
   * @param program the name of a file of JavaScript that calls `answering`
   * @param beside URL of a file in its folder
   * @returns undefined where no thread may be started. One whose program is missing, as in a bundle, ends at once
   */
  static start<Request, Answer>(
    program: string,
    beside: string,
    options: WorkerOptions = {},
  ): Thread<Request, Answer> | undefined {
    try {
      return new Thread(new Worker(new URL(program, beside), { execArgv: [], env: {}, ...options }))
    } catch {
      return undefined
    }
  }

  /** Whether it ended: nothing is sent to it any more. */
  get ended(): boolean {
    return this.#ended
  }

  /** What it ended by, if that was an error. */
  get cause(): unknown {
    return this.#cause
  }

  /**
   * @param transfer buffers that go over, and are the caller's no longer
   * @returns undefined if the thread has ended without an answer
   */
  async ask(request: Request, transfer: readonly Transferable[] = []): Promise<Answer | undefined> {
    if (this.#ended) return undefined
    // What cannot be sent throws, and nothing is owed.
    this.#worker.postMessage(request, transfer)
    this.#worker.ref()
    return new Promise((resolve) => {
      this.#owed.push(resolve)
    })
  }

  /** Ends the thread, at once. */
  end(): Promise<void> {
    this.#lost()
    void this.#worker.terminate()
    return this.exited
  }

  #answered(answer: Answer): void {
    this.#owed.shift()?.(answer)
    if (this.#owed.length === 0) this.#worker.unref()
  }

  #lost(): void {
    this.#ended = true
    for (const settle of this.#owed.splice(0)) settle(undefined)
  }
}
