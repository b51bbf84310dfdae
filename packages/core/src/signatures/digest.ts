import type { Hasher, Primitives } from '../crypto/primitives.ts'
import { KmsError } from '../errors.ts'

/** Data of any length: bytes, or their parts one after another, such as a file's stream. */
export type DigestedData = Uint8Array | AsyncIterable<Uint8Array> | Iterable<Uint8Array>

/** What digests: with `hasher` parts of data, without it by @noble/hashes. */
export type Digesting = Pick<Primitives, 'hash' | 'hasher'>

/**
 * SHA-512 (FIPS 180-4) of data, in bounded memory: by the platform, or by @noble/hashes where that has none for parts.
 * @throws `invalid-argument` for parts that are no bytes, and what reading them throws
 */
export async function digestOf(data: DigestedData, primitives: Digesting): Promise<Uint8Array> {
  if (data instanceof Uint8Array) return primitives.hash('SHA-512', data)
  const hasher = primitives.hasher?.('SHA-512') ?? (await portableHasher())
  for await (const part of data) {
    if (!(part instanceof Uint8Array))
      throw new KmsError('invalid-argument', 'The parts of what is signed are bytes (Uint8Array).')
    hasher.update(part)
  }
  return hasher.digest()
}

async function portableHasher(): Promise<Hasher> {
  const { sha512 } = await import('@noble/hashes/sha2.js')
  return sha512.create()
}
