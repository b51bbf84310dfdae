import type { EcdhKey } from '../crypto/ecdh-key.ts'
import { KmsError } from '../errors.ts'
import type { Secret } from '../secret.ts'
import { notGenuine } from './refusals.ts'

/**
 * What is made of the secret that an ephemeral key and the other side's share give; the secret is wiped.
 * @throws `authentication-failed` for a share off its curve or of small order
 */
export async function sharedSecret<T>(own: EcdhKey, share: Uint8Array, use: (shared: Secret) => T): Promise<T> {
  const shared = await own.sharedSecret(share).catch((cause: unknown) => {
    throw cause instanceof KmsError && cause.code === 'invalid-argument' ? notGenuine() : cause
  })
  try {
    return use(shared)
  } finally {
    shared.wipe()
  }
}
