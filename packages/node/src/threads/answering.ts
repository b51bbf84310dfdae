import { parentPort, type Transferable } from 'node:worker_threads'

/** What a thread's program gives for a request, and the buffers in it that go over. */
export interface Answered<Answer> {
  readonly answer: Answer
  readonly transfer?: readonly Transferable[]
}

/** Answers what a `Thread` asks, one after the other: the program of such a thread calls it once. What `answer` throws ends the thread. */
export function answering<Request, Answer>(
  answer: (request: Request) => Answered<Answer> | Promise<Answered<Answer>>,
): void {
  let before: Promise<void> = Promise.resolve()
  parentPort?.on('message', (request: Request) => {
    before = before.then(async () => {
      const answered = await answer(request)
      parentPort?.postMessage(answered.answer, answered.transfer)
    })
  })
}
