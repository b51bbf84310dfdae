import type { Primitives } from '../crypto/primitives.ts'
import type { SigningKey } from '../crypto/signing.ts'
import { toText } from '../encoding/text.ts'
import type { Secret } from '../secret.ts'
import { contentContexts } from './content-contexts.ts'
import { bytes, integer, type Parts, type SecretsPlace, signSecrets, text, verifySecrets } from './signed-secrets.ts'

/** Content 4: what a store's roots protect (contents-v1 §Contents). */
export interface StoreSecrets {
  readonly store: string
  /** 32 bytes, and the id (UUID) that recipients name it by. Its version is 1 until a rekey. */
  readonly storeKey: Secret
  readonly storeKeyId: string
  readonly storeKeyVersion: number
  readonly administrationSeed: Secret
  readonly administration: Uint8Array
}

const placeOf = (store: string): SecretsPlace => ({ content: 4, context: contentContexts.store(store) })

/** The plaintext of content 4; the caller wipes it. */
export function encodeStoreSecrets(
  secrets: StoreSecrets,
  key: SigningKey,
  primitives: Primitives,
): Promise<Uint8Array> {
  const fields = {
    store: secrets.store,
    storeKeyId: secrets.storeKeyId,
    storeKeyVersion: secrets.storeKeyVersion,
    administration: toText(secrets.administration),
  }
  const raw = [secrets.storeKey, secrets.administrationSeed]
  return signSecrets(placeOf(secrets.store), raw, fields, key, primitives)
}

/** @throws `store-corrupt` if it is not whole and signed by the administration key it names */
export async function decodeStoreSecrets(plaintext: Uint8Array, store: string, parts: Parts): Promise<StoreSecrets> {
  const named = (of: Record<string, unknown>): Uint8Array => bytes(of.administration)
  const { fields, secret } = await verifySecrets(placeOf(store), plaintext, 2, named, parts)
  return {
    store: text(fields.store),
    storeKey: secret(0),
    storeKeyId: text(fields.storeKeyId),
    storeKeyVersion: integer(fields.storeKeyVersion),
    administrationSeed: secret(1),
    administration: bytes(fields.administration),
  }
}
