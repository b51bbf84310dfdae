import type { SigningKey, VerifyingKey } from '../crypto/signing.ts'
import { ascii, concat } from '../encoding/bytes.ts'
import { type CanonicalObject, canonicalText, decodeCanonical } from '../encoding/canonical.ts'
import { fromText, toText } from '../encoding/text.ts'
import { KmsError } from '../errors.ts'
import { type StoredRecord, storeLimits } from './key-store.ts'
import { fitsKind, type RecordKind, type RecordTypes } from './records.ts'
import type { VerifiedBytes } from './verified-bytes.ts'

// The stored form of an administered record (contents-v1 §Signed records): canonical JSON of
// {"record":{…},"signature":"…"}, the signature over "kms1/record" ‖ 00 ‖ canonical(record).

const labelText = 'kms1/record\0'
const label = ascii(labelText)

// What stands around the record and its signature. Names are in byte order, so that there is one such form.
const opening = '{"record":'
const middle = ',"signature":"'
const closing = '"}'
/** 64 bytes in base64url. */
const signatureTextLength = 86

const encoder = new TextEncoder()

/** A record whose signature, place and revision were checked. */
export interface SignedRecord<T> {
  readonly record: T
  /** As the store holds it. */
  readonly bytes: Uint8Array
  readonly revision: number
}

/** Signs a record for the store. @throws `limit-exceeded` over 64 KiB */
export async function signRecord(record: RecordTypes[RecordKind], key: SigningKey): Promise<StoredRecord> {
  // Written as text and encoded once: joining arrays takes longer than signing leaves for it where many keys are made.
  const body = canonicalText(record as unknown as CanonicalObject)
  const signature = await key.sign(encoder.encode(labelText + body))
  const bytes = encoder.encode(opening + body + middle + toText(signature) + closing)
  if (bytes.length > storeLimits.recordBytes) {
    throw new KmsError('limit-exceeded', `A record has at most ${storeLimits.recordBytes} bytes.`)
  }
  return { id: record.id, revision: record.revision, bytes }
}

/** By whom a record must be signed. */
export interface SignedBy {
  readonly key: VerifyingKey
  /** The store's id. */
  readonly store: string
  /** Records under the same key that need not be verified again. */
  readonly verified?: VerifiedBytes
}

/**
 * Reads a stored record: canonical, of its kind, where it belongs, signed by the one who may.
 * @throws `store-corrupt` for anything else
 */
export async function openRecord<K extends RecordKind>(
  kind: K,
  stored: StoredRecord,
  by: SignedBy,
): Promise<SignedRecord<RecordTypes[K]>> {
  const { record, signature } = readStored(kind, stored)
  if (record.store !== by.store) throw corrupt(stored.id)
  if (by.verified?.has(stored) !== true) {
    if (!(await by.key.verify(signature, signedBytes(stored)))) throw corrupt(stored.id)
    by.verified?.add(stored)
  }
  return { record, bytes: stored.bytes, revision: stored.revision }
}

/** `openRecord` without waiting. @returns undefined where the platform cannot. @throws `store-corrupt` */
export function openRecordNow<K extends RecordKind>(
  kind: K,
  stored: StoredRecord,
  by: SignedBy,
): SignedRecord<RecordTypes[K]> | undefined {
  const { record, signature } = readStored(kind, stored)
  if (record.store !== by.store) throw corrupt(stored.id)
  if (by.verified?.has(stored) !== true) {
    const genuine = by.key.verifyNow(signature, signedBytes(stored))
    if (genuine === undefined) return undefined
    if (!genuine) throw corrupt(stored.id)
    by.verified?.add(stored)
  }
  return { record, bytes: stored.bytes, revision: stored.revision }
}

/** Reads a record without its signature: to learn which key must have signed it, or what it claims. @throws `store-corrupt` */
export function readStored<K extends RecordKind>(
  kind: K,
  stored: StoredRecord,
): { readonly record: RecordTypes[K]; readonly signature: Uint8Array } {
  let outer: CanonicalObject
  let signature: Uint8Array
  try {
    outer = decodeCanonical(stored.bytes)
    signature = fromText(outer.signature as string)
  } catch (cause) {
    throw corrupt(stored.id, cause)
  }
  const record = outer.record as CanonicalObject
  const whole = Object.keys(outer).length === 2 && typeof record === 'object' && !Array.isArray(record)
  if (!whole || !fitsKind(kind, record) || record.id !== stored.id || record.revision !== stored.revision) {
    throw corrupt(stored.id)
  }
  return { record: record as unknown as RecordTypes[K], signature }
}

/** What the signature of a record that was read is over: its canonical bytes, as they stand in the stored ones. */
function signedBytes({ bytes }: StoredRecord): Uint8Array {
  const after = middle.length + signatureTextLength + closing.length
  return concat(label, bytes.subarray(opening.length, bytes.length - after))
}

function corrupt(id: string, cause?: unknown): KmsError {
  return new KmsError(
    'store-corrupt',
    `The record ${id} is damaged, forged, or not where it belongs. Restore a backup; kms doctor finds all such records.`,
    { cause },
  )
}
