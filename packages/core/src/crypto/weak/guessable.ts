import type { Primitives } from '../primitives.ts'
import { refuseWeak, weakKey } from '../weak-material.ts'
import { passwordDigest } from './password-digests.ts'
import { publishedIn } from './published-keys.ts'

/**
 * Refuses imported key material that others can guess: what `refuseWeak` refuses, keys that were published, and unsalted hashes of common
 * passwords (MD5, SHA-1, SHA-256 and SHA-512).
 * @param what it is called in the message
 * @throws `weak-key`, with the reason
 */
export async function refuseGuessable(primitives: Primitives, material: Uint8Array, what: string): Promise<void> {
  refuseWeak(material, what)
  const source = await publishedIn(material)
  if (source !== undefined) throw weakKey(what, `was published, in ${source}. Generate a random one`)
  const digest = await passwordDigest(primitives, material)
  if (digest !== undefined) {
    throw weakKey(
      what,
      `is the ${digest} of a common password, which anyone finds. Generate a random one, or derive it with a kdf (deriveKey)`,
    )
  }
}
