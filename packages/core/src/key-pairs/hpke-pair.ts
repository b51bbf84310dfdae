import { rawOfSpki } from '../crypto/curves.ts'
import { KmsError } from '../errors.ts'
import type { KemName } from '../public-keys/kems.ts'
import type { RecipientKeyPair } from '../public-keys/key-pair.ts'
import { type HpkePublicKey, hpkePublicKey } from '../public-keys/public-key.ts'
import { Secret } from '../secret.ts'
import { rawPrivateKey } from './pkcs8.ts'

/** The mechanisms of HPKE that keys of a spec are of. */
const kems: Readonly<Record<string, KemName>> = { x25519: 'X25519', 'p-256': 'P-256', 'x-wing': 'X-Wing' }

/**
 * The public half of a managed key to agree with, as HPKE has it.
 * @throws `unsupported` for specs that HPKE has no mechanism for here: P-384 and P-521
 */
export async function hpkePublicHalf(spec: string, publicKey: Uint8Array): Promise<HpkePublicKey> {
  const kem = Object.hasOwn(kems, spec) ? kems[spec] : undefined
  if (kem === undefined) {
    throw new KmsError('unsupported', `Nothing is sealed to keys of spec ${spec}: x25519, p-256 or x-wing.`)
  }
  return hpkePublicKey(kem, spec === 'x-wing' ? publicKey : (rawOfSpki(publicKey, spec) as Uint8Array))
}

/** Both halves, as HPKE has them; the private one is a copy, the caller's to wipe. @throws as `hpkePublicHalf` */
export async function hpkeHalves(spec: string, publicKey: Uint8Array, material: Secret): Promise<RecipientKeyPair> {
  const key = await hpkePublicHalf(spec, publicKey)
  const privateKey = spec === 'x-wing' ? Secret.copy(material.reveal()) : rawPrivateKey(material)
  return { publicKey: key, privateKey }
}
