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

const label = ascii('kms1/record\0')

// What stands around the record and its signature. Names are in byte order, so that there is one such form.
const opening = ascii('{"record":')
const middle = ascii(',"signature":"')
const closing = ascii('"}')
/** 64 bytes in base64url. */
const signatureTextLength = 86

// A record is written here and copied: an array of its own for each step takes longer than all the rest where many keys are made.
const scratch = new Uint8Array(label.length + storeLimits.recordBytes)
scratch.set(label)
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
  const [signed] = await signRecords([record], key)
  return signed as StoredRecord
}

/** Signs records for the store, all at once. @throws `limit-exceeded` over 64 KiB */
export async function signRecords(
  records: readonly RecordTypes[RecordKind][],
  key: SigningKey,
): Promise<readonly StoredRecord[]> {
  const messages = records.map(messageOf)
  const signatures = await key.signMany(messages)
  return records.map(({ id, revision }, i) => {
    return { id, revision, bytes: storedBytes(messages[i] as Uint8Array, signatures[i] as Uint8Array) }
  })
}

/** What is signed: the label and the record's canonical bytes. */
function messageOf(record: RecordTypes[RecordKind]): Uint8Array {
  const text = canonicalText(record as unknown as CanonicalObject)
  const { read, written } = encoder.encodeInto(text, scratch.subarray(label.length))
  if (read < text.length) throw tooLong()
  return scratch.slice(0, label.length + written)
}

function storedBytes(message: Uint8Array, signature: Uint8Array): Uint8Array {
  const length = message.length - label.length
  const signatureAt = opening.length + length + middle.length
  const bytes = new Uint8Array(signatureAt + signatureTextLength + closing.length)
  if (bytes.length > storeLimits.recordBytes) throw tooLong()
  bytes.set(opening)
  bytes.set(message.subarray(label.length), opening.length)
  bytes.set(middle, opening.length + length)
  encoder.encodeInto(toText(signature), bytes.subarray(signatureAt))
  bytes.set(closing, signatureAt + signatureTextLength)
  return bytes
}

const tooLong = (): KmsError => new KmsError('limit-exceeded', `A record has at most ${storeLimits.recordBytes} bytes.`)

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
