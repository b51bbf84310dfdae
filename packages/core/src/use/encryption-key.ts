import type { Suite } from '../crypto/key-slots.ts'
import { plaintextBytes, plaintextText } from '../encoding/plaintext.ts'
import { fromText, toText } from '../encoding/text.ts'
import { formatUuid } from '../encoding/uuid.ts'
import type { BegunOpening } from '../envelope/body.ts'
import { type Context, canonicalContext } from '../envelope/context.ts'
import { noMatchingKey, recordHeader, sealedBy } from '../envelope/record.ts'
import type { VersionKey } from '../envelope/version-key.ts'
import type { LoadedKey } from '../keys/loaded-key.ts'
import { type BatchWork, type ItemResult, type OpenItem, runBatch, type SealItem } from './batch.ts'
import { type BoundKey, boundKey } from './bound-key.ts'
import { type ColumnCodec, type ColumnOptions, type ColumnType, type ColumnTypes, columnCodec } from './column.ts'
import type { HandleSource, SealingOptions } from './handle-source.ts'
import { HeldKey } from './held-key.ts'
import { KeyHandle } from './key-handle.ts'

export interface IndexOptions {
  /**
   * Bytes of the index, 8 to 32; 16 unless given. Two of n different values share one with a chance of n² / 2 in 2^(8 · length): of
   * a billion values, 3 % with 8 bytes, and never with 16.
   */
  readonly length?: number
}

/**
 * A key of purpose `encrypt` in memory: seals and opens records synchronously. From `kms.use`.
 *
 * It works until its lease ends, renewed in the background while the process yields; then `seal` and `open` throw
 * `lease-expired` until `renew` succeeds. Every call throws `closed` after `release`.
 */
export class EncryptionKey extends KeyHandle<VersionKey> {
  readonly #held: HeldKey<VersionKey>
  readonly #source: HandleSource
  readonly #key: LoadedKey<VersionKey>
  readonly #suite: Suite
  readonly #hedged: boolean

  /** Use `kms.use`. */
  constructor(source: HandleSource, key: LoadedKey<VersionKey>, { suite, hedged }: SealingOptions) {
    const held = new HeldKey(source, key)
    super(held)
    this.#held = held
    this.#source = source
    this.#key = key
    this.#suite = suite
    this.#hedged = hedged
  }

  /** The 36 characters that the text form of what it seals now starts with: what an index counts by. @throws `no-primary-version`, `key-disabled` */
  get textPrefix(): string {
    return this.#key.protecting().recordOf(this.#suite).textPrefix
  }

  /** `textPrefix` of what `sealDeterministicText` gives now, which has another one. @throws as `textPrefix` */
  get deterministicTextPrefix(): string {
    return this.#key.protecting().deterministic(this.#suite).textPrefix
  }

