import { type SigningKey, VerifyingKey } from '../crypto/signing.ts'
import { ascii, concat } from '../encoding/bytes.ts'
import { fromText } from '../encoding/text.ts'
import type { StoredRecord } from '../store/key-store.ts'
import type { SessionRecord } from '../store/records.ts'
import { openRecord, readStored } from '../store/signed-record.ts'

// A session's record (contents-v1 §Sessions): signed by the session's own key, which the ring's log key certifies.

const label = ascii('kms1/session\0')

/** What a session's certificate is over. */
const certified = (id: string, publicKey: Uint8Array): Uint8Array => concat(label, ascii(id), publicKey)

/** What the ring's log key signs, so that nobody else can make sessions. */
export const certify = (logKey: SigningKey, id: string, publicKey: Uint8Array): Promise<Uint8Array> =>
  logKey.sign(certified(id, publicKey))

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
    const { id, publicKey, certificate } = readStored('session', stored).record
    const raw = fromText(publicKey)
    if (!(await logKey.verify(fromText(certificate), certified(id, raw)))) return undefined
    const key = await VerifyingKey.fromRaw(raw, logKey.crypto)
    return (await openRecord('session', stored, { key, store })).record
  } catch {
    return undefined
  }
}
