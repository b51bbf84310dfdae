import type { ErrorCode, KmsError } from '@kms/core'

/**
 * What to type next, where a command line can say it better than the error's own message.
 * @param path the command it happened in, such as `kms key list`
 * @returns '' where there is nothing more to say
 */
export function hintFor(error: KmsError, path: string, args: readonly string[]): string {
  const { code, cause } = error
  if ('hint' in error && typeof error.hint === 'string') return error.hint
  if (code === 'invalid-argument') return `${path} --help shows how it is used`
  // Without a store there is no root to look for, and the message says where a password can come from.
  const storeless = /^kms (?:keygen|public|fernet|password)\b/.test(path) || args.includes('--identity')
  if (code === 'root-unavailable' && (args.includes('--password') || storeless)) return ''
  if (code === 'authentication-failed' && error.message.startsWith('The key file')) return ''
  if (code === 'file-exists' && (path === 'kms keygen' || path === 'kms fernet create'))
    return 'it may hold the only copy of a private key'
  if (code === 'authentication-failed' && error.message.startsWith('The envelope')) {
    return args.includes('--password') ? '' : 'kms inspect FILE shows which key it names; the context is stored nowhere'
  }
  // What has no envelope and no store to look at.
  if (code === 'authentication-failed' && /^kms (?:verify|mac|key (?:send|receive|import|export))\b/.test(path))
    return ''
  if (code === 'no-matching-key' && args.includes('--signature')) return ''
  // A key that is there under its id gets no other name by another one here: its error says what to do.
  if (code === 'key-exists' && path === 'kms key receive' && !error.message.startsWith('The name')) return ''
  if (code === 'key-exists' && /^kms key (?:receive|import)\b/.test(path))
    return 'kms key show NAME; --as gives it another name'
  if (code === 'key-disabled' && error.message.includes('cancel-destruction')) return ''
  if (code === 'store-corrupt') {
    if (isNoDatabase(cause)) return 'kms config shows which file is meant, and from where'
    if (path === 'kms doctor') return 'kms explain store-corrupt'
  }
  return hints[code] ?? `kms explain ${code}`
}

/** SQLite's own result code for a file of another kind (sqlite.org/rescode.html#notadb). */
function isNoDatabase(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 26
}

const hints: Partial<Readonly<Record<ErrorCode, string>>> = {
  // The message says all there is.
  aborted: '',
  malformed: '',
  unsupported: '',
  'file-unavailable': '',
  'invalid-context': '',
  'limit-exceeded': '',
  'version-lost': '',
  'weak-key': '',
  'census-required': '',
  'authentication-failed': 'kms config shows which store and root are meant, and from where',
  'invalid-transition': 'kms key show NAME shows the state of each version',
  'not-permitted': 'kms config shows which root is meant, and from where',
  'no-matching-key': 'kms inspect FILE shows which keys it names; kms key list which there are',
  'key-not-found': 'kms key list shows the keys of this ring',
  'key-exists': 'kms key show NAME; kms key create --if-absent NAME does not mind',
  'key-disabled': 'kms key enable NAME undoes it',
  'no-primary-version': 'kms key rotate NAME makes a new version',
  'ring-exists': 'kms ring list shows the rings',
  'ring-not-found': 'kms config shows where the name comes from',
  'store-not-found': 'kms config shows where the address comes from',
  'store-exists': 'kms config shows which store is meant; --store URL names another',
  'store-corrupt': 'kms doctor says which records',
  'store-rolled-back': 'restored on purpose: kms restore accept --reason TEXT, once for each ring (--ring)',
  'store-unavailable': 'kms config shows which store is meant; kms explain store-unavailable',
  'root-unavailable': 'kms config shows which root is meant, and from where',
  'insecure-permissions': 'chmod 600 FILE; if others may have read it, replace the secret',
  'file-exists': '-o OUT names another file; --force overwrites',
  internal: 'please report it with the message and what you did; --verbose shows where',
}