  /**
   * Seals a record under the primary version (envelope v1, mode 0).
   * @param data bytes, or text as UTF-8
   * @param context what it is bound to; the same pairs open it. `noContext` says out loud that there is none.
   * @returns the envelope: 99 bytes more than the data under 16 KiB (`encryptedLength`)
   * @throws `invalid-context`, `invalid-argument`, `lease-expired`, `no-primary-version`, `key-disabled`, `closed`
   */
  seal(data: Uint8Array | string, context: Context): Uint8Array {
    // The question first: a record is sealed in less time than it takes to tell of it.
    if (this.#source.audit === undefined) return this.#seal(data, context)
    return this.#held.told('encrypt', () => this.#seal(data, context))
  }

  #seal(data: Uint8Array | string, context: Context): Uint8Array {
    this.#held.check()
    const record = this.#key.protecting().recordOf(this.#suite)
    const envelope = this.#hedged
      ? record.sealHedged(this.#source.primitives, plaintextBytes(data), context)
      : record.seal(plaintextBytes(data), context)
    this.#key.primaryUses.seal()
    return envelope
  }

  /**
   * Opens a record of this key, of any version in memory whose state allows it, in either suite, deterministic or not.
   * @throws `invalid-context`, `invalid-argument`, `malformed`, `unsupported`, `no-matching-key` for an envelope of another key,
   * `version-not-loaded`, `version-lost`, `key-disabled`, `version-compromised`, `version-destroyed`, `lease-expired`,
   * `authentication-failed`, `closed`
   */
  open(envelope: Uint8Array, context: Context): Uint8Array {
    if (this.#source.audit === undefined) return this.#open(envelope, context)
    return this.#held.told('decrypt', () => this.#open(envelope, context), versionOf(envelope))
  }

  #open(envelope: Uint8Array, context: Context): Uint8Array {
    this.#held.check()
    const record = this.#key.primary?.recordOf(this.#suite)
    if (record !== undefined && sealedBy(envelope, record.header)) {
      const plaintext = record.open(envelope, context)
      this.#key.primaryUses.open()
      return plaintext
    }
    canonicalContext(context)
    const number = this.#number(envelope)
    const plaintext = this.#held.version(number).open(envelope, context)
    this.#source.uses(this.#key, number).open()
    return plaintext
  }

  /**
   * Seals many records, each with a result of its own. It renews the lease where `seal` would throw `lease-expired`, and gives way to
   * the rest of the process every 20 ms, so that what is revoked meanwhile is refused from there on.
   * @returns one result an item, in their order: the envelope, or the error that `seal` would have thrown. What keeps all from being
   * done, such as `store-unavailable` when the lease has ended, is the result of each that was not.
   * @throws `invalid-argument` for items that are no array
   */
  sealMany(items: readonly SealItem[]): Promise<readonly ItemResult[]> {
    return runBatch(items, {
      ...this.#batch(),
      run: ({ data, context }) => this.seal(data, context),
      load: () => this.renew(),
    })
  }

  /**
   * Opens many records, as `sealMany` seals them. Versions that are not in memory are loaded.
   * @returns one result an item, in their order: the plaintext, or the error that `open` or `load` would have thrown
   * @throws `invalid-argument` for items that are no array
   */
  openMany(items: readonly OpenItem[]): Promise<readonly ItemResult[]> {
    const bytesOf = ({ envelope }: OpenItem): Uint8Array =>
      typeof envelope === 'string' ? fromText(envelope) : envelope
    return runBatch(items, {
      ...this.#batch(),
      run: (item) => this.open(bytesOf(item), item.context),
      load: (item) => this.load(item.envelope),
    })
  }

  #batch(): Pick<BatchWork<unknown>, 'monotonic' | 'giveWay' | 'renew'> {
    const { monotonic, giveWay } = this.#source
    return { monotonic, giveWay, renew: () => this.renew() }
  }

  /** `seal`, as the envelope's text form. Throws as `seal` does. */
  sealText(data: Uint8Array | string, context: Context): string {
    return toText(this.seal(data, context))
  }

  /** Opens a text form whose plaintext is text. @throws as `open`; `malformed` if the plaintext is not UTF-8 */
  openText(text: string, context: Context): string {
    return plaintextText(this.open(fromText(text), context))
  }

