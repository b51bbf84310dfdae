import type { Opener } from '@kms/core'
import { beginOpening, beginSealing, chunkLength, longestStart, sealedChunkLength } from '@kms/core/envelope'
import { type Backend, type BackendParts, backendParts } from '../backend.ts'
import { withThread } from '../crypto/threaded-cipher.ts'
import { continueSealing } from './continue-sealing.ts'
import { withHeaderCopy } from './header-copy.ts'
import { InputFile } from './input-file.ts'
import { NewFile, type NewFileOptions, requireReplaceable } from './new-file.ts'
import type { OpenPiecesOptions, SealPiecesOptions } from './pieces.ts'
import { pipelined } from './pipelined.ts'
import { type Doing, takeStopped } from './resume-note.ts'
import { Differs, UnfinishedFile } from './unfinished-file.ts'

/** Chunks in work at a time: 1 MiB. Fewer cost speed in calls, more cost memory and gain nothing (bench stream). */
const chunksAtOnce = 64
const plainLength = chunksAtOnce * chunkLength
const sealedLength = chunksAtOnce * sealedChunkLength

export interface FileOptions extends NewFileOptions {
  /** Told after each mebibyte of input how far it is, in bytes. */
  readonly onProgress?: (done: number, total: number) => void
}

export interface SealFileOptions extends SealPiecesOptions, FileOptions {
  /**
   * Keeps what is done when it is aborted or a file fails, and goes on from there when it is called again for the same output. The
   * openers open what was begun: of one of the recipients, or the same password. What cannot be gone on with, because the file or the
   * recipients are others now, is begun anew. See docs/decisions/resume.md.
   */
  readonly resume?: { readonly openers: readonly Opener[] } | undefined
}

export interface OpenFileOptions extends OpenPiecesOptions, FileOptions {
  /** Keeps what is done when it is aborted or a file fails, and goes on from there when it is called again for the same output. */
  readonly resume?: boolean | undefined
}

/** What became of a file. */
export interface FileResult {
  /** Bytes of the message. */
  readonly bytes: number
  /** Bytes of its envelope. */
  readonly envelopeBytes: number
  /** Bytes of the output that an earlier run had written; 0 if there was none, or it could not be gone on with. */
  readonly resumedFrom: number
}

/**
 * Encrypts a file to recipients (envelope v1, mode 2), in bounded memory. The output has its name when it is whole and on the disk, and
 * not before.
 * @throws `file-exists`, `file-unavailable`, `aborted`, `invalid-context`, `invalid-argument`; what the recipients throw
 */
export function sealFile(input: string, output: string, options: SealFileOptions): Promise<FileResult> {
  const { backend, resume, ...sealing } = options
  return fileToFile(input, output, options, resume === undefined ? undefined : 'encrypt', async (from, to) => {
    const parts = { ...partsFor(from, backend), ...sealing }
    const { start, cipher } =
      to.resumedFrom === 0
        ? await beginSealing(parts)
        : await continueSealing(to, { ...parts, openers: resume?.openers ?? [] })
    let chunk = 0
    let bytes = 0
    try {
      to.seals(cipher.commitment)
      await to.write(start)
      await pipelined({
        input: from,
        output: to,
        pieceLength: plainLength,
        roomLength: sealedLength,
        async work(piece, last, room) {
          const first = chunk
          chunk += chunksAtOnce
          const made = await cipher.sealAside(first, piece, last, room)
          bytes += piece.length
          options.onProgress?.(bytes, from.size)
          return made
        },
        signal: options.signal,
      })
    } finally {
      cipher.wipe()
    }
    return { bytes, envelopeBytes: to.length, resumedFrom: to.resumedFrom }
  })
}

/**
 * Decrypts a file. The output has its name when all of it was authenticated, and not before.
 * @throws `file-exists`, `file-unavailable`, `aborted`, and as `openPieces`
 */
export function openFile(input: string, output: string, options: OpenFileOptions): Promise<FileResult> {
  const { backend, resume, ...opening } = options
  return fileToFile(input, output, options, resume === true ? 'decrypt' : undefined, async (from, to) => {
    const head = new Uint8Array(longestStart)
    const start = head.subarray(0, await from.fill(head))
    const parts = { ...partsFor(from, backend), ...opening }
    const { startLength, cipher } = await withHeaderCopy(input, start, (whole) => beginOpening(whole, parts))
    from.putBack(start.subarray(startLength))
    let chunk = 0
    let envelopeBytes = startLength
    try {
      await pipelined({
        input: from,
        output: to,
        pieceLength: sealedLength,
        roomLength: plainLength,
        async work(piece, last, room) {
          const first = chunk
          chunk += chunksAtOnce
          const made = await cipher.openAside(first, piece, last, room)
          envelopeBytes += piece.length
          options.onProgress?.(envelopeBytes, from.size)
          return made
        },
        signal: options.signal,
      })
    } finally {
      cipher.wipe()
    }
    return { bytes: to.length, envelopeBytes, resumedFrom: to.resumedFrom }
  })
}

/** Starting a thread takes as long as it saves with this many bytes (bench stream). */
const threadFrom = 64 * 2 ** 20

function partsFor(from: InputFile, backend: Backend | undefined): BackendParts {
  const parts = backendParts(backend)
  if (backend === 'wasm' || from.size < threadFrom) return parts
  return { ...parts, primitives: withThread(parts.primitives) }
}

/** Opens the one and makes the other, which appears when the work is done and not before. */
async function fileToFile<T>(
  input: string,
  output: string,
  options: NewFileOptions,
  resumes: Doing | undefined,
  work: (from: InputFile, to: UnfinishedFile) => Promise<T>,
): Promise<T> {
  await requireReplaceable(output, options.force === true)
  const stopped = resumes === undefined ? undefined : await takeStopped(resumes, output)
  const earlier =
    stopped === undefined ? undefined : await NewFile.reopen(output, stopped.partial, stopped.done, options)
  if (earlier !== undefined) {
    try {
      return await worked(new UnfinishedFile(earlier, resumes, stopped))
    } catch (error) {
      if (!(error instanceof Differs)) throw error
    }
  }
  return worked(new UnfinishedFile(await NewFile.create(output, options), resumes, undefined))

  async function worked(to: UnfinishedFile): Promise<T> {
    try {
      const from = await InputFile.open(input)
      try {
        const result = await work(from, to)
        await to.file.commit()
        return result
      } finally {
        await from.close()
      }
    } catch (error) {
      throw await to.stop(output, error)
    }
  }
}
