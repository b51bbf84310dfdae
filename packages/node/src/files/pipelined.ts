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
   * Turns a piece into `target`. It is called for the next piece before it has ended for this one, and ends in order.
   * @param last whether it is the last one
   * @returns bytes written there
   */
  work(piece: Uint8Array, last: boolean, target: Uint8Array): Promise<number>
  readonly signal?: AbortSignal | undefined
}

/** A piece is read, one is in work and one is written, at any time. */
const places = 3

/**
 * Works a file through in large pieces: while one is in work the next is read and the one before is written, on Node's thread pool.
 * Three buffers in and three out, which threads can share, are all the memory it takes, and they are wiped.
 * @throws `aborted`, `file-unavailable`; what the work throws. Nothing is being read, worked on or written any more then
 */
export async function pipelined({ input, output, signal, ...job }: PipelinedWork): Promise<void> {
  const pieces = buffers(job.pieceLength)
  const rooms = buffers(job.roomLength)
  /** What is under way with each pair of buffers: settled when its piece is written. */
  const written: Promise<void>[] = pieces.map(() => Promise.resolve())
  const working: Promise<number>[] = []
  let reading = input.fill(pieces[0] as Uint8Array)
  let writing: Promise<void> = Promise.resolve()
  try {
    for (let i = 0, last = false; !last; i = (i + 1) % places) {
      const [piece, room] = [pieces[i] as Uint8Array, rooms[i] as Uint8Array]
      const length = await reading
      last = length < job.pieceLength
      if (!last) {
        const next = (i + 1) % places
        await written[next]
        reading = input.fill(pieces[next] as Uint8Array)
        // A failure is thrown where it is awaited.
        reading.catch(() => {})
      }
      if (signal?.aborted === true) {
        throw new KmsError('aborted', 'Cancelled before it was done. Nothing was left half-written.')
      }
      const made = job.work(piece.subarray(0, length), last, room)
      working[i] = made
      writing = inOrder(writing, made, (bytes) => output.write(room.subarray(0, bytes)))
      writing.catch(() => {})
      written[i] = writing
    }
    await writing
  } finally {
    await Promise.allSettled([reading, ...working, ...written])
    for (const buffer of [...pieces, ...rooms]) buffer.fill(0)
  }
}

async function inOrder(before: Promise<void>, made: Promise<number>, write: (bytes: number) => Promise<void>) {
  // Both are awaited at once, so that neither's failure goes unseen.
  const [bytes] = await Promise.all([made, before])
  await write(bytes)
}

const buffers = (length: number): Uint8Array[] =>
  Array.from({ length: places }, () => new Uint8Array(new SharedArrayBuffer(length)))
