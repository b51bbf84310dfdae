import { beginOpening, beginSealing, chunkLength, longestStart, sealedChunkLength } from '@kms/core/envelope'
import { backendParts } from '../backend.ts'
import { InputFile } from './input-file.ts'
import { NewFile, type NewFileOptions } from './new-file.ts'
import type { OpenPiecesOptions, SealPiecesOptions } from './pieces.ts'
import { pipelined } from './pipelined.ts'

/** Chunks in work at a time: 1 MiB. Fewer cost speed in calls, more cost memory and gain nothing (bench stream). */
const chunksAtOnce = 64
const plainLength = chunksAtOnce * chunkLength
const sealedLength = chunksAtOnce * sealedChunkLength

export interface FileOptions extends NewFileOptions {
  /** Told after each mebibyte of input how far it is, in bytes. */
  readonly onProgress?: (done: number, total: number) => void
}

/** What became of a file. */
export interface FileResult {
  /** Bytes of the message. */
  readonly bytes: number
  /** Bytes of its envelope. */
  readonly envelopeBytes: number
}

/**
 * Encrypts a file to recipients (envelope v1, mode 2), in bounded memory. The output has its name when it is whole and on the disk, and
 * not before.
 * @throws `file-exists`, `file-unavailable`, `aborted`, `invalid-context`, `invalid-argument`; what the recipients throw
 */
export function sealFile(
  input: string,
  output: string,
  { backend, ...options }: SealPiecesOptions & FileOptions,
): Promise<FileResult> {
  return fileToFile(input, output, options, async (from, to) => {
    const { start, cipher } = await beginSealing({ ...backendParts(backend), ...options })
    let chunk = 0
    let bytes = 0
    try {
      await to.write(start)
      await pipelined({
        input: from,
        output: to,
        pieceLength: plainLength,
        roomLength: sealedLength,
        work(piece, last, room) {
          const made = cipher.seal(chunk, piece, last, room)
          chunk += chunksAtOnce
          bytes += piece.length
          options.onProgress?.(bytes, from.size)
          return made
        },
        signal: options.signal,
      })
    } finally {
      cipher.wipe()
    }
    return { bytes, envelopeBytes: to.length }
  })
}

/**
 * Decrypts a file. The output has its name when all of it was authenticated, and not before.
 * @throws `file-exists`, `file-unavailable`, `aborted`, and as `openPieces`
 */
export function openFile(
  input: string,
  output: string,
  { backend, ...options }: OpenPiecesOptions & FileOptions,
): Promise<FileResult> {
  return fileToFile(input, output, options, async (from, to) => {
    const head = new Uint8Array(longestStart)
    const start = head.subarray(0, await from.fill(head))
    const { startLength, cipher } = await beginOpening(start, { ...backendParts(backend), ...options })
    from.putBack(start.subarray(startLength))
    let chunk = 0
    let envelopeBytes = startLength
    try {
      await pipelined({
        input: from,
        output: to,
        pieceLength: sealedLength,
        roomLength: plainLength,
        work(piece, last, room) {
          const made = cipher.open(chunk, piece, last, room)
          chunk += chunksAtOnce
          envelopeBytes += piece.length
          options.onProgress?.(envelopeBytes, from.size)
          return made
        },
        signal: options.signal,
      })
    } finally {
      cipher.wipe()
    }
    return { bytes: to.length, envelopeBytes }
  })
}

/** Opens the one and makes the other, which appears when the work is done and not before. */
async function fileToFile<T>(
  input: string,
  output: string,
  options: NewFileOptions,
  work: (from: InputFile, to: NewFile) => Promise<T>,
): Promise<T> {
  const to = await NewFile.create(output, options)
  try {
    const from = await InputFile.open(input)
    try {
      const result = await work(from, to)
      await to.commit()
      return result
    } finally {
      await from.close()
    }
  } catch (error) {
    await to.discard()
    throw error
  }
}
