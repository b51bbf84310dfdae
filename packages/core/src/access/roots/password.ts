import { passwordOpener, passwordRecipient } from '../../envelope/recipients/password.ts'
import { Secret } from '../../secret.ts'
import type { Root } from '../root.ts'

/**
 * A store's root in a password: PBKDF2-HMAC-SHA-256 of 600,000 iterations (envelope v1 §Mode 2, kind 2). Use a long one:
 * whoever copies the store can guess at it offline.
 * @param password a string, or a `Secret` that the root then owns and wipes
 * @throws `invalid-argument` if it is empty, holds U+0000 or a lone surrogate
 */
export function passwordRoot(password: string | Secret): Root {
  const secret = password instanceof Secret ? password : Secret.fromPassword(password)
  return {
    kind: 'password',
    label: 'password',
    publiclySealable: false,
    recipient: (primitives) => passwordRecipient(secret, { primitives }),
    opener: (primitives) => passwordOpener(secret, { primitives }),
    wipe: () => secret.wipe(),
  }
}
