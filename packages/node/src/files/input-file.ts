import { type FileHandle, open } from 'node:fs/promises'
import { KmsError } from '@kms/core'
import { fileError } from './failures.ts'

/** A file that is read from its start to its end, in pieces of the reader's size: an ordinary one, a pipe, a device. */
export class InputFile {
  /** Bytes of an ordinary file; 0 of what has no length. */
  readonly size: number
  readonly #path: string
  readonly #handle: FileHandle
  /** Where reading goes on; undefined where there are no positions. */
  #position: number | undefined
  #ahead: Uint8Array = new Uint8Array(0)

  private constructor(path: string, handle: FileHandle, size: number, isFile: boolean) {
    this.#path = path
    this.#handle = handle
    this.size = size
    this.#position = isFile ? 0 : undefined
  }

  /** @throws `file-unavailable` */
  static async open(path: string): Promise<InputFile> {
    let handle: FileHandle | undefined
    try {
      handle = await open(path, 'r')
      const stats = await handle.stat()
      if (stats.isDirectory()) throw new KmsError('file-unavailable', `${path} cannot be read: it is a folder.`)
      return new InputFile(path, handle, stats.size, stats.isFile())
    } catch (error) {
      await handle?.close()
      throw fileError(path, 'read', error)
    }
  }

  /**
   * Fills a buffer with what comes next.
   * @returns bytes; fewer than the buffer holds only at the end
   * @throws `file-unavailable`
   */
  async fill(buffer: Uint8Array): Promise<number> {
    const ahead = this.#ahead.subarray(0, buffer.length)
    buffer.set(ahead)
    this.#ahead = this.#ahead.subarray(ahead.length)
    let at = ahead.length
    try {
      for (let read = -1; read !== 0 && at < buffer.length; at += read) {
        read = (await this.#handle.read(buffer, at, buffer.length - at, this.#position ?? null)).bytesRead
        if (this.#position !== undefined) this.#position += read
      }
    } catch (error) {
      throw fileError(this.#path, 'read', error)
    }
    return at
  }

  /** Gives bytes back that were read, to be read again. */
  putBack(bytes: Uint8Array): void {
    this.#ahead = bytes
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }
}
