import type { Primitives } from '../../crypto/primitives.ts'
import { concat, sameBytes, u16 } from '../../encoding/bytes.ts'
import { loadHpke } from '../../public-keys/hpke.ts'
import { kems } from '../../public-keys/kems.ts'
import type { RecipientKeyPair } from '../../public-keys/key-pair.ts'
import type { HpkePublicKey } from '../../public-keys/public-key.ts'
import { authenticationFailed, invalidArgument } from '../../refusals.ts'
import { Secret } from '../../secret.ts'
import { hpkeInfo } from '../labels.ts'
import type { Opener, Recipient, Stanza } from '../recipient.ts'
import { readRecipient } from '../recipient-layouts.ts'

// Recipient kind 3: the content key sealed to a public key with HPKE (RFC 9180) in base mode, HKDF-SHA-256 and AES-256-GCM.
// Layout (66 bytes + enc): key id 16 ‖ kem u16 ‖ enc ‖ ciphertext 48. The key id is the public key's fingerprint. Envelope v1 §Mode 2.

function infoFor(publicKey: HpkePublicKey, bound: Uint8Array, primitives: Primitives): Uint8Array {
  return hpkeInfo(publicKey.fingerprint, primitives.hash('SHA-512', bound))
}

/**
 * Seals to a public key of HPKE.
 * @throws `wrap` throws `invalid-argument` for a public key that is none, or gives a shared secret of zeros; `unsupported` where
 * WebCrypto lacks an algorithm
 */
export function hpkeRecipient(
  publicKey: HpkePublicKey,
  { primitives }: { readonly primitives: Primitives },
): Recipient {
  requireKem(publicKey)
  return {
    kind: 3,
    async wrap(contentKey: Secret, bound: Uint8Array): Promise<Uint8Array> {
      const { kem, bytes, fingerprint } = publicKey
      const hpke = await loadHpke(kem)
      const info = infoFor(publicKey, bound, primitives)
      const { encapsulated, ciphertext } = await hpke.seal(bytes, info, contentKey.reveal())
      return concat(fingerprint, u16(kems[kem].id), encapsulated, ciphertext)
    },
  }
}

/**
 * Opens what was sealed to the public half of a key pair of HPKE.
 * @param pair stays the caller's, who wipes it after the last use
 */
export function hpkeOpener(pair: RecipientKeyPair, { primitives }: { readonly primitives: Primitives }): Opener {
  const { publicKey, privateKey } = pair
  if (publicKey.type !== 'hpke') throw invalidArgument('The key pair is of RSA, not of HPKE.')
  requireKem(publicKey)
  const kem = kems[publicKey.kem]
  return {
    kind: 3,
    holds(stanza: Stanza): boolean {
      const fields = readRecipient(stanza)
      if (typeof fields === 'string' || fields.name !== 'hpke') return false
      return fields.kem === kem.id && sameBytes(fields.keyId, publicKey.fingerprint)
    },
    async unwrap({ bytes }: Stanza, bound: Uint8Array): Promise<Secret> {
      if (bytes.length !== 66 + kem.encapsulatedLength) throw authenticationFailed()
      const hpke = await loadHpke(kem.name)
      const halves = { publicKey: publicKey.bytes, privateKey: privateKey.reveal() }
      const info = infoFor(publicKey, bound, primitives)
      const contentKey = await hpke.open(halves, bytes.subarray(18, -48), info, bytes.subarray(-48))
      return Secret.take(contentKey)
    },
  }
}

function requireKem({ kem }: HpkePublicKey): void {
  if (!Object.hasOwn(kems, kem)) throw invalidArgument(`There is no kem ${String(kem)}: P-256, X25519 or X-Wing.`)
}
