import { SigningKey } from '../crypto/signing.ts'
import { toText } from '../encoding/text.ts'
import { sealEnvelope } from '../envelope/envelope.ts'
import type { Recipient } from '../envelope/recipient.ts'
import { Secret } from '../secret.ts'
import { administeredCommit } from '../store/administered-commit.ts'
import type { Commit } from '../store/key-store.ts'
import { ringId, ringNameId } from '../store/record-ids.ts'
import type { RingNameRecord, RingRecord } from '../store/records.ts'
import { contentContexts } from './content-contexts.ts'
import type { Environment } from './environment.ts'
import { encodeRingAdminister, encodeRingUse } from './ring-secrets.ts'

export interface NewRing {
  /** To be signed by the store's administration key. */
  readonly records: readonly [RingRecord, RingNameRecord]
  /** The first entry and head of the ring's own log. */
  readonly firstCommit: Commit
}

/**
 * Makes a key ring: its key, its administration key and log key, sealed to the store key.
 * @param name checked already
 */
export async function newRing(
  name: string,
  of: {
    readonly environment: Environment
    readonly store: string
    readonly storeKey: Recipient
    /** The store's. */
    readonly administration: SigningKey
  },
): Promise<NewRing> {
  const { environment, store, storeKey, administration } = of
  const { primitives, slots, crypto } = environment
  const ring = globalThis.crypto.randomUUID()
  const version = 1
  const ringKey = Secret.take(globalThis.crypto.getRandomValues(new Uint8Array(32)))
  const own = await SigningKey.generate(crypto)
  const log = await SigningKey.generate(crypto)
  const time = environment.wall()
  const seal = async (plaintext: Uint8Array, rights: 'use' | 'administer'): Promise<string> => {
    const context = contentContexts.ring(store, ring, version, rights)
    try {
      return toText(await sealEnvelope(plaintext, { content: 6, context, recipients: [storeKey], primitives, slots }))
    } finally {
      plaintext.fill(0)
    }
  }
  const common = { store, ring, version }
  try {
    const useSecrets = {
      ...common,
      ringKey,
      logSeed: log.seed,
      logKey: log.publicKey,
      administration: administration.publicKey,
    }
    const administerSecrets = { ...common, administrationSeed: own.seed, administration: own.publicKey }
    const record: RingRecord = {
      kind: 'ring',
      id: ringId(ring),
      revision: 1,
      store,
      ring,
      name,
      created: time,
      administration: toText(own.publicKey),
      logKey: toText(log.publicKey),
      versions: [version],
      use: [await seal(await encodeRingUse(useSecrets, administration, primitives), 'use')],
      administer: [await seal(await encodeRingAdminister(administerSecrets, administration, primitives), 'administer')],
      applications: [],
    }
    const claim: RingNameRecord = {
      kind: 'ring-name',
      id: ringNameId(primitives, name),
      revision: 1,
      store,
      ring,
      name,
    }
    const { commit: firstCommit } = await administeredCommit({
      store,
      log: ring,
      head: undefined,
      key: await SigningKey.fromSeed(own.seed, own.publicKey, crypto),
      primitives,
      operation: 'ring.create',
      reason: '',
      actor: environment.caller,
      time,
      request: globalThis.crypto.randomUUID(),
      records: [],
    })
    return { records: [record, claim], firstCommit }
  } finally {
    ringKey.wipe()
    own.seed.wipe()
    log.seed.wipe()
  }
}
