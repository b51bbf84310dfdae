import type { Primitives } from '../crypto/primitives.ts'
import { publicKeyFingerprint, type SigningKey, VerifyingKey } from '../crypto/signing.ts'
import { ascii, concat, readU16, sameBytes, u16 } from '../envelope/bytes.ts'
import { canonicalContext } from '../envelope/context.ts'
import { contents, encodePreamble } from '../envelope/preamble.ts'
import { fromText, toText } from '../envelope/text.ts'
import { KmsError } from '../errors.ts'
import { Secret } from '../secret.ts'
import { type CanonicalObject, decodeCanonical, encodeCanonical } from '../store/canonical.ts'

// The plaintexts and contexts of contents 1, 4 and 6 (contents-v1 §Contents). Secrets are raw bytes before the public fields,
// never text: strings cannot be wiped.

/** Content 4: what a store's roots protect. */
export interface StoreSecrets {
  readonly store: string
  /** 32 bytes, and the id (UUID) that recipients name it by. Its version is 1 until a rekey. */
  readonly storeKey: Secret
  readonly storeKeyId: string
  readonly storeKeyVersion: number
  readonly administrationSeed: Secret
  readonly administration: Uint8Array
}

/** Content 6, use: what whoever uses a ring holds. */
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

/** The contexts of the stored contents, in one table. Values are lower-case UUIDs, decimal numbers and plain words. */
export const contentContexts = {
  /** Content 4. */
  store: (store: string): Record<string, string> => ({ store }),
  /** Content 6. */
  ring: (store: string, ring: string, version: number, rights: 'use' | 'administer'): Record<string, string> => ({
    store,
    ring,
    version: String(version),
    rights,
  }),
  /** Content 1. */
  version: (of: VersionContext): Record<string, string> => ({
    store: of.store,
    ring: of.ring,
    key: of.key,
    version: String(of.version),
    purpose: of.purpose,
    spec: of.spec,
    origin: of.origin,
    exportable: String(of.exportable),
  }),
} as const

export interface VersionContext {
  readonly store: string
  readonly ring: string
  readonly key: string
  readonly version: number
  readonly purpose: string
  readonly spec: string
  readonly origin: string
  readonly exportable: boolean
}

/** Contents that carry a signature inside, by the layout of content 5. */
type SignedContent = 4 | 6

const ed25519 = 1
const fingerprintLength = 16
const signatureLength = 64
const dataAt = 2 + fingerprintLength + 2 + signatureLength

/** What is signed inside a content: its own label, so that a signature of one content is none of another. */
function signedInput(
  content: SignedContent,
  context: Record<string, string>,
  fingerprint: Uint8Array,
  data: Uint8Array,
  primitives: Primitives,
): Uint8Array {
  const bound = concat(encodePreamble({ suite: 1, content, mode: 2 }), canonicalContext(context))
  const label = ascii(`kms1/${contents[content].name}\0`)
  return concat(label, u16(ed25519), fingerprint, bound, primitives.hash('SHA-512', data))
}

async function sign(
  content: SignedContent,
  context: Record<string, string>,
  secrets: readonly Secret[],
  fields: CanonicalObject,
  key: SigningKey,
  primitives: Primitives,
): Promise<Uint8Array> {
  const data = concat(...secrets.map((secret) => secret.reveal()), encodeCanonical(fields))
  const fingerprint = publicKeyFingerprint(key.publicKey, primitives)
  const signature = await key.sign(signedInput(content, context, fingerprint, data, primitives))
  const plaintext = concat(u16(ed25519), fingerprint, u16(signatureLength), signature, data)
  data.fill(0)
  return plaintext
}

