import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { KmsError } from '@kms/core'
import { resultCodes, SqliteFailure } from './driver.ts'

/**
 * What SQLite or the file system answered, as what it means to whoever uses the store. Errors of ours pass unchanged.
 * @param path names the file to people
 */
export function storeError(path: string, error: unknown): Error {
  if (error instanceof KmsError) return error
  if (!(error instanceof SqliteFailure)) {
    return error instanceof Error && 'syscall' in error
      ? unavailable(path, unreachable(error), error)
      : (error as Error)
  }
  switch (error.extended === resultCodes.shortRead ? resultCodes.corrupt : error.code) {
    case resultCodes.busy:
    case resultCodes.locked:
      return unavailable(path, 'is locked by another process. Find out which one holds it, and repeat', error)
    case resultCodes.readOnly:
    case resultCodes.permission:
      return unavailable(
        path,
        'is read-only. Its file and its folder must be writable: SQLite keeps two files beside it',
        error,
      )
    case resultCodes.full:
      return unavailable(path, 'cannot grow: the disk is full. Nothing was changed; make room and repeat', error)
    case resultCodes.cannotOpen:
      return unavailable(
        path,
        'cannot be opened. Check the rights on the file and on its folder, which must be writable',
        error,
      )
    case resultCodes.inputOutput:
      // Without room for its shared memory, SQLite says no more than that something failed.
      return isFull(path)
        ? unavailable(path, 'cannot be used: the disk is full. Make room and repeat', error)
        : unavailable(path, `cannot be read or written (${error.message}). Check the disk`, error)
    case resultCodes.notADatabase:
      return new KmsError(
        'store-corrupt',
        `The file ${path} is no SQLite database, or its start is damaged. Check the address; else restore a backup.`,
        { cause: error },
      )
    case resultCodes.corrupt:
      return new KmsError('store-corrupt', `The store ${path} is damaged. Restore a backup.`, { cause: error })
    default:
      // A table that is missing, a column of another type: the file is ours by its id, and was changed.
      return new KmsError(
        'store-corrupt',
        `The store ${path} is not laid out as it should be (${error.message}). Restore a backup.`,
        { cause: error },
      )
  }
}

/** What the file system answered. */
function unreachable(error: Error & { readonly code?: unknown }): string {
  switch (error.code) {
    case 'ENOENT':
      return 'cannot be made: its folder is not there. Make the folder first'
    case 'ENOTDIR':
      return 'cannot be reached: a part of its path is no folder. Check the address'
    case 'EACCES':
    case 'EPERM':
      return 'cannot be reached: this user may not read or write there. Check the rights on the file and on its folder'
    default:
      return `cannot be reached (${error.message})`
  }
}

function isFull(path: string): boolean {
  try {
    return statfsSync(dirname(path)).bavail === 0
  } catch {
    return false
  }
}

function unavailable(path: string, why: string, cause: Error): KmsError {
  return new KmsError('store-unavailable', `The store ${path} ${why}.`, { cause })
}
