import { refuseGuessable } from '../../crypto/weak/guessable.ts'
import { refuseWeak } from '../../crypto/weak-material.ts'
import { keyOpener, keyRecipient, rootKeyHolder } from '../../envelope/recipients/key.ts'
import { KmsError } from '../../errors.ts'
import { Secret } from '../../secret.ts'
import type { Root } from '../root.ts'

/**
 * A store's or an application's root in a bare key of 32 random bytes (envelope v1 §Mode 2, kind 1). It only wraps.
 * @param key 32 bytes, copied; the caller wipes its own. A `Secret` is then owned and wiped by the root.
 * @param label what people recognise it by; never a secret
 * @throws `invalid-argument` for another length, `weak-key` for bytes that are all the same, a short pattern or plain text. `check` of the root
 * compares it with published keys and hashes of common passwords too: a second's work, for when something new is made
 */
export function keyRoot(key: Uint8Array | Secret, label = 'key'): Root {
  const secret = key instanceof Secret ? key : Secret.copy(key)
  if (secret.length !== 32) throw new KmsError('invalid-argument', 'A root key has 32 bytes.')
  refuseWeak(secret.reveal(), 'the root key')
  return {
    kind: 'key',
    label,
    publiclySealable: false,
    recipient: (primitives) => keyRecipient(rootKeyHolder(secret, primitives), { primitives }),
    opener: (primitives) => keyOpener(rootKeyHolder(secret, primitives), { primitives }),
    check: (primitives) => refuseGuessable(primitives, secret.reveal(), 'the root key'),
    wipe: () => secret.wipe(),
  }
}
