import type { Primitives } from '../crypto/primitives.ts'
import { spkiOf } from '../crypto/verification-key.ts'
import { toHex } from '../encoding/bytes.ts'

/**
 * A store's fingerprint as people compare it: SHA-256 of its first administration key's SubjectPublicKeyInfo, its first 20 bytes
 * in hex by fours.
 * @param publicKey 32 bytes, Ed25519
 */
export function storeFingerprint(publicKey: Uint8Array, primitives: Primitives): string {
  const spki = spkiOf({ algorithm: 'Ed25519', publicKey })
  return (toHex(primitives.hash('SHA-256', spki).subarray(0, 20)).match(/.{8}/g) as string[]).join('-')
}
