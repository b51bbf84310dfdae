import { constants, type Stats } from 'node:fs'
import { lstat, open, realpath, stat, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { headerLimit, parseHeader } from '@kms/core/envelope'
import { syncFolder } from '../sync-folder.ts'
import { writeFileAtomically } from './atomic-write.ts'
import { fileError } from './failures.ts'
import { InputFile } from './input-file.ts'

// Rewriting a header in place (envelope v1 §Rewrapping). A header may span sectors, and a crash tear it; the copy beside the file
// is whole before the file is touched, and stays until all of it is on the disk. Layout: mac of the header it replaces 32 ‖ new header.

const macLength = 32

/** Where the copy of a file's new header stands while it is written. */
const headerCopyPath = (path: string): string => `${path}.kms-header`

/**
 * Writes a header over the one of an envelope's file, so that a crash leaves the old or the new one for whoever looks.
 * One process at a time: a second one would take the first one's copy for a crash's.
 * @param old the header that stands there
 * @param header of the same length
 * @throws `file-unavailable`; the file then still opens, as its old or its new recipients say
 */
export async function writeHeaderInPlace(path: string, old: Uint8Array, header: Uint8Array): Promise<void> {
  const copy = Buffer.concat([old.subarray(old.length - macLength), header])
  await writeFileAtomically(headerCopyPath(path), copy, { force: true })
  await writeOver(path, header)
}

/**
 * Finishes what a crash interrupted: writes a fitting copy over the header, or drops one that does not fit. Nothing, if there is none.
 * @throws `file-unavailable`
 */
export async function finishHeaderCopy(path: string): Promise<void> {
  const copy = await readCopy(path)
  if (copy === undefined) return
  const start = await readStart(path, copy.header.length)
  if (fits(copy, start)) await writeOver(path, copy.header)
  else await drop(path)
}

/**
 * Reads an envelope's beginning; if that fails and a crash left a copy that fits, once more with the copy's header. Writes nothing.
 * @param start the beginning as it stands in the file
 * @throws what `read` throws the first time, if there is no such copy
 */
export async function withHeaderCopy<T>(
  path: string,
  start: Uint8Array,
  read: (start: Uint8Array) => Promise<T>,
): Promise<T> {
  try {
    return await read(start)
  } catch (error) {
    const other = await startFromHeaderCopy(path, start)
    if (other === undefined) throw error
    return read(other)
  }
}

/**
 * An envelope's beginning with the header that a crash left beside its file.
 * @param start the beginning as it stands in the file
 * @returns undefined if there is no copy, or none that fits
 * @throws `file-unavailable` for a copy that cannot be read
 */
export async function startFromHeaderCopy(path: string, start: Uint8Array): Promise<Uint8Array | undefined> {
  // The copy stands beside the file itself, not beside a link to it.
  const copy = await readCopy(await realpath(path).catch(() => path))
  if (copy === undefined || !fits(copy, start)) return undefined
  return Buffer.concat([copy.header, start.subarray(copy.header.length)])
}

interface HeaderCopy {
  /** Of the header it replaces. */
  readonly oldMac: Uint8Array
  readonly header: Uint8Array
}

const noFollow = constants.O_NOFOLLOW ?? 0
const lengthLimit = macLength + headerLimit

/**
 * The copy beside a file; undefined if there is none. What somebody else put there is none: in a folder that others may write, such as
 * `/tmp`, they could name the mac that they see in the file, and have their own header written over it.
 */
async function readCopy(path: string): Promise<HeaderCopy | undefined> {
  const name = headerCopyPath(path)
  try {
    const { uid } = await stat(path)
    if (!isOwn(await lstat(name), uid)) return undefined
    // Non-blocking and no link, should it be exchanged for one or a pipe meanwhile.
    const file = await open(name, constants.O_RDONLY | noFollow | (constants.O_NONBLOCK ?? 0))
    try {
      const stats = await file.stat()
      if (!isOwn(stats, uid)) return undefined
      const bytes = stats.size > lengthLimit ? new Uint8Array(0) : await file.readFile()
      const header = bytes.subarray(macLength)
      return { oldMac: bytes.subarray(0, macLength), header: isHeader(header) ? header : new Uint8Array(0) }
    } finally {
      await file.close()
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined
    throw fileError(name, 'read', error)
  }
}

/** An ordinary file of the user's who runs this, of the file's owner, or of root, who could all write the file itself. */
function isOwn(stats: Stats, owner: number): boolean {
  return stats.isFile() && stats.nlink === 1 && [owner, process.getuid?.(), 0].includes(stats.uid)
}

function isHeader(bytes: Uint8Array): boolean {
  try {
    const header = parseHeader(bytes)
    return header.mode === 2 && header.length === bytes.length
  } catch {
    return false
  }
}

/** Whether the mac that stands in the file is the old one, the new one, or the beginning of the new and the end of the old. */
function fits({ oldMac, header }: HeaderCopy, start: Uint8Array): boolean {
  if (header.length === 0 || start.length < header.length) return false
  const at = header.length - macLength
  const newMac = header.subarray(at)
  const mac = start.subarray(at, header.length)
  return mac.every((byte, i) => byte === oldMac[i] || byte === newMac[i])
}

async function writeOver(path: string, header: Uint8Array): Promise<void> {
  try {
    const file = await open(path, constants.O_RDWR | noFollow)
    try {
      for (let at = 0; at < header.length; ) {
        at += (await file.write(header, at, header.length - at, at)).bytesWritten
      }
      await file.sync()
    } finally {
      await file.close()
    }
  } catch (error) {
    throw fileError(path, 'written', error)
  }
  await drop(path)
}

async function drop(path: string): Promise<void> {
  const name = headerCopyPath(path)
  try {
    await unlink(name)
    await syncFolder(dirname(name))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw fileError(name, 'written', error)
  }
}

/** The first bytes of a file, fewer if it has no more. @throws `file-unavailable` */
export async function readStart(path: string, length: number): Promise<Uint8Array> {
  const file = await InputFile.open(path)
  try {
    const start = new Uint8Array(length)
    return start.subarray(0, await file.fill(start))
  } finally {
    await file.close()
  }
}