  /**
   * Seals so that equal data in an equal context give equal envelopes, which a database can compare and index (envelope v1,
   * mode 1). **It reveals** to whoever sees the envelopes which values are equal, how often each occurs, and how long it is; and
   * whoever may seal can test guesses. Take it for values that hardly repeat and cannot be guessed, or `index`, or neither.
   * @param data bytes, or text as UTF-8, 64 MiB at most, in a normalisation of your own: `Ada` and `ada` are two values
   * @param context the same for all that is to be found together, such as `{ table, column }`: no row id
   * @returns the envelope, which `open` opens
   * @throws as `seal`, `limit-exceeded`
   */
  sealDeterministic(data: Uint8Array | string, context: Context): Uint8Array {
    return this.#told('encrypt', () => {
      const envelope = this.#key.protecting().deterministic(this.#suite).seal(plaintextBytes(data), context)
      this.#key.primaryUses.seal()
      return envelope
    })
  }

  /** `sealDeterministic`, as the envelope's text form, which `openText` opens. Throws as `sealDeterministic` does. */
  sealDeterministicText(data: Uint8Array | string, context: Context): string {
    return toText(this.sealDeterministic(data, context))
  }

  /**
   * What to look for in a column of `sealDeterministicText`: `WHERE email IN (…)`. Rows may be of any version that opens, and of
   * either suite, so it gives the value's envelope under each of them; versions that are disabled find nothing.
   * @returns text forms, the primary version's first; two for each version
   * @throws as `sealDeterministic`, `store-unavailable`; `limit-exceeded` if there are too many versions
   */
  async lookupDeterministic(data: Uint8Array | string, context: Context): Promise<readonly string[]> {
    const plaintext = plaintextBytes(data)
    return this.#lookup((version) =>
      bothSuites(this.#suite).map((suite) => toText(version.deterministic(suite).seal(plaintext, context))),
    )
  }

  /**
   * A blind index: what a column of its own is searched by, beside one of `sealText` (envelope v1 §Labels). It cannot be opened.
   * **It reveals** to whoever sees the column which values are equal and how often each occurs; and whoever may compute
   * indexes can test guesses. It does not name its version: compute it anew when you re-encrypt a row.
   * @param value bytes, or text as UTF-8, in a normalisation of your own
   * @param context as `sealDeterministic`'s
   * @throws as `seal`
   */
  index(value: Uint8Array | string, context: Context, { length }: IndexOptions = {}): Uint8Array {
    return this.#told('index', () => this.#key.protecting().index.compute(plaintextBytes(value), context, length))
  }

  /**
   * What to look for in a column of `index`: the value's index under each version that opens. Two values may share an index, so
   * open what is found and compare (see `IndexOptions.length`).
   * @returns one for each version, the primary version's first
   * @throws as `index`, `store-unavailable`; `limit-exceeded` if there are too many versions
   */
  async lookupIndex(
    value: Uint8Array | string,
    context: Context,
    { length }: IndexOptions = {},
  ): Promise<readonly Uint8Array[]> {
    const plaintext = plaintextBytes(value)
    return this.#lookup((version) => [version.index.compute(plaintext, context, length)])
  }

  /** Gives the context once, for many calls: it is encoded once for each version. @throws `invalid-context` */
  bind(context: Context): BoundKey {
    const parts = { key: this.#key, source: this.#source, suite: this.#suite, hedged: this.#hedged }
    return boundKey(this, { ...parts, check: () => this.#held.check() }, context)
  }

  /**
   * A codec for a column's values, for an ORM's custom type. A mapper has no row id: see `ColumnOptions.context`. With
   * `deterministic`, the column can be searched, and reveals what `sealDeterministic` does.
   * @throws `invalid-argument` for an unknown type
   */
  column<T extends ColumnType = 'string'>(options: ColumnOptions<T>): ColumnCodec<ColumnTypes[T]> {
    return columnCodec(
      {
        seal: (data) =>
          toText(
            options.deterministic === true
              ? this.sealDeterministic(data, options.context)
              : this.seal(data, options.context),
          ),
        open: (envelope) => this.open(envelope, options.context),
        lookup: (data) => this.lookupDeterministic(data, options.context),
      },
      options,
    )
  }

  /**
   * Brings the version that sealed an envelope into memory, for `open`.
   * @throws `malformed`, `unsupported`, `no-matching-key`, `version-lost`, and the states' refusals; `store-unavailable`
   */
  async load(envelope: Uint8Array | string): Promise<void> {
    this.#held.checkReleased()
    await this.#source.load(this.#key, this.#number(typeof envelope === 'string' ? fromText(envelope) : envelope))
  }

  /**
   * Starts opening one of its envelopes by parts: what `openRandomAccess(source, { key, context })` asks of it. The lease is renewed and
   * the version loaded. What it gives holds that one envelope's key until it is closed, whatever becomes of the version.
   * @param start the envelope's first 83 bytes or more
   * @throws as `open` and `load`
   */
  async beginOpening(start: Uint8Array, context: Context): Promise<BegunOpening> {
    return this.#held.toldWhenDone(
      'decrypt',
      async () => {
        await this.load(start)
        // Loading may have taken longer than the lease, and the handle may have been released meanwhile.
        this.#held.check()
        const number = this.#number(start)
        const begun = this.#held.version(number).beginOpening(this.#source.primitives, start, context)
        this.#source.uses(this.#key, number).open()
        return begun
      },
      versionOf(start),
    )
  }

  /** Starts a new lease by reading the store. @throws `store-unavailable`, `store-rolled-back`, `key-not-found`, `closed` */
  renew(): Promise<void> {
    return this.#held.renew()
  }

  toJSON(): object {
    return { name: this.name, id: this.id, version: this.version }
  }

  #number(envelope: Uint8Array): number {
    const header = recordHeader(envelope)
    if (formatUuid(header.keyId) !== this.#key.id) throw noMatchingKey(header)
    return header.version
  }

  async #lookup<T>(values: (version: VersionKey) => readonly T[]): Promise<readonly T[]> {
    await this.#held.ready()
    await this.#source.loadAll(this.#key)
    return this.#told('search', () => this.#key.readable().flatMap(values))
  }

  #told<T>(operation: string, work: () => T): T {
    return this.#held.told(operation, () => {
      this.#held.check()
      return work()
    })
  }
}

const bothSuites = (first: Suite): readonly Suite[] => [first, first === 1 ? 2 : 1]

/** The version an envelope names; 0, which is none, if it is no record. */
function versionOf(envelope: Uint8Array): number {
  try {
    return recordHeader(envelope).version
  } catch {
    return 0
  }
}
