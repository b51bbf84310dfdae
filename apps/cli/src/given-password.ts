import type { Secret } from '@kms/core'
import type { Invocation } from './invocation.ts'
import { readPassword } from './password.ts'
import { readSettings } from './settings.ts'

/** How the password of a private key is given, where it is not the store's. */
export interface KeyPasswordOptions {
  readonly keyPasswordFile?: string
}

/** The password of a private key, from a file of mode 600 or asked for; the caller wipes it. */
export function givenPassword(call: Invocation<KeyPasswordOptions>, confirmed = false): Promise<Secret> {
  const { keyPasswordFile } = call.options
  const settings = readSettings(call.options)
  const passwordFile =
    keyPasswordFile === undefined ? settings.passwordFile : { value: keyPasswordFile, from: '--key-password-file' }
  const message = confirmed ? 'New password of the private key' : 'Password of the private key'
  return readPassword({ ...settings, passwordFile }, { message, confirmed })
}
