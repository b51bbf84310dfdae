import { open, realpath, stat } from 'node:fs/promises'
import { KmsError, type Rewrapped } from '@kms/core'
import { longestStart } from '@kms/core/envelope'
import { fileError } from './failures.ts'
import { finishHeaderCopy, readStart, withHeaderCopy, writeHeaderInPlace } from './header-copy.ts'
import { NewFile } from './new-file.ts'

const pieceLength = 2 ** 20

/** What became of a file's header. */
export interface RewrappedFile extends Rewrapped {
  /** `unchanged`: it was so already. `in-place`: the header alone was written. `copied`: it did not fit, and the file was written anew. */
  readonly written: 'unchanged' | 'in-place' | 'copied'
}

/**
 * Changes who can open an envelope's file, without touching its data: in place where the new header has the old one's length
 * (padding makes room), else by one copy of the file. A crash leaves a file that opens with its old or its new header. What an
 * earlier crash left is finished first. One process at a time may rewrap a file.
 * @param rewrap what makes the new header: `(start) => kms.rewrap(start, { context })`, or `rewrapHeader` with more to say
 * @throws `file-unavailable`; what `rewrap` throws, and then nothing is changed
 */
export async function rewrapFile(
  path: string,
  rewrap: (start: Uint8Array) => Promise<Rewrapped>,
): Promise<RewrappedFile> {
  const file = await fileItself(path)
  await finishHeaderCopy(file)
  const start = await readStart(file, longestStart)
  const rewrapped = await rewrap(start)
  const { header, replaces } = rewrapped
  const old = start.subarray(0, replaces)
  if (Buffer.compare(header, old) === 0) return { ...rewrapped, written: 'unchanged' }
  if (header.length === replaces) {
    await writeHeaderInPlace(file, old, header)
    return { ...rewrapped, written: 'in-place' }
  }
  await copyWithHeader(file, header, replaces)
  return { ...rewrapped, written: 'copied' }
}

/**
 * What `rewrapFile` would do, without writing anything.
 * @throws as `rewrapFile`
 */
export async function previewRewrap(
  path: string,
  rewrap: (start: Uint8Array) => Promise<Rewrapped>,
): Promise<Rewrapped> {
  const file = await fileItself(path)
  return withHeaderCopy(file, await readStart(file, longestStart), rewrap)
}

/** The copy of a header stands beside the file itself, not beside a link to it. */
async function fileItself(path: string): Promise<string> {
  try {
    const file = await realpath(path)
    if ((await stat(file)).isFile()) return file
  } catch (error) {
    throw fileError(path, 'read', error)
  }
  throw new KmsError('file-unavailable', `${path} cannot be rewrapped: it is no ordinary file.`)
}

/** The same body behind another header, under the same name when it is whole. */
async function copyWithHeader(path: string, header: Uint8Array, bodyAt: number): Promise<void> {
  const { mode } = await stat(path)
  const to = await NewFile.create(path, { force: true, mode: mode & 0o777 })
  try {
    await to.handle.chmod(mode & 0o777)
    await to.handle.writeFile(header)
    const from = await open(path, 'r')
    try {
      const piece = new Uint8Array(pieceLength)
      for (let at = bodyAt, read = 1; read > 0; at += read) {
        read = (await from.read(piece, 0, pieceLength, at)).bytesRead
        await to.handle.writeFile(piece.subarray(0, read))
      }
    } finally {
      await from.close()
    }
  } catch (error) {
    await to.discard()
    throw fileError(path, 'written', error)
  }
  await to.commit()
}
