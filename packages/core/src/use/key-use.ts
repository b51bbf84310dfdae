import type { Suite } from '../crypto/key-slots.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { fromText } from '../encoding/text.ts'
import { formatUuid } from '../encoding/uuid.ts'
import type { Context } from '../envelope/context.ts'
import type { Opener, Recipient, Stanza } from '../envelope/recipient.ts'
import { readRecipient } from '../envelope/recipient-layouts.ts'
import { keyOpener, keyRecipient } from '../envelope/recipients/key.ts'
import { noMatchingKey, recordHeader } from '../envelope/record.ts'
import { type RewrapOptions, type Rewrapped, rewrapHeader } from '../envelope/rewrap.ts'
import type { VersionKey } from '../envelope/version-key.ts'
import { KmsError } from '../errors.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import type { LoadedKey } from '../keys/loaded-key.ts'
import type { RingWatch } from '../keys/ring-watch.ts'
import type { Secret } from '../secret.ts'
import type { KeyPurpose } from '../specs/key-purposes.ts'
import { refusedByState } from '../specs/version-states.ts'
import { checkName } from '../store/names.ts'
import type { KeyRecord } from '../store/records.ts'
import { heldBy, hpkeKind, pairRecipient, unwrapByPair } from '../versions/pair-envelopes.ts'
import type { PairVersion } from '../versions/pair-version.ts'
import type { VersionsByPurpose } from '../versions/versions-by-purpose.ts'
import { type Auditor, outcomeOfError } from './auditor.ts'
import { type EnvelopeToRewrap, ManyRewraps, type RewrapOutcome } from './many-rewraps.ts'
import { newestRecipients } from './newest-recipients.ts'

/** How `kms.rewrap` changes who can open an envelope. */
export interface RewrapUnder extends Pick<RewrapOptions, 'context' | 'add' | 'remove' | 'length' | 'limits'> {
  /** What else may open it than the ring's keys: `passwordOpener(…)`. */
  readonly openers?: readonly Opener[]
}

/** One-shot uses of the ring's keys: fresh, held in memory meanwhile, and audited. */
export class KeyUse {
  readonly #ring: KeyRing
  readonly #watch: RingWatch
  readonly #auditor: Auditor

  constructor(ring: KeyRing, watch: RingWatch, auditor: Auditor) {
    this.#ring = ring
    this.#watch = watch
    this.#auditor = auditor
  }

  /**
   * Runs `work` with a key.
   * @param of its name, or its id
   * @param version the number that is opened; undefined for the primary
   */
  with<T>(
    operation: string,
    of: string | { readonly id: string },
    version: number | undefined,
    work: (key: LoadedKey<VersionKey>) => T | Promise<T>,
  ): Promise<T> {
    return this.#holding('encrypt', operation, of, version, work)
  }

