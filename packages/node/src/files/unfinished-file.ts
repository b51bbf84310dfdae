import { createHash } from 'node:crypto'
import { KmsError } from '@kms/core'
import type { NewFile } from './new-file.ts'
import { type Doing, leaveStopped, type Stopped } from './resume-note.ts'

/** What may go away by itself or by the user's doing. What was changed, or has no end, is no better next time. */
const worthKeeping: ReadonlySet<string> = new Set(['aborted', 'file-unavailable', 'root-unavailable'])

/** Thrown where what is written differs from what an earlier run wrote: it cannot be gone on with. */
export class Differs extends Error {}

/**
 * A file in the making that outlives an interruption. Gone on with, it is written again from its start: as long as that is what stands
 * there, nothing is written, and the first byte that differs ends it. So whatever comes of it is one run's work.
 */
export class UnfinishedFile {
  readonly file: NewFile
  /** Bytes that an earlier run wrote. */
  readonly resumedFrom: number
  readonly #resumes: Doing | undefined
  readonly #stopped: Stopped | undefined
  #commitment: string | undefined
  #attempted: Stopped['attempted']

  /**
   * @param resumes what is done, if it can be gone on with another time
   * @param stopped where an earlier run stopped, whose file this is
   */
  constructor(file: NewFile, resumes: Doing | undefined, stopped: Stopped | undefined) {
    this.file = file
    this.resumedFrom = stopped?.done ?? 0
    this.#resumes = resumes
    this.#stopped = stopped
  }

  get length(): number {
    return this.file.length
  }

  /**
   * Says what is sealed into it: by its commitment, which content key and salt.
   * @throws `Differs` if an earlier run began another
   */
  seals(commitment: Uint8Array): void {
    this.#commitment = Buffer.from(commitment).toString('base64')
    if (this.#stopped !== undefined && this.#stopped.commitment !== this.#commitment) throw new Differs()
  }

  /** @throws `Differs`, `file-unavailable` */
  async write(bytes: Uint8Array): Promise<void> {
    const there = Math.min(bytes.length, Math.max(0, this.resumedFrom - this.length))
    if (there > 0) await this.#compare(bytes.subarray(0, there))
    const rest = bytes.subarray(there)
    if (rest.length === 0) return
    if (this.length === this.resumedFrom) this.#checkAttempted(rest)
    const before = this.length
    try {
      await this.file.write(rest)
    } catch (error) {
      if (this.#resumes === 'encrypt') this.#attempted = digest(rest.subarray(this.length - before))
      throw error
    }
  }

  async #compare(bytes: Uint8Array): Promise<void> {
    const there = await this.file.pass(bytes.length)
    const same = Buffer.compare(there, bytes) === 0
    there.fill(0)
    if (!same) throw new Differs()
  }

  // Some of it may be out. Under the same nonce nothing else must follow.
  #checkAttempted(rest: Uint8Array): void {
    const attempted = this.#stopped?.attempted
    if (attempted === undefined) return
    if (digest(rest.subarray(0, attempted.length)).sha256 !== attempted.sha256) throw new Differs()
  }

  /**
   * Ends it after a failure: kept if it can be gone on with, or else discarded.
   * @returns the error to throw
   */
  async stop(output: string, error: unknown): Promise<unknown> {
    const done = Math.max(this.length, this.resumedFrom)
    if (this.#resumes === undefined || !(error instanceof KmsError) || !worthKeeping.has(error.code) || done === 0) {
      await this.file.discard()
      return error
    }
    const attempted = this.length > this.resumedFrom ? this.#attempted : (this.#attempted ?? this.#stopped?.attempted)
    const commitment = this.#commitment ?? this.#stopped?.commitment
    try {
      await this.file.keep(done)
      await leaveStopped(this.#resumes, output, { partial: this.file.temporaryName, done, commitment, attempted })
    } catch {
      await this.file.discard()
      return error
    }
    const { code, message, cause, retry } = error
    const kept = `What was done is kept, in ${this.file.temporaryName}: the same again goes on from there.`
    return new KmsError(code, `${code === 'aborted' ? 'Stopped before it was done.' : message} ${kept}`, {
      cause,
      retry,
    })
  }
}

const digest = (bytes: Uint8Array): { length: number; sha256: string } => ({
  length: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('base64'),
})
