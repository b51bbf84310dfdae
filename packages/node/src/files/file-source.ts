import { open } from 'node:fs/promises'
import { KmsError } from '@kms/core'
import type { RandomAccessSource } from '@kms/core/envelope'
import { fileError } from './failures.ts'
import { startFromHeaderCopy } from './header-copy.ts'

/**
 * A file, as a source for random access. It is held open until it is closed, so that what is read is of one file, whatever its name
 * leads to meanwhile.
 * @throws `file-unavailable`; for what is no ordinary file too
 */
export async function fileSource(path: string): Promise<RandomAccessSource> {
  const file = await open(path, 'r').catch((error: unknown) => Promise.reject(fileError(path, 'read', error)))
  try {
    const stats = await file.stat()
    if (!stats.isFile())
      throw new KmsError('file-unavailable', `${path} cannot be read by ranges: it is no ordinary file.`)
    return {
      length: stats.size,
      async read(offset, length) {
        const bytes = new Uint8Array(length)
        let at = 0
        try {
          for (let read = -1; read !== 0 && at < length; at += read) {
            read = (await file.read(bytes, at, length - at, offset + at)).bytesRead
          }
        } catch (error) {
          throw fileError(path, 'read', error)
        }
        return bytes.subarray(0, at)
      },
      otherStart: (start) => startFromHeaderCopy(path, start),
      close: () => file.close(),
    }
  } catch (error) {
    await file.close()
    throw fileError(path, 'read', error)
  }
}
