import { KmsError } from '@kms/core'

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'it, or its folder, does not exist',
  ENOTDIR: 'a part of its path is no folder',
  EISDIR: 'it is a folder',
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  EFBIG: 'it would grow larger than allowed',
  EMFILE: 'too many files are open',
  EIO: 'the disk failed',
  ELOOP: 'its links lead in a circle',
  ENAMETOOLONG: 'its name is too long',
}

/**
 * What the file system answered, as `file-unavailable` with the file and the reason. Errors that are no file system's pass
 * unchanged.
 * @param doing what was tried: `read`, `written`
 */
export function fileError(path: string, doing: 'read' | 'written', error: unknown): Error {
  const { code, syscall } = error as NodeJS.ErrnoException
  if (error instanceof KmsError || typeof code !== 'string' || typeof syscall !== 'string') return error as Error
  return new KmsError('file-unavailable', `${path} cannot be ${doing}: ${reasons[code] ?? code}.`, { cause: error })
}
