import { type FileHandle, open } from 'node:fs/promises'
import { KmsError } from '@kms/core'
import { fileError } from './failures.ts'
import { NewFile } from './new-file.ts'
import { type OpenPiecesOptions, openPieces, type SealPiecesOptions, sealPieces } from './pieces.ts'

const readLength = 1 << 20

export interface FileOptions {
  /** Replaces an output that is there. Without it that is `file-exists`. */
  readonly force?: boolean
  /** Permissions of the output, 0o600 unless given. */
  readonly mode?: number
  /** Told after each mebibyte of input how far it is, in bytes. */
  readonly onProgress?: (done: number, total: number) => void
}

/**
 * Encrypts a file to recipients, in bounded memory. The output has its name when it is whole and on the disk, and not before.
 * @throws `file-exists`, `file-unavailable`, `aborted`, `invalid-context`, `invalid-argument`; what the recipients throw
 */
export async function sealFile(input: string, output: string, options: SealPiecesOptions & FileOptions): Promise<void> {
  await transform(input, output, options, (source) => sealPieces(source, options))
}

/**
 * Decrypts a file. The output has its name when all of it was authenticated, and not before.
 * @throws `file-exists`, `file-unavailable`, `aborted`, and as `openPieces`
 */
export async function openFile(input: string, output: string, options: OpenPiecesOptions & FileOptions): Promise<void> {
  await transform(input, output, options, (source) => openPieces(source, options))
}

/**
 * A file's contents in pieces of 1 MiB. A piece is valid until the next but one is asked for, and the next one is read meanwhile.
 * @throws `file-unavailable`
 */
export async function* readPieces(
  path: string,
  onProgress?: (done: number, total: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  let file: FileHandle
  try {
    file = await open(path, 'r')
  } catch (error) {
    throw fileError(path, 'read', error)
  }
  const buffers = [new Uint8Array(readLength), new Uint8Array(readLength)] as const
  let reading: Promise<number> | undefined
  try {
    const stats = await file.stat()
    if (stats.isDirectory()) throw new KmsError('file-unavailable', `${path} cannot be read: it is a folder.`)
    const readInto = async (buffer: Uint8Array): Promise<number> => {
      const { bytesRead } = await file.read(buffer, 0, readLength, null)
      return bytesRead
    }
    reading = readInto(buffers[0])
    for (let done = 0, i: 0 | 1 = 0; ; i = i === 0 ? 1 : 0) {
      const length = await reading
      if (length === 0) return
      reading = readInto(buffers[i === 0 ? 1 : 0])
      // A failure is thrown where it is awaited, in the next round, if there is one.
      reading.catch(() => {})
      yield buffers[i].subarray(0, length)
      done += length
      onProgress?.(done, stats.size)
    }
  } catch (error) {
    throw fileError(path, 'read', error)
  } finally {
    await reading?.catch(() => {})
    for (const buffer of buffers) buffer.fill(0)
    await file.close()
  }
}

async function transform(
  input: string,
  output: string,
  options: FileOptions,
  work: (source: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>,
): Promise<void> {
  const file = await NewFile.create(output, options)
  let writing: Promise<void> = Promise.resolve()
  try {
    for await (const piece of work(readPieces(input, options.onProgress))) {
      // Unlike write, writeFile goes on until all of it is written. The next piece is made meanwhile.
      await writing
      writing = file.handle
        .writeFile(piece)
        .catch((error: unknown) => Promise.reject(fileError(output, 'written', error)))
      writing.catch(() => {})
    }
    await writing
  } catch (error) {
    await writing.catch(() => {})
    await file.discard()
    throw error
  }
  await file.commit()
}
