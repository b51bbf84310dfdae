import type { Primitives } from '../../crypto/primitives.ts'
import { authenticationFailed } from '../../refusals.ts'
import { Secret } from '../../secret.ts'
import { expand } from '../expand.ts'

// Kinds 4 and 5 wrap the content key under `Expand(Z, info, 32)`, where `Z` is 32 bytes that reach the opener by other means.

export const zLength = 32

/** AES-256-KW (RFC 3394) of the content key under what `Z` expands to: 40 bytes. */
export function wrapUnder(primitives: Primitives, z: Secret, info: Uint8Array, contentKey: Secret): Uint8Array {
  const kek = expand(primitives, z.reveal(), info, 32)
  try {
    return primitives.keyWrap(kek, contentKey.reveal())
  } finally {
    kek.fill(0)
  }
}

/** @throws `authentication-failed`, also for a `Z` of other than 32 bytes */
export function unwrapUnder(primitives: Primitives, z: Secret, info: Uint8Array, wrapped: Uint8Array): Secret {
  if (z.length !== zLength) throw authenticationFailed()
  const kek = expand(primitives, z.reveal(), info, 32)
  try {
    return Secret.take(primitives.keyUnwrap(kek, wrapped))
  } finally {
    kek.fill(0)
  }
}
