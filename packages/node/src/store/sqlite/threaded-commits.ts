import { type Commit, type CommitResult, KmsError } from '@kms/core'
import { Thread } from '../../threads/thread.ts'
import type { CommitAnswer, CommitRequest, CommitThreadStart } from './commit-thread.ts'
import type { OpenDatabase } from './open-database.ts'
import { packCommit } from './packed-commit.ts'

/** From so many records on a commit takes longer than telling a thread of it. */
const manyRecords = 50

/**
 * Commits large changes on a thread with a connection of its own, while the next change is prepared here: a third of the time that many
 * keys take is SQLite's, whose calls return when all is on the disk (docs/decisions/threads.md).
 */
export class ThreadedCommits {
  readonly #database: OpenDatabase
  #thread: Thread<CommitRequest, CommitAnswer> | undefined
  #ready = false
  #large = 0

  constructor(database: OpenDatabase) {
    this.#database = database
  }

  /**
   * @returns undefined where it is to be done here: a small change, the first large ones, and wherever no thread may be started or its
   * program is missing, such as in a bundle
   */
  commit(commit: Commit): Promise<CommitResult> | undefined {
    if (commit.put.length < manyRecords) return undefined
    this.#large++
    // One alone would be done before a thread is there.
    if (this.#large === 2) this.#start()
    return this.#ready && this.#thread !== undefined ? this.#commitBy(this.#thread, commit) : undefined
  }

  /** Ends the thread when it has done what it was given. */
  async end(): Promise<void> {
    const thread = this.#thread
    this.#thread = undefined
    await thread?.ask('close')
    await thread?.end()
  }

  #start(): void {
    const { path, busyTimeoutMs } = this.#database
    const workerData: CommitThreadStart = { path, busyTimeoutMs }
    this.#thread = Thread.start(new URL('./commit-thread.js', import.meta.url), { workerData })
    void this.#thread?.ask('open').then((answer) => {
      this.#ready = answer === 'done'
    })
  }

  async #commitBy(thread: Thread<CommitRequest, CommitAnswer>, commit: Commit): Promise<CommitResult> {
    const packed = packCommit(commit)
    const answer = await thread.ask(packed, [packed.bytes.buffer])
    if (typeof answer === 'object' && 'result' in answer) return answer.result
    if (typeof answer === 'object')
      throw new KmsError(answer.error.code, answer.error.message, { retry: answer.error.retry })
    this.#ready = false
    throw new KmsError(
      'store-unavailable',
      `The thread that writes to the store ${this.#database.path} ended: it is not known whether the last change was made. Repeat it with the same request id.`,
    )
  }
}
