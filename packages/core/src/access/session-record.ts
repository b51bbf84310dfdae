import { type SigningKey, VerifyingKey } from '../crypto/signing.ts'
import { ascii, concat } from '../envelope/bytes.ts'
import { fromText, toText } from '../envelope/text.ts'
import { type CanonicalObject, decodeCanonical, encodeCanonical } from '../store/canonical.ts'
import { type Fields, fitsFields } from '../store/fields.ts'
import type { StoredRecord } from '../store/key-store.ts'

// A session's record (contents-v1 §Sessions): signed by the session's own key, which the ring's log key certifies.

/** A version that a session has in memory before anything uses it, by its check value. */
export type StagedVersion = { readonly key: string; readonly number: number; readonly check: string }

export type SessionRecord = {
  readonly kind: 'session'
  readonly id: string
  readonly revision: number
  readonly store: string
  readonly ring: string
  readonly caller: string
  readonly started: number
  /** The ring's epoch that it has seen. */
  readonly epoch: number
  /** Ids of the keys it holds, at most 500. */
  readonly keys: readonly string[]
  readonly staged: readonly StagedVersion[]
  readonly publicKey: string
  readonly certificate: string
}

const recordLabel = ascii('kms1/record\0')
const certificateLabel = ascii('kms1/session\0')

const fields: Fields = {
  kind: 'text',
  id: 'text',
  revision: 'integer',
  store: 'text',
  ring: 'text',
  caller: 'text',
  started: 'integer',
  epoch: 'integer',
  keys: 'texts',
  staged: { key: 'text', number: 'integer', check: 'text' },
  publicKey: 'text',
  certificate: 'text',
}

/** What the ring's log key signs, so that nobody else can make sessions. */
export const certify = (logKey: SigningKey, id: string, publicKey: Uint8Array): Promise<Uint8Array> =>
  logKey.sign(concat(certificateLabel, ascii(id), publicKey))

/** A session's record as it is stored. */
export async function writeSession(record: SessionRecord, key: SigningKey): Promise<StoredRecord> {
  const body = record as unknown as CanonicalObject
  const signature = toText(await key.sign(concat(recordLabel, encodeCanonical(body))))
  return { id: record.id, revision: record.revision, bytes: encodeCanonical({ record: body, signature }) }
}

/**
 * Reads another session's record.
 * @param logKey the ring's
 * @returns undefined for what is damaged, forged or not where it belongs: whoever wrote it is nobody
 */
export async function readSession(
  stored: StoredRecord,
  store: string,
  logKey: VerifyingKey,
): Promise<SessionRecord | undefined> {
  try {
    const { record, signature, ...rest } = decodeCanonical(stored.bytes)
    const body = record as CanonicalObject
    const whole = typeof body === 'object' && fitsFields(fields, body) && Object.keys(rest).length === 0
    const session = body as unknown as SessionRecord
    if (!whole || session.kind !== 'session' || session.store !== store) return undefined
    if (session.id !== stored.id || session.revision !== stored.revision) return undefined
    const publicKey = fromText(session.publicKey)
    const certified = concat(certificateLabel, ascii(session.id), publicKey)
    if (!(await logKey.verify(fromText(session.certificate), certified))) return undefined
    const key = await VerifyingKey.fromRaw(publicKey, logKey.crypto)
    const signed = concat(recordLabel, encodeCanonical(body))
    return (await key.verify(fromText(signature as string), signed)) ? session : undefined
  } catch {
    return undefined
  }
}
