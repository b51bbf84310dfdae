import type { ErrorCode, ErrorDetails } from '@kms/core'

export interface FailureDetails extends ErrorDetails {
  /** What to type next, where the code's own hint (hints.ts) does not fit. */
  readonly hint?: string
}

/** A `KmsError` of ours. Loads the SDK's errors only when something is wrong, so that a command that works starts fast. */
export async function failure(code: ErrorCode, message: string, details: FailureDetails = {}): Promise<Error> {
  const { KmsError } = await import('@kms/core')
  const { hint, ...rest } = details
  const error = new KmsError(code, message, rest)
  return hint === undefined ? error : Object.assign(error, { hint })
}

/** What a failed file operation means, for people. */
export async function fileFailure(doing: string, path: string, cause: unknown): Promise<Error> {
  const code = (cause as NodeJS.ErrnoException).code ?? ''
  if (cause instanceof Error && cause.name === 'KmsError') return cause
  const reason = reasons[code] ?? (cause instanceof Error ? cause.message : String(cause))
  return failure('file-unavailable', `Cannot ${doing} ${path}: ${reason}.`, { cause })
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'the system does not permit it',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'the name is too long',
  EFBIG: 'it would be larger than the file system or a limit allows',
}
