import { storeFingerprint } from '../access/store-fingerprint.ts'
import type { Primitives } from '../crypto/primitives.ts'
import type { VerificationKey } from '../crypto/verification-key.ts'
import type { WebCrypto } from '../crypto/web-crypto.ts'
import { concat } from '../encoding/bytes.ts'
import { type CanonicalObject, decodeCanonical } from '../encoding/canonical.ts'
import { type Fields, fitsFields } from '../encoding/fields.ts'
import { fromText } from '../encoding/text.ts'
import { verifyPrefix } from '../envelope/signed.ts'
import { KmsError } from '../errors.ts'
import { authenticationFailed } from '../refusals.ts'
import { recordClass, type StoredRecord } from '../store/key-store.ts'
import { ItemReader, itemTypes, notABackup, readRecordItem } from './backup-items.ts'

/** What a backup says of itself. */
export interface BackupStart {
  /** UUID of the backup. */
  readonly backup: string
  readonly store: string
  /** The store's administration key, 32 bytes: it signed the backup. */
  readonly administration: Uint8Array
  /** Milliseconds since 1970. */
  readonly created: number
  readonly by: string
}

export interface ReadBackupOptions {
  /** The fingerprint of the store, as `kms init` printed it. */
  readonly fingerprint: string
  /** The envelope's `C` = preamble ‖ canonical(context): its first seven bytes and `00 00`. */
  readonly bound: Uint8Array
  readonly primitives: Primitives
  /** A WebCrypto object; `globalThis.crypto` unless given. */
  readonly crypto?: WebCrypto
}

const startFields: Fields = {
  format: 'integer',
  backup: 'text',
  store: 'text',
  administration: 'text',
  created: 'integer',
  by: 'text',
}

/**
 * Reads a backup (contents-v1 §Backups): first what it says of itself, then each record. **Nothing of it may take effect before the
 * last one was read**: the signature stands at the end, so that a backup can be written in one pass.
 * @param plaintext of the envelope, in pieces of any size
 * @throws `authentication-failed` for a backup of another store, or one that its administration key did not sign as it is;
 * `malformed`, `unsupported` for a newer format
 */
export async function* readBackup(
  plaintext: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: ReadBackupOptions,
): AsyncGenerator<BackupStart | StoredRecord> {
  const { bound, primitives, crypto = globalThis.crypto } = options
  const items = new ItemReader()
  // A chain, since a hash over all of it would need its length in memory, or a hash that goes on.
  let digest: Uint8Array = new Uint8Array(64)
  let start: BackupStart | undefined
  let end: Uint8Array | undefined
  for await (const piece of plaintext) {
    for (const { type, whole, bytes } of items.update(piece)) {
      if (end !== undefined) throw notABackup('something follows its end')
      if (type === itemTypes.end) {
        end = bytes
        continue
      }
      digest = primitives.hash('SHA-512', concat(digest, whole))
      if (start === undefined) {
        if (type !== itemTypes.start) throw notABackup('it does not say whose it is')
        start = readStart(bytes)
        if (storeFingerprint(start.administration, primitives) !== options.fingerprint) throw otherStore()
        yield start
      } else {
        if (type !== itemTypes.record) throw notABackup('it holds something else than records')
        const record = readRecordItem(bytes)
        if (recordClass(record.id) === 'operational') throw notABackup('it holds an operational record')
        yield record
      }
    }
  }
  items.final()
  if (start === undefined || end === undefined) throw notABackup('it ends early')
  const accepted: VerificationKey[] = [{ algorithm: 'Ed25519', publicKey: start.administration }]
  const signer = await verifyPrefix({ content: 3, bound }, end, digest, accepted, { primitives, crypto })
  if (signer === undefined) throw authenticationFailed()
}

function readStart(bytes: Uint8Array): BackupStart {
  let object: CanonicalObject
  let administration: Uint8Array
  try {
    object = decodeCanonical(bytes)
    if (typeof object.format === 'number' && object.format > 1) throw newer()
    if (!fitsFields(startFields, object) || object.format !== 1) throw notABackup('what it says of itself is damaged')
    administration = fromText(object.administration as string)
  } catch (error) {
    throw error instanceof KmsError && error.code === 'unsupported'
      ? error
      : notABackup('what it says of itself is damaged')
  }
  if (administration.length !== 32) throw notABackup('it names no administration key')
  const { backup, store, created, by } = object as unknown as BackupStart
  return { backup, store, administration, created, by }
}

function newer(): KmsError {
  return new KmsError('unsupported', 'The backup is of a newer format than this program reads. Upgrade @kms.')
}

function otherStore(): KmsError {
  return new KmsError('authentication-failed', 'The backup is of another store than the one with that fingerprint.')
}
