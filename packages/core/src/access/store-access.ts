import { SigningKey, VerifyingKey } from '../crypto/signing.ts'
import { fromText, toText } from '../encoding/text.ts'
import { parseUuid } from '../encoding/uuid.ts'
import { openEnvelope, sealEnvelope } from '../envelope/envelope.ts'
import type { Opener, Recipient } from '../envelope/recipient.ts'
import { type KeyHolder, keyOpener, keyRecipient } from '../envelope/recipients/key.ts'
import { KmsError } from '../errors.ts'
import { Secret } from '../secret.ts'
import { administeredCommit, mergeCommits } from '../store/administered-commit.ts'
import { storeRecordId } from '../store/record-ids.ts'
import type { StoreRecord } from '../store/records.ts'
import { openRecord, readStored } from '../store/signed-record.ts'
import { contentContexts } from './content-contexts.ts'
import type { Environment } from './environment.ts'
import { newRing } from './new-ring.ts'
import type { Root } from './root.ts'
import { storeFingerprint } from './store-fingerprint.ts'
import { decodeStoreSecrets, encodeStoreSecrets } from './store-secrets.ts'

/** The version of the store's format that this release writes and reads. */
const storeFormat = 1

/** A store whose own record was read and verified, and what the root gives of it. */
export interface StoreAccess {
  readonly record: StoreRecord
  readonly fingerprint: string
  readonly verifyingKey: VerifyingKey
  /** What the root opens the store and its rings with. */
  readonly rootOpener: Opener
  /** Absent if the root is an application's, which opens rings alone. */
  readonly owner: StoreOwner | undefined
}

/** What a process holds that was opened with one of the store's own roots. */
export interface StoreOwner {
  readonly administration: SigningKey
  /** Opens and seals the rings' envelopes. */
  readonly storeKey: { readonly opener: Opener; readonly recipient: Recipient }
  wipe(): void
}

/**
 * Reads a store's record and opens it with a root.
 * @throws `store-not-found`, `unsupported` for a newer format, `store-corrupt`, `not-permitted` for another fingerprint than the
 * one expected, `authentication-failed` for a wrong root, `root-unavailable`
 */
export async function accessStore(
  environment: Environment,
  root: Root,
  expectedFingerprint: string | undefined,
): Promise<StoreAccess> {
  const { store, primitives, slots, crypto } = environment
  const [stored] = await store.read([storeRecordId])
  if (stored === undefined) {
    throw new KmsError('store-not-found', 'There is no key store at that address. kms init creates one.')
  }
  const { record: claimed } = readStored('store', stored)
  if (claimed.format > storeFormat) {
    throw new KmsError(
      'unsupported',
      `The store is of format ${claimed.format}, which is newer than this program. Upgrade @kms.`,
    )
  }
  const publicKey = storedBytes(claimed.administration)
  const verifyingKey = await VerifyingKey.fromRaw(publicKey, crypto)
  const fingerprint = storeFingerprint(publicKey, primitives)
  if (expectedFingerprint !== undefined && expectedFingerprint !== fingerprint) {
    throw new KmsError(
      'not-permitted',
      `The store's fingerprint is ${fingerprint}, not the one expected. It is another store, or was replaced.`,
    )
  }
  const { record } = await openRecord('store', stored, { key: verifyingKey, store: claimed.store })
  const rootOpener = root.opener(primitives)
  const context = contentContexts.store(record.store)
  let plaintext: Uint8Array
  try {
    plaintext = await openEnvelope(storedBytes(record.envelope), {
      content: 4,
      context,
      openers: [rootOpener],
      primitives,
      slots,
    })
  } catch (cause) {
    if (!(cause instanceof KmsError)) throw cause
    if (cause.code === 'no-matching-key') {
      // A password names nobody, so it is never an application's root.
      if (root.kind === 'password') throw noPasswordRoot(record, cause)
      return { record, fingerprint, verifyingKey, rootOpener, owner: undefined }
    }
    if (cause.code === 'authentication-failed') throw wrongRoot(root, cause)
    throw cause
  }
  try {
    const secrets = await decodeStoreSecrets(plaintext, record.store, { primitives, crypto })
    if (toText(secrets.administration) !== record.administration || secrets.store !== record.store) {
      throw new KmsError('store-corrupt', 'The store names other keys than its roots protect. Restore a backup.')
    }
    const administration = await SigningKey.fromSeed(secrets.administrationSeed, secrets.administration, crypto)
    secrets.administrationSeed.wipe()
    const holder = storeKeyHolder(environment, secrets.storeKeyId, secrets.storeKeyVersion, secrets.storeKey)
    const owner: StoreOwner = { administration, storeKey: holder, wipe: () => secrets.storeKey.wipe() }
    return { record, fingerprint, verifyingKey, rootOpener, owner }
  } finally {
    plaintext.fill(0)
  }
}

