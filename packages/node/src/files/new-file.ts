import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, link, lstat, open, rename, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { KmsError } from '@kms/core'
import { syncFolder } from '../sync-folder.ts'
import { fileError } from './failures.ts'

export interface NewFileOptions {
  /** Replaces a file that is there. Without it that is `file-exists`. */
  readonly force?: boolean
  /** Permissions, 0o600 unless given. */
  readonly mode?: number
  /**
   * Whether it waits until the file is on the disk, true unless given. Without it a power failure can take the file back: for what can
   * be made again.
   */
  readonly durable?: boolean
}

/**
 * Bytes written at a time. Linux 6 takes page-cache folios as large as an aligned write, and a virtual machine's host may have given the
 * memory for a large one back, which then takes longer than all the rest.
 */
const writeLength = 1 << 18

/**
 * A file in the making: written under a temporary name in the folder where it will stand, and given its own name when it is
 * whole and on the disk. Whoever looks finds the old file, or none, or all of the new one.
 */
export class NewFile {
  readonly handle: FileHandle
  readonly #path: string
  readonly #temporary: string
  readonly #force: boolean
  readonly #durable: boolean
  #length = 0

  private constructor(
    path: string,
    temporary: string,
    handle: FileHandle,
    options: Required<Omit<NewFileOptions, 'mode'>>,
  ) {
    this.#path = path
    this.#temporary = temporary
    this.handle = handle
    this.#force = options.force
    this.#durable = options.durable
  }

  /** @throws `file-exists`, `file-unavailable`; nothing is left behind */
  static async create(path: string, options: NewFileOptions = {}): Promise<NewFile> {
    const { force = false, mode = 0o600, durable = true } = options
    try {
      await requireReplaceable(path, force)
      const temporary = join(dirname(path), `.${basename(path).slice(0, 64)}.${randomBytes(6).toString('hex')}.tmp`)
      const handle = await open(temporary, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, mode)
      return new NewFile(path, temporary, handle, { force, durable })
    } catch (error) {
      throw fileError(path, 'written', error)
    }
  }

  /** Bytes written by `write`. */
  get length(): number {
    return this.#length
  }

  /**
   * Writes all of `bytes` after what was written.
   * @throws `file-unavailable`
   */
  async write(bytes: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < bytes.length; ) {
        const { bytesWritten } = await this.handle.write(
          bytes,
          at,
          Math.min(bytes.length - at, writeLength),
          this.#length,
        )
        at += bytesWritten
        this.#length += bytesWritten
      }
    } catch (error) {
      throw fileError(this.#path, 'written', error)
    }
  }

  /** Its name until it is committed, in the folder where it will stand. */
  get temporaryName(): string {
    return basename(this.#temporary)
  }

  /**
   * Opens a file that was kept, to be written from its start again. Only an ordinary file of this user's, that nobody else may change.
   * @param temporaryName what it was called
   * @param length bytes it must have; what follows them is cut off
   * @returns undefined if there is no such file
   * @throws `file-exists`, `file-unavailable`
   */
  static async reopen(
    path: string,
    temporaryName: string,
    length: number,
    options: NewFileOptions = {},
  ): Promise<NewFile | undefined> {
    const { force = false, durable = true } = options
    const temporary = join(dirname(path), temporaryName)
    let handle: FileHandle | undefined
    try {
      handle = await open(temporary, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0))
      const stats = await handle.stat()
      const own = process.getuid === undefined || (stats.uid === process.getuid() && (stats.mode & 0o022) === 0)
      if (stats.isFile() && own && stats.nlink === 1 && stats.size >= length) {
        await handle.truncate(length)
        return new NewFile(path, temporary, handle, { force, durable })
      }
      await handle.close()
      return undefined
    } catch (error) {
      await handle?.close()
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw fileError(path, 'written', error)
    }
  }

  /**
   * Reads what stands where the next bytes would be written, and goes on behind it.
   * @returns fewer bytes only at the end
   * @throws `file-unavailable`
   */
  async pass(length: number): Promise<Uint8Array> {
    const bytes = await this.#read(this.#length, length)
    this.#length += bytes.length
    return bytes
  }

  /** Reads from the start. @returns fewer bytes only at the end @throws `file-unavailable` */
  peek(length: number): Promise<Uint8Array> {
    return this.#read(0, length)
  }

  /** Writes over the start. @throws `file-unavailable` */
  async overwriteStart(bytes: Uint8Array): Promise<void> {
    const length = this.#length
    this.#length = 0
    try {
      await this.write(bytes)
    } finally {
      this.#length = length
    }
  }

  /** Closes it without giving it its name, and cuts it to `length` bytes: for `reopen`. @throws what the file system throws */
  async keep(length: number): Promise<void> {
    await this.handle.truncate(length)
    await this.handle.close()
  }

  async #read(from: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length)
    let at = 0
    try {
      for (let read = -1; read !== 0 && at < length; at += read) {
        read = (await this.handle.read(bytes, at, length - at, from + at)).bytesRead
      }
    } catch (error) {
      throw fileError(this.#temporary, 'read', error)
    }
    return bytes.subarray(0, at)
  }

  /**
   * Syncs the file, gives it its name and syncs the folder. A failure discards it.
   * @throws `file-exists` if somebody made the file meanwhile, `file-unavailable`
   */
  async commit(): Promise<void> {
    try {
      if (this.#durable) await this.handle.sync()
      await this.handle.close()
      if (this.#force) await rename(this.#temporary, this.#path)
      else await this.#linkOrRename()
      if (this.#durable) await syncFolder(dirname(this.#path))
    } catch (error) {
      await this.discard()
      throw fileError(this.#path, 'written', error)
    }
  }

  /** Removes what was written. Discarding twice, or after a failed commit, is no error. */
  async discard(): Promise<void> {
    await this.handle.close().catch(() => {})
    await unlink(this.#temporary).catch(() => {})
  }

  // A link fails where something is, a rename replaces it.
  async #linkOrRename(): Promise<void> {
    try {
      await link(this.#temporary, this.#path)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EEXIST') throw exists(this.#path)
      // FAT and some network file systems have no links. What is left is to look once more.
      if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS' && code !== 'EOPNOTSUPP') throw error
      await requireReplaceable(this.#path, false)
      await rename(this.#temporary, this.#path)
      return
    }
    await unlink(this.#temporary)
  }
}

/** Only files are replaced: a rename over `/dev/null` or a pipe would destroy it. */
export async function requireReplaceable(path: string, force: boolean): Promise<void> {
  const stats = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw fileError(path, 'written', error)
  })
  if (stats === undefined) return
  if (!force) throw exists(path)
  if (!stats.isFile() && !stats.isSymbolicLink()) {
    throw new KmsError('file-unavailable', `${path} cannot be written: it is no ordinary file. Give another name.`)
  }
}

function exists(path: string): KmsError {
  return new KmsError('file-exists', `${path} is there already and is not overwritten. Give another name, or force it.`)
}
