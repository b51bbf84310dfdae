import { kems } from '../public-keys/kems.ts'
import { hpkePublicHalf } from './hpke-pair.ts'
import type { PairPurpose } from './pair-algorithms.ts'

/** Specs of keys to agree that HPKE seals to. */
const hpkeSpecs: ReadonlySet<string> = new Set(Object.values(kems).map(({ name }) => name.toLowerCase()))

/**
 * The fingerprint of a managed key's public half, 16 bytes: what envelopes name HPKE's keys by; of all others `SHA-256(SubjectPublicKeyInfo)[0..16]`, by
 * which RSA's keys and signers are named.
 * @param publicKey SubjectPublicKeyInfo in DER; of X-Wing as HPKE serialises it
 */
export async function publicFingerprint(
  purpose: PairPurpose,
  spec: string,
  publicKey: Uint8Array,
): Promise<Uint8Array> {
  if (purpose === 'agree' && hpkeSpecs.has(spec)) return (await hpkePublicHalf(spec, publicKey)).fingerprint
  const digest = await crypto.subtle.digest('SHA-256', publicKey as BufferSource)
  return new Uint8Array(digest).slice(0, 16)
}
