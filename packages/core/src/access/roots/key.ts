import { keyOpener, keyRecipient, rootKeyHolder } from '../../envelope/recipients/key.ts'
import { KmsError } from '../../errors.ts'
import { Secret } from '../../secret.ts'
import type { Root } from '../root.ts'

/**
 * A store's or an application's root in a bare key of 32 random bytes (envelope v1 §Mode 2, kind 1). It only wraps.
 * @param key 32 bytes, copied; the caller wipes its own. A `Secret` is then owned and wiped by the root.
 * @param label what people recognise it by; never a secret
 * @throws `invalid-argument` for another length, `weak-key` for bytes that are all the same or plain text
 */
export function keyRoot(key: Uint8Array | Secret, label = 'key'): Root {
  const secret = key instanceof Secret ? key : Secret.copy(key)
  if (secret.length !== 32) throw new KmsError('invalid-argument', 'A root key has 32 bytes.')
  refuseWeak(secret.reveal())
  return {
    kind: 'key',
    label,
    publiclySealable: false,
    recipient: (primitives) => keyRecipient(rootKeyHolder(secret, primitives), { primitives }),
    opener: (primitives) => keyOpener(rootKeyHolder(secret, primitives), { primitives }),
    wipe: () => secret.wipe(),
  }
}

function refuseWeak(bytes: Uint8Array): void {
  let differs = 0
  let printable = 1
  for (const byte of bytes) {
    differs |= byte ^ (bytes[0] as number)
    if (byte < 0x20 || byte > 0x7e) printable = 0
  }
  if (differs === 0) throw new KmsError('weak-key', 'All bytes of the root key are the same. Generate a random one.')
  if (printable === 1) {
    throw new KmsError(
      'weak-key',
      'The root key is plain text, which is too easy to guess. Use a password root, or random bytes.',
    )
  }
}
