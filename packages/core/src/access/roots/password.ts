import { chooseKdf, type PasswordKdf, type PasswordKdfName } from '../../envelope/password-kdfs.ts'
import { passwordOpener, passwordRecipient } from '../../envelope/recipients/password.ts'
import { Secret } from '../../secret.ts'
import type { Root } from '../root.ts'

export interface PasswordRootOptions {
  /** What the password is stretched with where something is sealed: Argon2id with 64 MiB, 3 passes and 4 lanes unless given. */
  readonly kdf?: PasswordKdfName | PasswordKdf
}

/**
 * A store's root in a password, stretched with Argon2id unless told otherwise (envelope v1 §Mode 2, kind 2). Use a long one:
 * whoever copies the store can guess at it offline. It opens whatever the kdf was.
 * @param password a string, or a `Secret` that the root then owns and wipes
 * @throws `invalid-argument` if it is empty, holds U+0000 or a lone surrogate, or the kdf's parameters are out of range
 */
export function passwordRoot(password: string | Secret, { kdf = 'argon2id' }: PasswordRootOptions = {}): Root {
  chooseKdf(kdf)
  const secret = password instanceof Secret ? password : Secret.fromPassword(password)
  return {
    kind: 'password',
    label: 'password',
    publiclySealable: false,
    recipient: (primitives) => passwordRecipient(secret, { primitives, kdf }),
    opener: (primitives) => passwordOpener(secret, { primitives }),
    wipe: () => secret.wipe(),
  }
}
