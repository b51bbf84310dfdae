import type { Primitives } from '../crypto/primitives.ts'
import type { SigningKey } from '../crypto/signing.ts'
import { toText } from '../encoding/text.ts'
import type { Secret } from '../secret.ts'
import { contentContexts } from './content-contexts.ts'
import { bytes, integer, type Parts, type SecretsPlace, signSecrets, text, verifySecrets } from './signed-secrets.ts'

/** Content 6, use: what whoever uses a ring holds (contents-v1 §Contents). */
export interface RingUseSecrets {
  readonly store: string
  readonly ring: string
  /** Of the ring key. */
  readonly version: number
  /** 32 bytes; seals the material of the ring's key versions. */
  readonly ringKey: Secret
  readonly logSeed: Secret
  readonly logKey: Uint8Array
  /** Public: the store's administration key, which signs the ring's record. */
  readonly administration: Uint8Array
}

/** Content 6, administer: what whoever administers a ring holds besides. */
export interface RingAdministerSecrets {
  readonly store: string
  readonly ring: string
  readonly version: number
  readonly administrationSeed: Secret
  /** Public: the ring's. */
  readonly administration: Uint8Array
}

interface RingVersion {
  readonly store: string
  readonly ring: string
  readonly version: number
}

const placeOf = ({ store, ring, version }: RingVersion, rights: 'use' | 'administer'): SecretsPlace => ({
  content: 6,
  context: contentContexts.ring(store, ring, version, rights),
})

/** The plaintext of content 6, use, signed by the store's administration key; the caller wipes it. */
export function encodeRingUse(secrets: RingUseSecrets, key: SigningKey, primitives: Primitives): Promise<Uint8Array> {
  const fields = {
    store: secrets.store,
    ring: secrets.ring,
    version: secrets.version,
    logKey: toText(secrets.logKey),
    administration: toText(secrets.administration),
  }
  return signSecrets(placeOf(secrets, 'use'), [secrets.ringKey, secrets.logSeed], fields, key, primitives)
}

/** @throws `store-corrupt` if it is not whole and signed by the store's administration key that it names */
export async function decodeRingUse(plaintext: Uint8Array, of: RingVersion, parts: Parts): Promise<RingUseSecrets> {
  const named = (from: Record<string, unknown>): Uint8Array => bytes(from.administration)
  const { fields, secret } = await verifySecrets(placeOf(of, 'use'), plaintext, 2, named, parts)
  return {
    store: text(fields.store),
    ring: text(fields.ring),
    version: integer(fields.version),
    ringKey: secret(0),
    logSeed: secret(1),
    logKey: bytes(fields.logKey),
    administration: bytes(fields.administration),
  }
}

/** The plaintext of content 6, administer, signed by the store's administration key; the caller wipes it. */
export function encodeRingAdminister(
  secrets: RingAdministerSecrets,
  key: SigningKey,
  primitives: Primitives,
): Promise<Uint8Array> {
  const fields = {
    store: secrets.store,
    ring: secrets.ring,
    version: secrets.version,
    administration: toText(secrets.administration),
  }
  return signSecrets(placeOf(secrets, 'administer'), [secrets.administrationSeed], fields, key, primitives)
}

/**
 * @param administration the store's administration key, which must have signed it
 * @throws `store-corrupt`
 */
export async function decodeRingAdminister(
  plaintext: Uint8Array,
  of: RingVersion,
  administration: Uint8Array,
  parts: Parts,
): Promise<RingAdministerSecrets> {
  const { fields, secret } = await verifySecrets(placeOf(of, 'administer'), plaintext, 1, () => administration, parts)
  return {
    store: text(fields.store),
    ring: text(fields.ring),
    version: integer(fields.version),
    administrationSeed: secret(0),
    administration: bytes(fields.administration),
  }
}
