import type { Primitives } from '../crypto/primitives.ts'
import type { SigningKey } from '../crypto/signing.ts'
import type { WebCrypto } from '../crypto/web-crypto.ts'
import { concat } from '../encoding/bytes.ts'
import { type CanonicalObject, decodeCanonical, encodeCanonical } from '../encoding/canonical.ts'
import { fromText } from '../encoding/text.ts'
import { canonicalContext } from '../envelope/context.ts'
import { encodePreamble } from '../envelope/preamble.ts'
import { type SignedPlace, sign, signedPrefixLength, verify } from '../envelope/signed.ts'
import { KmsError } from '../errors.ts'
import { Secret } from '../secret.ts'

// What contents 4 and 6 have in common (contents-v1 §Contents): secrets of 32 bytes, raw and first, since strings cannot be wiped;
// then public fields; all of it signed.

/** Where the plaintext stands: its content and its context. Contents 4 and 6 are sealed with suite 1. */
export interface SecretsPlace {
  readonly content: 4 | 6
  readonly context: Record<string, string>
}

export type Parts = { readonly primitives: Primitives; readonly crypto: WebCrypto }

/** What a content held, its signature checked. */
export interface OpenedSecrets {
  readonly fields: CanonicalObject
  readonly secret: (index: number) => Secret
}

/** The plaintext; the caller wipes it. */
export async function signSecrets(
  place: SecretsPlace,
  secrets: readonly Secret[],
  fields: CanonicalObject,
  key: SigningKey,
  primitives: Primitives,
): Promise<Uint8Array> {
  const data = concat(...secrets.map((secret) => secret.reveal()), encodeCanonical(fields))
  try {
    return await sign(signedPlace(place), data, key, primitives)
  } finally {
    data.fill(0)
  }
}

/**
 * Takes a plaintext apart.
 * @param administration the Ed25519 key that must have signed it, given or read from its fields
 * @throws `store-corrupt`
 */
export async function verifySecrets(
  place: SecretsPlace,
  plaintext: Uint8Array,
  secretCount: number,
  administration: (fields: CanonicalObject) => Uint8Array,
  parts: Parts,
): Promise<OpenedSecrets> {
  const fieldsAt = signedPrefixLength + 32 * secretCount
  if (plaintext.length < fieldsAt) throw forged()
  const fields = decodeFields(plaintext.subarray(fieldsAt))
  const publicKey = administration(fields)
  if (publicKey.length !== 32) throw forged()
  const verified = await verify(signedPlace(place), plaintext, [{ algorithm: 'Ed25519', publicKey }], parts).catch(
    (cause: unknown) => {
      throw cause instanceof KmsError && cause.code === 'invalid-argument' ? forged() : cause
    },
  )
  if (verified === undefined) throw forged()
  const { data } = verified
  return { fields, secret: (index) => Secret.copy(data.subarray(32 * index, 32 * index + 32)) }
}

function signedPlace({ content, context }: SecretsPlace): SignedPlace {
  return { content, bound: concat(encodePreamble({ suite: 1, content, mode: 2 }), canonicalContext(context)) }
}

function decodeFields(data: Uint8Array): CanonicalObject {
  try {
    return decodeCanonical(data)
  } catch {
    throw forged()
  }
}

/** A field that is text. @throws `store-corrupt` */
export function text(value: unknown): string {
  if (typeof value !== 'string') throw forged()
  return value
}

/** A field that is a number. @throws `store-corrupt` */
export function integer(value: unknown): number {
  if (typeof value !== 'number') throw forged()
  return value
}

/** A field of bytes. @throws `store-corrupt` */
export function bytes(value: unknown): Uint8Array {
  try {
    return fromText(text(value))
  } catch {
    throw forged()
  }
}

const forged = (): KmsError =>
  new KmsError('store-corrupt', 'What the root protects is damaged or forged. Restore a backup of the store.')