/**
 * Creates a store with one ring.
 * @param ringName checked already
 * @throws `store-exists`
 */
export async function createStore(
  environment: Environment,
  of: { readonly roots: readonly Root[]; readonly ringName: string; readonly lease: number },
): Promise<void> {
  const { primitives, slots, crypto } = environment
  const store = globalThis.crypto.randomUUID()
  const storeKeyId = globalThis.crypto.randomUUID()
  const storeKey = Secret.take(globalThis.crypto.getRandomValues(new Uint8Array(32)))
  const generated = await SigningKey.generate(crypto)
  const administration = await SigningKey.fromSeed(generated.seed, generated.publicKey, crypto)
  const time = environment.wall()
  try {
    const plaintext = await encodeStoreSecrets(
      {
        store,
        storeKey,
        storeKeyId,
        storeKeyVersion: 1,
        administrationSeed: generated.seed,
        administration: generated.publicKey,
      },
      administration,
      primitives,
    )
    const envelope = await sealEnvelope(plaintext, {
      content: 4,
      context: contentContexts.store(store),
      recipients: of.roots.map((root) => root.recipient(primitives)),
      primitives,
      slots,
    }).finally(() => plaintext.fill(0))
    const record: StoreRecord = {
      kind: 'store',
      id: storeRecordId,
      revision: 1,
      store,
      format: storeFormat,
      created: time,
      administration: toText(generated.publicKey),
      lease: of.lease,
      roots: of.roots.map(({ kind, label }) => ({ kind, label, added: time })),
      envelope: toText(envelope),
    }
    const holder = storeKeyHolder(environment, storeKeyId, 1, storeKey)
    const ring = await newRing(of.ringName, { environment, store, storeKey: holder.recipient, administration })
    const { commit } = await administeredCommit({
      store,
      log: 'store',
      head: undefined,
      key: administration,
      primitives,
      operation: 'store.create',
      reason: '',
      actor: environment.caller,
      time,
      request: globalThis.crypto.randomUUID(),
      records: [record, ...ring.records],
    })
    await environment.store.commit(mergeCommits(commit, ring.firstCommit))
  } catch (error) {
    if (error instanceof KmsError && error.code === 'conflict') {
      throw new KmsError(
        'store-exists',
        'A key store is there already. Open it with Kms.open, or give another address.',
      )
    }
    throw error
  } finally {
    storeKey.wipe()
    generated.seed.wipe()
  }
}

function storedBytes(text: string): Uint8Array {
  try {
    return fromText(text)
  } catch (cause) {
    throw new KmsError('store-corrupt', "The store's own record is damaged. Restore a backup of the store.", { cause })
  }
}

function storeKeyHolder(
  { primitives }: Environment,
  id: string,
  version: number,
  storeKey: Secret,
): StoreOwner['storeKey'] {
  const holder: KeyHolder = {
    id: parseUuid(id),
    version,
    expand: (info, length) => primitives.hkdfExpand('SHA-512', storeKey.reveal(), info, length),
  }
  return { opener: keyOpener(holder, { primitives }), recipient: keyRecipient(holder, { primitives }) }
}

function noPasswordRoot(record: StoreRecord, cause: unknown): KmsError {
  const roots = record.roots.map(({ kind, label }) => (kind === label ? kind : `${kind} ${label}`)).join(', ')
  return new KmsError('authentication-failed', `No password opens this store. Its roots: ${roots}. Name one of them.`, {
    cause,
  })
}

/** One message for a wrong password and a changed store: they cannot be told apart. */
function wrongRoot(root: Root, cause?: unknown): KmsError {
  const what =
    root.kind === 'password' ? 'The password is wrong' : `The root (${root.label}) is not one of this store's`
  return new KmsError('authentication-failed', `${what}, or what the store keeps of it was changed.`, { cause })
}
