/** What a person, a script or a service should do about an error, by kind. The command line's exit codes follow it. */
export type ErrorKind = 'usage' | 'data' | 'key' | 'permission' | 'store' | 'root' | 'busy' | 'internal'

export interface ErrorEntry {
  /** What the error is about. */
  readonly kind: ErrorKind
  /** Whether the same call can succeed later without anybody changing anything. */
  readonly retry: boolean
  /** What it means and what to do, in a sentence or two; printed by `kms explain CODE` and by the docs. */
  readonly meaning: string
}

/** The closed list of error codes. A code is never renamed; new ones may be added in a minor release. */
export const errorCodes = {
  'invalid-argument': {
    kind: 'usage',
    retry: false,
    meaning:
      'A value given to a call is of the wrong type, length or range. Nothing was read or written; mend the call.',
  },
  'invalid-context': {
    kind: 'usage',
    retry: false,
    meaning:
      'The encryption context breaks its rules: non-empty, unique names; strings without lone surrogates; 65,535 bytes in all. Use noContext to say that there is none.',
  },
  malformed: {
    kind: 'data',
    retry: false,
    meaning:
      'The bytes are not an envelope, or one that was cut or damaged in its header. Check that the whole file or value arrived.',
  },
  unsupported: {
    kind: 'data',
    retry: false,
    meaning:
      'The envelope, record or store is of a version, suite or kind this release does not know. Upgrade, or check that it is one of ours.',
  },
  'authentication-failed': {
    kind: 'data',
    retry: false,
    meaning:
      'Opening or verifying failed: a wrong password, key or context, changed bytes, or a signature, mac, certificate or fingerprint that is not theirs. They cannot be told apart. Check the context first, then the key, then the copy of the data.',
  },
  'no-matching-key': {
    kind: 'data',
    retry: false,
    meaning:
      'The envelope, key package or signature file is of other keys than those held here. kms inspect shows which ones an envelope names; a .sig file names its key.',
  },
  'limit-exceeded': {
    kind: 'data',
    retry: false,
    meaning: 'A size, count or work factor is over its limit. Raise the limit by name if the input is trusted.',
  },
  'key-not-found': {
    kind: 'key',
    retry: false,
    meaning: 'No key of that name or id is in the open ring. kms key list shows what there is.',
  },
  'key-exists': {
    kind: 'key',
    retry: false,
    meaning:
      'The name is taken, perhaps by a destroyed key: names stay reserved; or a key that was received is there already. Use keys.ensure, or choose another name.',
  },
  'key-disabled': {
    kind: 'key',
    retry: false,
    meaning:
      'The key version is suspended, or to be destroyed: it does nothing. kms key enable, or kms key cancel-destruction, undoes it.',
  },
  'no-primary-version': {
    kind: 'key',
    retry: false,
    meaning: 'The key has no version that protects new data. kms key rotate makes one; what is sealed still opens.',
  },
  'version-not-loaded': {
    kind: 'key',
    retry: true,
    meaning:
      'The handle does not hold that key version in memory. Call key.load(envelope) first, or use kms.decrypt, which does.',
  },
  'version-lost': {
    kind: 'key',
    retry: false,
    meaning:
      'The key is known but this version was never recorded here: the envelope was sealed after the backup this store comes from.',
  },
  'version-compromised': {
    kind: 'key',
    retry: false,
    meaning: 'The key version is marked compromised: it opens only to re-encrypt away from it.',
  },
  'version-destroyed': {
    kind: 'key',
    retry: false,
    meaning: 'The key version was destroyed. What it sealed cannot be opened by anyone.',
  },
  'invalid-transition': {
    kind: 'key',
    retry: false,
    meaning:
      'The key version is in a state that does not lead to the one asked for. kms key show prints states; the table is in the guide to rotation.',
  },
  'census-required': {
    kind: 'key',
    retry: false,
    meaning:
      'The version protected data, and nobody has counted what still stands under it. A version that was never the primary can be destroyed; for others a later release counts first.',
  },
  'weak-key': {
    kind: 'key',
    retry: false,
    meaning:
      'The key can be guessed: too short, a pattern, plain text, published, the hash of a common password, or RSA that can be factored. The message says which. Generate another.',
  },
  'ring-not-found': {
    kind: 'key',
    retry: false,
    meaning: 'No key ring of that name can be opened with this root. kms ring list shows what there is.',
  },
  'ring-exists': { kind: 'key', retry: false, meaning: 'A key ring of that name exists already.' },
  'not-permitted': {
    kind: 'permission',
    retry: false,
    meaning:
      'This root, grant or setting does not allow the operation; or the key was not made exportable, or sent for something else. Open with a root that may, or ask for the exception by name.',
  },
  'insecure-permissions': {
    kind: 'permission',
    retry: false,
    meaning:
      'A file that holds a secret can be read by others. chmod 600 it; if others may have read it, replace the secret.',
  },
  'rate-limited': { kind: 'busy', retry: true, meaning: 'Too many operations in the time allowed. Try again later.' },
  'lease-expired': {
    kind: 'busy',
    retry: true,
    meaning:
      'The handle was cut off from its store for longer than the lease. await key.renew(); asynchronous calls do it themselves.',
  },
  conflict: {
    kind: 'busy',
    retry: true,
    meaning: 'Another process changed the same records first. Nothing was done; read again and repeat.',
  },
  aborted: {
    kind: 'busy',
    retry: true,
    meaning: 'The operation was cancelled before it was done. Nothing was left half-written.',
  },
  closed: {
    kind: 'usage',
    retry: false,
    meaning: 'The Kms, store or handle was closed or released, and its keys were wiped. Open it again.',
  },
  'store-not-found': {
    kind: 'store',
    retry: false,
    meaning: 'There is no key store at that address. kms init creates one; check KMS_STORE and --store.',
  },
  'store-exists': {
    kind: 'store',
    retry: false,
    meaning: 'A key store is there already. Open it with Kms.open, or give another address.',
  },
  'store-corrupt': {
    kind: 'store',
    retry: false,
    meaning:
      'The store holds records that are damaged, forged, or not where they belong. Restore a backup; kms doctor says which records.',
  },
  'store-rolled-back': {
    kind: 'store',
    retry: false,
    meaning:
      'The store is older than what this machine has seen of it. If it was restored on purpose: kms restore accept. If not, find out who replaced it.',
  },
  'store-unavailable': {
    kind: 'store',
    retry: true,
    meaning:
      'The store could not be read or written (locked, read-only, full, or gone), and it is not known whether a write was done. Mend the cause and repeat.',
  },
  'root-unavailable': {
    kind: 'root',
    retry: true,
    meaning:
      'The root that opens the store gave no answer: a missing file, variable, token or network. Provide it and repeat.',
  },
  'file-exists': {
    kind: 'usage',
    retry: false,
    meaning: 'The output exists and is not overwritten. Give another name, or --force.',
  },
  'file-unavailable': {
    kind: 'usage',
    retry: false,
    meaning: 'A file cannot be read or written. The message says which and why.',
  },
  'clock-implausible': {
    kind: 'busy',
    retry: false,
    meaning:
      'The clock is behind what is written, or a gap is unexplained: nothing was rotated or destroyed. Set the clock, or kms clock accept.',
  },
  internal: {
    kind: 'internal',
    retry: false,
    meaning: 'A defect of ours. Please report it with the message and what you did.',
  },
} as const