  /** `with`, of a key of any purpose. */
  async #holding<Purpose extends KeyPurpose, T>(
    purpose: Purpose,
    operation: string,
    of: string | { readonly id: string },
    version: number | undefined,
    work: (key: LoadedKey<VersionsByPurpose[Purpose]>) => T | Promise<T>,
  ): Promise<T> {
    let key: LoadedKey<VersionsByPurpose[Purpose]> | undefined
    try {
      await this.#watch.refresh()
      const id = typeof of === 'string' ? await this.#ring.records.idOf(checkName(of)) : of.id
      key = await this.#ring.holdTo(purpose, id)
      // The reading may have taken longer than the lease.
      if (this.#ring.environment.monotonic() > this.#ring.deadline) await this.#ring.renew()
      const result = await work(key)
      this.#auditor.use(operation, 'ok', key, version ?? key.primaryNumber)
      if (version === undefined) key.primaryUses.seal()
      else this.#ring.usage.of(key.id, version).open()
      return result
    } catch (error) {
      const outcome = outcomeOfError(error)
      if (key === undefined) {
        this.#auditor.tell(operation, outcome, typeof of === 'string' ? { key: of } : { keyId: of.id })
      } else {
        this.#auditor.use(operation, outcome, key, version ?? key.primaryNumber)
        if (version !== undefined && refusedByState(error)) this.#ring.usage.of(key.id, version).refuse()
      }
      throw error
    } finally {
      if (key !== undefined) this.#ring.release(key, false)
    }
  }

  /**
   * Opens a record with whichever version sealed it and seals it anew under the primary; the plaintext leaves neither. What the primary
   * sealed in that suite already stays as it is.
   */
  reencrypt(envelope: Uint8Array, name: string, context: Context, suite: Suite): Promise<Uint8Array> {
    const header = recordHeader(envelope)
    const { monotonic, primitives } = this.#ring.environment
    return this.with('reencrypt', name, header.version, async (key) => {
      if (formatUuid(header.keyId) !== key.id) throw noMatchingKey(header)
      key.protecting()
      for (;;) {
        const sealed = await this.#ring.withLeaving(key, header.version, (version) => {
          // Bringing the version into memory may have taken longer than the lease, and the primary may have moved meanwhile.
          if (monotonic() > this.#ring.deadline) return undefined
          const primary = key.protecting()
          const plaintext = version.open(envelope, context)
          try {
            if (header.version === primary.version && header.suite === suite) return envelope
            key.primaryUses.seal()
            if (header.mode === 1) return primary.deterministic(suite).seal(plaintext, context)
            return primary.recordOf(suite).sealHedged(primitives, plaintext, context)
          } finally {
            plaintext.fill(0)
          }
        })
        if (sealed !== undefined) return sealed
        await this.#ring.renew()
      }
    })
  }

  /** A key's primary version, at the time of wrapping, as a recipient. */
  async recipient(name: string): Promise<Recipient> {
    const { key: id, purpose } = await this.#record(name)
    return purpose === 'agree' ? this.#pairRecipientOf(id) : this.#recipientOf(id)
  }

  #pairRecipientOf(id: string): Recipient {
    const { environment } = this.#ring
    return {
      kind: hpkeKind,
      wrap: (contentKey, bound) =>
        this.#holding('agree', 'encrypt', { id }, undefined, async (key) => {
          const recipient = await pairRecipient(key.spec, key.protecting().publicKey, environment)
          return recipient.wrap(contentKey, bound)
        }),
    }
  }

  /**
   * Who can open an envelope to recipients, anew: what `rewrapHeader` is told, or each key of the ring at its newest version.
   * @param options `openers` beside the ring's keys
   */
  async rewrap(envelope: Uint8Array, options: RewrapUnder): Promise<Rewrapped> {
    const { add, remove, openers = [] } = options
    const ringOpener = await this.opener(undefined)
    const newest = add === undefined && remove === undefined
    // What is the newest version, somebody else may have changed.
    if (newest) await this.#watch.refresh()
    const change = newest ? await newestRecipients(envelope, this.#ring, (id) => this.#recipientOf(id)) : {}
    return rewrapHeader(envelope, { ...options, ...change, ...this.#parts(), openers: [ringOpener, ...openers] })
  }

  /** `rewrap` of many to the newest versions. */
  rewrapMany(envelopes: readonly EnvelopeToRewrap[]): Promise<readonly RewrapOutcome[]> {
    const single = ({ envelope, context }: EnvelopeToRewrap): Promise<Rewrapped> => this.rewrap(envelope, { context })
    return new ManyRewraps(this.#ring, this.#auditor, () => this.#watch.refresh(), single).rewrap(envelopes)
  }

  #recipientOf(id: string): Recipient {
    return {
      kind: 1,
      wrap: (contentKey, bound) =>
        this.with('encrypt', { id }, undefined, (key) => {
          return keyRecipient(key.protecting().holder(), this.#parts()).wrap(contentKey, bound)
        }),
    }
  }

  /**
   * Opens what is sealed to a key of the ring: the one named, or any.
   * @param leaving with compromised versions too: for what is written anew at once
   */
  async opener(name: string | undefined, leaving = false): Promise<Opener> {
    const record = name === undefined ? undefined : await this.#record(name)
    if (record?.purpose === 'agree') return this.#pairOpener(record, leaving)
    const only = record?.key
    const named = (stanza: Stanza): { readonly id: string; readonly version: number } | undefined => {
      const fields = readRecipient(stanza)
      if (typeof fields === 'string' || fields.name !== 'key') return undefined
      const id = formatUuid(fields.keyId)
      return only === undefined || only === id ? { id, version: fields.version } : undefined
    }
    return {
      kind: 1,
      holds: (stanza) => named(stanza) !== undefined,
      unwrap: async (stanza, bound) => {
        const of = named(stanza)
        if (of === undefined) throw new KmsError('no-matching-key', 'The envelope is for another key.')
        const unwrap = (version: VersionKey): Promise<Secret> =>
          keyOpener(version.holder(), this.#parts()).unwrap(stanza, bound)
        return this.with(leaving ? 'reencrypt' : 'decrypt', { id: of.id }, of.version, async (key) =>
          leaving
            ? this.#ring.withLeaving(key, of.version, unwrap)
            : unwrap(await this.#ring.loadVersion(key, of.version)),
        )
      },
    }
  }

  /** Opens what is sealed to any version of a pair. */
  async #pairOpener(record: KeyRecord, leaving: boolean): Promise<Opener> {
    const { environment, records } = this.#ring
    const { key: id, spec } = record
    const versions = await Promise.all(
      (await records.allVersions(record)).map(async ({ number, publicKey }) => {
        return { number, holds: await heldBy(spec, fromText(publicKey), environment) }
      }),
    )
    const numberOf = (stanza: Stanza): number | undefined => versions.find(({ holds }) => holds(stanza))?.number
    return {
      kind: hpkeKind,
      holds: (stanza) => numberOf(stanza) !== undefined,
      unwrap: async (stanza, bound) => {
        const number = numberOf(stanza)
        if (number === undefined) throw new KmsError('no-matching-key', 'The envelope is for another key.')
        const unwrap = (version: PairVersion): Promise<Secret> =>
          unwrapByPair(spec, version, environment, stanza, bound)
        return this.#holding('agree', leaving ? 'reencrypt' : 'decrypt', { id }, number, async (key) =>
          leaving ? this.#ring.withLeaving(key, number, unwrap) : unwrap(await this.#ring.loadVersion(key, number)),
        )
      },
    }
  }

  /** @throws `key-not-found`; `invalid-argument` for one that transports: its `unwrapKey` would open what was sealed to it */
  async #record(name: string): Promise<KeyRecord> {
    await this.#watch.refresh()
    const { record } = await this.#ring.records.byName(checkName(name))
    if (record.purpose !== 'transport') return record
    throw new KmsError(
      'invalid-argument',
      `"${record.name}" transports keys, with wrapKey and unwrapKey alone: no envelope is sealed to it. Take a key that agrees: kms key create NAME --purpose agree.`,
      { keyIds: [record.key] },
    )
  }

  #parts(): { readonly primitives: Primitives } {
    return { primitives: this.#ring.environment.primitives }
  }
}
