import { KmsError } from '@kms/core'
import type { InputFile } from './input-file.ts'

/** One file on its way into another. */
export interface PipelinedWork {
  readonly input: InputFile
  /** What takes the output's bytes, in order. They stay as they are until it settles. */
  readonly output: { write(bytes: Uint8Array): Promise<void> }
  /** Bytes a piece has; only the last one is shorter, and may be empty. */
  readonly pieceLength: number
  /** Bytes that become of a piece, at most. */
  readonly roomLength: number
  /**
   * Turns a piece into `target`.
   * @param last whether it is the last one
   * @returns bytes written there
   */
  work(piece: Uint8Array, last: boolean, target: Uint8Array): number
  readonly signal?: AbortSignal | undefined
}

/**
 * Works a file through in large pieces: while one is in work the next is read and the one before is written, on Node's thread pool.
 * Two buffers in and two out are all the memory it takes, and they are wiped.
 * @throws `aborted`, `file-unavailable`; what the work throws. Nothing is being read or written any more then
 */
export async function pipelined({ input, output, signal, ...job }: PipelinedWork): Promise<void> {
  const pieces = [new Uint8Array(job.pieceLength), new Uint8Array(job.pieceLength)] as const
  const rooms = [new Uint8Array(job.roomLength), new Uint8Array(job.roomLength)] as const
  let reading = input.fill(pieces[0])
  let writing: Promise<void> = Promise.resolve()
  try {
    for (let i: 0 | 1 = 0, last = false; !last; i = i === 0 ? 1 : 0) {
      if (signal?.aborted === true) {
        throw new KmsError('aborted', 'Cancelled before it was done. Nothing was left half-written.')
      }
      const length = await reading
      last = length < job.pieceLength
      if (!last) {
        reading = input.fill(pieces[i === 0 ? 1 : 0])
        // A failure is thrown where it is awaited.
        reading.catch(() => {})
      }
      const made = job.work(pieces[i].subarray(0, length), last, rooms[i])
      await writing
      writing = output.write(rooms[i].subarray(0, made))
      writing.catch(() => {})
    }
    await writing
  } finally {
    await Promise.allSettled([reading, writing])
    for (const buffer of [...pieces, ...rooms]) buffer.fill(0)
  }
}