/** Takes a content apart; who must have signed it is read from it by `signer`, or given. */
async function verify(
  content: SignedContent,
  context: Record<string, string>,
  plaintext: Uint8Array,
  secretCount: number,
  signer: (fields: CanonicalObject) => Uint8Array,
  { primitives, crypto }: Parts,
): Promise<Opened> {
  const fieldsAt = dataAt + 32 * secretCount
  if (plaintext.length < fieldsAt || readU16(plaintext, 0) !== ed25519 || readU16(plaintext, 18) !== signatureLength) {
    throw forged()
  }
  const fingerprint = plaintext.subarray(2, 2 + fingerprintLength)
  const data = plaintext.subarray(dataAt)
  const fields = decodeFields(plaintext.subarray(fieldsAt))
  const publicKey = signer(fields)
  const input = signedInput(content, context, fingerprint, data, primitives)
  const key = await VerifyingKey.fromRaw(publicKey, crypto)
  const genuine = await key.verify(plaintext.slice(20, dataAt), input)
  if (!genuine || !sameBytes(fingerprint, publicKeyFingerprint(publicKey, primitives))) throw forged()
  return { fields, secret: (index) => Secret.copy(data.subarray(32 * index, 32 * index + 32)) }
}

/** What a content held, its signature checked. */
interface Opened {
  readonly fields: CanonicalObject
  readonly secret: (index: number) => Secret
}

function decodeFields(data: Uint8Array): CanonicalObject {
  try {
    return decodeCanonical(data)
  } catch {
    throw forged()
  }
}

type Parts = { readonly primitives: Primitives; readonly crypto: Crypto }

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
  return sign(
    4,
    contentContexts.store(secrets.store),
    [secrets.storeKey, secrets.administrationSeed],
    fields,
    key,
    primitives,
  )
}

/** @throws `store-corrupt` if it is not whole and signed by the administration key it names */
export async function decodeStoreSecrets(plaintext: Uint8Array, store: string, parts: Parts): Promise<StoreSecrets> {
  const { fields, secret } = await verify(
    4,
    contentContexts.store(store),
    plaintext,
    2,
    (of) => bytes(of.administration),
    parts,
  )
  return {
    store: text(fields.store),
    storeKey: secret(0),
    storeKeyId: text(fields.storeKeyId),
    storeKeyVersion: integer(fields.storeKeyVersion),
    administrationSeed: secret(1),
    administration: bytes(fields.administration),
  }
}

/** The plaintext of content 6, use, signed by the store's administration key; the caller wipes it. */
export function encodeRingUse(secrets: RingUseSecrets, key: SigningKey, primitives: Primitives): Promise<Uint8Array> {
  const fields = {
    store: secrets.store,
    ring: secrets.ring,
    version: secrets.version,
    logKey: toText(secrets.logKey),
    administration: toText(secrets.administration),
  }
  const context = contentContexts.ring(secrets.store, secrets.ring, secrets.version, 'use')
  return sign(6, context, [secrets.ringKey, secrets.logSeed], fields, key, primitives)
}

/** @throws `store-corrupt` if it is not whole and signed by the store's administration key that it names */
export async function decodeRingUse(
  plaintext: Uint8Array,
  of: { readonly store: string; readonly ring: string; readonly version: number },
  parts: Parts,
): Promise<RingUseSecrets> {
  const context = contentContexts.ring(of.store, of.ring, of.version, 'use')
  const { fields, secret } = await verify(6, context, plaintext, 2, (from) => bytes(from.administration), parts)
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
  const context = contentContexts.ring(secrets.store, secrets.ring, secrets.version, 'administer')
  return sign(6, context, [secrets.administrationSeed], fields, key, primitives)
}

/**
 * @param administration the store's administration key, which must have signed it
 * @throws `store-corrupt`
 */
export async function decodeRingAdminister(
  plaintext: Uint8Array,
  of: { readonly store: string; readonly ring: string; readonly version: number },
  administration: Uint8Array,
  parts: Parts,
): Promise<RingAdministerSecrets> {
  const context = contentContexts.ring(of.store, of.ring, of.version, 'administer')
  const { fields, secret } = await verify(6, context, plaintext, 1, () => administration, parts)
  return {
    store: text(fields.store),
    ring: text(fields.ring),
    version: integer(fields.version),
    administrationSeed: secret(0),
    administration: bytes(fields.administration),
  }
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw forged()
  return value
}

function integer(value: unknown): number {
  if (typeof value !== 'number') throw forged()
  return value
}

function bytes(value: unknown): Uint8Array {
  try {
    return fromText(text(value))
  } catch {
    throw forged()
  }
}

const forged = (): KmsError =>
  new KmsError('store-corrupt', 'What the root protects is damaged or forged. Restore a backup of the store.')
