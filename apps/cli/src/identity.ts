import type { KeyPackage, Opener } from '@kms/core/envelope'
import { failure } from './failure.ts'
import type { Invocation } from './invocation.ts'
import { printable } from './layout.ts'
import { readPassword } from './password.ts'
import { readSettings } from './settings.ts'

/** How the password of a key package is given where it is not the store's. */
export interface IdentityOptions {
  readonly identityPasswordFile?: string
}

const fileLimit = 2 ** 21

/**
 * Opens the key package in a file, one that is kept, and wipes it after `use`.
 * @param use gets the package, and the parts of the backend that read it
 */
export async function withIdentity<T>(
  call: Invocation<IdentityOptions>,
  path: string,
  use: (identity: KeyPackage) => Promise<T>,
): Promise<T> {
  const { backendParts, openKeyPackage, readSecretFile, wipePackage } = await import('@kms/node')
  const envelope = readSecretFile(path, fileLimit)
  const identity = await withOpener(call, path, envelope, async (opener) => {
    const { package: opened } = await openKeyPackage(envelope, { ...backendParts(), openers: [opener] })
    return opened
  })
  try {
    return await use(identity)
  } finally {
    wipePackage(identity)
  }
}

/** What the package is sealed to: a key of the store, else a password. */
async function withOpener<T>(
  call: Invocation<IdentityOptions>,
  path: string,
  envelope: Uint8Array,
  use: (opener: Opener) => Promise<T>,
): Promise<T> {
  const { parseHeader } = await import('@kms/core/envelope')
  const header = parseHeader(envelope)
  if (header.content !== 2 || header.mode !== 2) {
    throw await failure('authentication-failed', `${path} is no key package. kms keygen makes one.`)
  }
  const kinds = new Set(header.recipients.map(({ kind }) => kind))
  if (!kinds.has(2) && kinds.has(1)) {
    const { withKms } = await import('./with-kms.ts')
    return withKms(call, async (kms) => use(await kms.opener()))
  }
  const { backendParts, passwordOpener } = await import('@kms/node')
  const settings = readSettings(call.options)
  const { identityPasswordFile: given } = call.options
  const passwordFile = given === undefined ? settings.passwordFile : { value: given, from: '--identity-password-file' }
  const password = await readPassword({ ...settings, passwordFile }, { message: `Password of ${printable(path)}` })
  try {
    return await use(passwordOpener(password, backendParts()))
  } finally {
    password.wipe()
  }
}
