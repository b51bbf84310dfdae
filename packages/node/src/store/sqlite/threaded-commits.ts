import { type Commit, type CommitResult, KmsError } from '@kms/core'
import { Thread } from '../../threads/thread.ts'
import { ThreadOnDemand } from '../../threads/thread-on-demand.ts'
import { forgetAtExit, sharedTurn, waitForAtExit } from '../../threads/turn.ts'
import type { CommitAnswer, CommitRequest, CommitThreadStart } from './commit-thread.ts'
import { defaultDriver } from './connection.ts'
import type { OpenDatabase } from './open-database.ts'
import { packCommit } from './packed-commit.ts'

/** From so many records on a commit takes longer than telling a thread of it. */
const manyRecords = 50

/**
 * Commits large changes on a thread with a connection of its own, while the next change is prepared here: SQLite's calls return when all
 * is on the disk (docs/decisions/threads.md).
 */
export class ThreadedCommits {
  readonly #path: string
  readonly #demand: ThreadOnDemand<CommitRequest, CommitAnswer>

  constructor({ path, busyTimeoutMs }: OpenDatabase) {
    this.#path = path
    this.#demand = new ThreadOnDemand({
      start() {
        const turn = sharedTurn()
        const workerData: CommitThreadStart = { path, busyTimeoutMs, driver: defaultDriver().name, turn }
        const thread = Thread.start<CommitRequest, CommitAnswer>('./commit-thread.js', import.meta.url, { workerData })
        if (thread === undefined) return undefined
        waitForAtExit(turn)
        void thread.exited.then(() => forgetAtExit(turn))
        return thread
      },
      open: 'open',
      close: 'close',
      isReady: (answer) => answer === 'done',
      // One alone would be done before a thread is there.
      startAfter: 2,
    })
  }

  /**
   * @returns undefined where it is to be done here: a small change, the first large ones, and wherever no thread may be started or its
   * program is missing, such as in a bundle
   */
  commit(commit: Commit): Promise<CommitResult> | undefined {
    const thread = commit.put.length < manyRecords ? undefined : this.#demand.forWork()
    return thread && this.#commitBy(thread, commit)
  }

  /** Ends the thread when it has done what it was given. */
  end(): Promise<void> {
    return this.#demand.end()
  }

  async #commitBy(thread: Thread<CommitRequest, CommitAnswer>, commit: Commit): Promise<CommitResult> {
    const packed = packCommit(commit)
    const answer = await thread.ask(packed, [packed.joined.bytes.buffer])
    if (typeof answer === 'object' && 'result' in answer) return answer.result
    if (typeof answer === 'object') {
      const { code, message, retry } = answer.error
      throw new KmsError(code, message, { retry })
    }
    throw new KmsError(
      'store-unavailable',
      `The thread that writes to the store ${this.#path} ended: it is not known whether the last change was made. Read again; repeat it with its request id, or createMany with ifAbsent.`,
      { cause: thread.cause },
    )
  }
}