/** A stable error code in kebab-case. */
export type ErrorCode = keyof typeof errorCodes

/** What the table says of a code. */
export const errorEntry = (code: ErrorCode): ErrorEntry => errorCodes[code]

/** Facts that belong to an error. They never hold key material, plaintext, a password or a context value. */
export interface ErrorDetails {
  /** Key ids (UUIDs in lower case) the error is about. */
  readonly keyIds?: readonly string[]
  /** A key version, as shown (`3` or `r5f2a.3`). */
  readonly version?: string
  /** Whether the call may be repeated; the code's own default where it is not given. */
  readonly retry?: boolean
  readonly cause?: unknown
}

/**
 * The one error class. `code` is stable and made for programs; `message` says what happened and what to do next.
 * Messages hold no key material, plaintext, password or context value.
 */
export class KmsError extends Error {
  override readonly name = 'KmsError'
  readonly code: ErrorCode
  /** Whether the same call can succeed later without anybody changing anything. */
  readonly retry: boolean
  readonly keyIds: readonly string[]
  readonly version: string | undefined

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.retry = details.retry ?? errorCodes[code].retry
    this.keyIds = details.keyIds ?? []
    this.version = details.version
  }
}

/** Whether an error that one of many met says nothing of the others. A store that does not answer, or was closed, stops them all. */
export function concernsOne(error: unknown): error is KmsError {
  return error instanceof KmsError && error.code !== 'store-unavailable' && error.code !== 'closed'
}
