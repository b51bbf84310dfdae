import { type Transferable, Worker, type WorkerOptions } from 'node:worker_threads'

/**
 * A thread that answers what it is asked, in order. It keeps the process alive only while an answer is owed. Where it ends, whatever the
 * reason, what is owed is answered with undefined, as is everything from then on: whoever asks does it otherwise.
 */
export class Thread<Request, Answer> {
  readonly #worker: Worker
  readonly #exited: Promise<void>
  readonly #owed: ((answer: Answer | undefined) => void)[] = []
  #ended = false

  private constructor(worker: Worker) {
    this.#worker = worker
    this.#exited = new Promise((resolve) => worker.once('exit', () => resolve()))
    worker.on('message', (answer: Answer) => this.#answered(answer))
    worker.on('error', () => this.#lost())
    worker.on('exit', () => this.#lost())
    worker.unref()
  }

  /**
   * @param program a file of JavaScript that answers with `answering`
   * @returns undefined where no thread may be started. One whose program is missing, as in a bundle, ends at once
   */
  static start<Request, Answer>(program: URL, options: WorkerOptions): Thread<Request, Answer> | undefined {
    try {
      return new Thread(new Worker(program, { execArgv: [], env: {}, ...options }))
    } catch {
      return undefined
    }
  }

  /**
   * @param transfer buffers that go over, and are the caller's no longer
   * @returns undefined if the thread has ended without an answer
   */
  ask(request: Request, transfer: readonly Transferable[] = []): Promise<Answer | undefined> {
    return new Promise((resolve) => {
      if (this.#ended) return resolve(undefined)
      this.#owed.push(resolve)
      this.#worker.ref()
      this.#worker.postMessage(request, transfer)
    })
  }

  /** Ends the thread, at once. */
  end(): Promise<void> {
    this.#lost()
    void this.#worker.terminate()
    return this.#exited
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
