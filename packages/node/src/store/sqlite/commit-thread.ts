import { workerData } from 'node:worker_threads'
import { type CommitResult, KmsError } from '@kms/core'
import { answering } from '../../threads/answering.ts'
import { inTurn, type SharedTurn } from '../../threads/turn.ts'
import { runCommit } from './commit.ts'
import { defaultDriver } from './connection.ts'
import { OpenDatabase } from './open-database.ts'
import { type PackedCommit, unpackCommit } from './packed-commit.ts'

// The program of the thread that `ThreadedCommits` starts: a connection of its own, and the commits that it is given.

/** What a thread is started with. */
export interface CommitThreadStart {
  readonly path: string
  readonly busyTimeoutMs: number
  /** Name of the driver that the process has the file open with. */
  readonly driver: string
  readonly turn: SharedTurn
}

export type CommitRequest = 'open' | 'close' | PackedCommit

/** What became of a commit: an error of ours would not be one any more when it arrives. */
export type CommitAnswer =
  | 'done'
  | 'other-driver'
  | { readonly result: CommitResult }
  | { readonly error: Pick<KmsError, 'code' | 'message' | 'retry'> }

const { path, busyTimeoutMs, driver, turn } = workerData as CommitThreadStart
let database: OpenDatabase | undefined

answering(async (request: CommitRequest) => ({ answer: await inTurn(turn, () => answerOf(request)) }))

async function answerOf(request: CommitRequest): Promise<CommitAnswer> {
  if (request === 'close') {
    database?.close()
    return 'done'
  }
  // Two SQLites in one process would not see each other's locks (sqlite.org/howtocorrupt.html §2.2.1).
  if (defaultDriver().name !== driver) return 'other-driver'
  try {
    database ??= await OpenDatabase.open(path, { busyTimeoutMs })
    if (request === 'open') return 'done'
    const commit = unpackCommit(request)
    return { result: await database.run((connection) => runCommit(connection, commit)) }
  } catch (error) {
    // Anything else is a defect, and ends the thread.
    if (!(error instanceof KmsError)) throw error
    const { code, message, retry } = error
    return { error: { code, message, retry } }
  }
}
