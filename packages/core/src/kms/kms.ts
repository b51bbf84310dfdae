import { RingAdministration } from '../access/ring-administration.ts'
import type { RingClock } from '../access/ring-clock.ts'
import { RootAdministration } from '../access/root-administration.ts'
import { type SessionInfo, Sessions } from '../access/sessions.ts'
import { createStore } from '../access/store-access.ts'
import { diagnose, type Finding } from '../audit/diagnosis.ts'
import { plaintextBytes, plaintextText } from '../encoding/plaintext.ts'
import { fromText, toText } from '../encoding/text.ts'
import { formatUuid } from '../encoding/uuid.ts'
import { type Context, canonicalContext } from '../envelope/context.ts'
import type { KeyHeader } from '../envelope/header.ts'
import { checkSuite } from '../envelope/preamble.ts'
import type { Opener, Recipient } from '../envelope/recipient.ts'
import { noMatchingKey, recordHeader } from '../envelope/record.ts'
import type { Rewrapped } from '../envelope/rewrap.ts'
import type { Signed } from '../envelope/signed-data.ts'
import { KmsError } from '../errors.ts'
import { Incidents } from '../incidents/incidents.ts'
import { KeyChanges, type OnChange } from '../keys/key-changes.ts'
import { settledAfter } from '../keys/retirement-wait.ts'
import { RingWatch } from '../keys/ring-watch.ts'
import type { DueItem } from '../rotation/due-items.ts'
import { DueLoop } from '../rotation/due-loop.ts'
import { DueWork, type WorkOptions, type WorkReport } from '../rotation/due-work.ts'
import { Rotations } from '../rotation/rotations.ts'
import { checkName } from '../store/names.ts'
import { Auditor, outcomeOfError } from '../use/auditor.ts'
import type { HandleSource } from '../use/handle-source.ts'
import { checkUse, type HandlesByUse, heldTo, type KeyUseName, type UseOptions } from '../use/handles.ts'
import { KeyUse, type RewrapUnder } from '../use/key-use.ts'
import type { EnvelopeToRewrap, RewrapOutcome } from '../use/many-rewraps.ts'
import { KeyAdministration } from './key-administration.ts'
import {
  type CreateOptions,
  checkDueWork,
  checkLease,
  type EncryptUnder,
  environmentOf,
  type KmsInfo,
  type OpenOptions,
  type ReencryptUnder,
  type Under,
} from './kms-options.ts'
import { type AsRecipient, type FromSigners, Messages, type ToRecipients } from './messages.ts'
import { type OpenParts, openParts } from './open-kms.ts'

/** An open key store: one ring of it. From `Kms.open`, `Kms.create`; close it when done, or `await using`. */
export class Kms {
  readonly keys: KeyAdministration
  readonly rings: RingAdministration
  readonly rotations: Rotations
  readonly incidents: Incidents
  readonly clock: RingClock
  readonly roots: RootAdministration
  readonly #parts: OpenParts
  readonly #url: string
  readonly #auditor: Auditor
  readonly #watch: RingWatch
  readonly #sessions: Sessions
  readonly #work: DueWork
  readonly #loop: DueLoop | undefined
  readonly #uses: KeyUse
  readonly #messages: Messages
  #closed = false

  private constructor(parts: OpenParts, url: string, dueWork: number | false) {
    const { environment, access, storeAuthority, ring } = parts
    this.#parts = parts
    this.#url = url
    this.#auditor = new Auditor(environment)
    this.#watch = new RingWatch(ring)
    this.#uses = new KeyUse(ring, this.#watch, this.#auditor)
    this.#messages = new Messages(environment, this.#auditor, () => this.#uses.opener(undefined))
    const onChange: OnChange = (operation, key, keyId, version) => {
      this.#auditor.tell(operation, 'ok', { key, keyId, version })
    }
    const changes = new KeyChanges(ring, onChange)
    this.#sessions = new Sessions(environment, ring.access, {
      ownId: this.#watch.sessionId,
      silence: settledAfter(ring.lease),
    })
    this.rotations = new Rotations(changes, this.#sessions)
    this.clock = ring.clock
    this.#work = new DueWork(ring, onChange, this.#sessions)
    const administers = ring.access.signingKey !== undefined
    this.#loop = dueWork !== false && administers ? new DueLoop(this.#work, environment, dueWork) : undefined
    this.#loop?.begin()
    this.incidents = new Incidents(changes, this.#sessions)
    this.keys = new KeyAdministration(
      changes,
      (name, options) => this.rotations.rotate(name, options),
      (name) => this.#uses.opener(name),
    )
    this.rings = new RingAdministration(environment, access, storeAuthority)
    this.roots = new RootAdministration(environment, access, storeAuthority)
  }

  /**
   * Creates a key store with one ring and opens it.
   * @throws `store-exists`, `invalid-argument`, `store-unavailable`
   */
  static async create(options: CreateOptions): Promise<Kms> {
    const environment = environmentOf(options)
    const ringName = checkName(options.ring ?? 'default', 'A ring name')
    const [root] = options.roots
    if (root === undefined) throw new KmsError('invalid-argument', 'A store needs at least one root.')
    await createStore(environment, { roots: options.roots, ringName, lease: checkLease(options.lease ?? 30_000) })
    if (options.roots.length === 1) {
      environment.onWarning({
        code: 'single-root',
        message: 'The store has one root. If it is lost, every key is lost: add a second one (kms.roots.add).',
      })
    }
    return Kms.open({ ...options, root, ring: ringName })
  }

  /**
   * Opens a key store with a root: one of its own, or one an application was granted.
   * @throws `store-not-found`, `unsupported` for a newer store, `authentication-failed` for a wrong root, `ring-not-found`,
   * `not-permitted`, `store-rolled-back`, `store-corrupt`, `store-unavailable`, `root-unavailable`
   */
  static async open(options: OpenOptions): Promise<Kms> {
    const dueWork = checkDueWork(options.dueWork)
    return new Kms(await openParts(options, environmentOf(options)), options.url ?? '', dueWork)
  }

  /** What is open, and where. */
  get info(): KmsInfo {
    const { record, signingKey } = this.#parts.ring.access
    return {
      id: this.#parts.access.record.store,
      fingerprint: this.#parts.access.fingerprint,
      url: this.#url,
      created: new Date(this.#parts.access.record.created),
      leaseMs: this.#parts.access.record.lease,
      incarnation: this.#parts.ring.authority.head.record.incarnation,
      ring: { id: record.ring, name: record.name, rights: signingKey === undefined ? 'use' : 'administer' },
      administersStore: this.#parts.access.owner !== undefined,
      backend: this.#parts.environment.slots.backend,
    }
  }

  /**
   * Loads a key for what it is for: the handle has the calls of that purpose and no others.
   * @param name the key's name
   * @param options.purpose the key's own, `encrypt` unless given; `verify` for the public halves of a key that signs
   * @throws `key-not-found`, `invalid-argument`, `store-unavailable`, `store-rolled-back`, `closed`
   */
  async use<Use extends KeyUseName = 'encrypt'>(
    name: string,
    options: UseOptions<Use> = { purpose: 'encrypt' as Use },
  ): Promise<HandlesByUse[Use]> {
    this.#checkOpen()
    checkUse(options)
    this.#watch.begin()
    await this.#watch.refresh()
    const { ring } = this.#parts
    const id = await ring.records.idOf(checkName(name))
    const handle = await heldTo(options, ring, this.#handleSource(), id)
    void this.#watch.tell()
    return handle
  }

  /**
   * Encrypts a record under a key's primary version (`{ key, context }`), or a message to recipients (`{ to, from, context }`):
   * with a signer, whoever opens it knows from whom it is; without, anybody may have sealed it.
   * @param data bytes, or text as UTF-8; signed, 64 MiB at most
   * @returns the envelope (envelope v1: a record mode 0, a message mode 2, signed content 5)
   * @throws `key-not-found`, `key-disabled`, `no-primary-version`, `invalid-context`, `invalid-argument`, `limit-exceeded`,
   * `store-unavailable`
   */
  async encrypt(data: Uint8Array | string, options: EncryptUnder | ToRecipients): Promise<Uint8Array> {
    this.#checkOpen()
    const { primitives, suite: standard } = this.#parts.environment
    const suite = checkSuite(options.suite ?? standard)
    if ('to' in options) return this.#messages.seal(plaintextBytes(data), { ...options, suite })
    const { key: name, context, deterministic = false, hedged = false } = options
    if (deterministic && hedged) {
      throw new KmsError(
        'invalid-argument',
        'What is sealed deterministically has no random salt that could be hedged.',
      )
    }
    return this.#uses.with('encrypt', name, undefined, (key) => {
      const version = key.protecting()
      if (deterministic) return version.deterministic(suite).seal(plaintextBytes(data), context)
      const record = version.recordOf(suite)
      return hedged
        ? record.sealHedged(primitives, plaintextBytes(data), context)
        : record.seal(plaintextBytes(data), context)
    })
  }

  /** `encrypt`, as the envelope's text form: 4 characters for 3 bytes, safe in JSON, URLs and columns. */
  async encryptText(data: Uint8Array | string, options: EncryptUnder | ToRecipients): Promise<string> {
    return toText(await this.encrypt(data, options))
  }

  /**
   * Decrypts a record, of whichever version of the key (`{ key, context }`), or a message to recipients that nobody signed
   * (`{ openers, context }`): who sealed it, it does not say.
   * @param envelope its bytes or its text form
   * @throws `malformed`, `unsupported`, `no-matching-key` for an envelope of another key, `key-not-found`, `version-lost`,
   * `key-disabled`, `version-compromised`, `version-destroyed`, `authentication-failed`, `invalid-context`, `store-unavailable`
   */
  async decrypt(envelope: Uint8Array | string, options: Under | AsRecipient): Promise<Uint8Array> {
    const bytes = typeof envelope === 'string' ? fromText(envelope) : envelope
    this.#checkOpen()
    if (!('key' in options)) return this.#messages.open(bytes, options)
    const { key: name, context } = options
    const header = this.#header(bytes, name, context)
    return this.#uses.with('decrypt', name, header.version, async (key) => {
      if (formatUuid(header.keyId) !== key.id) throw noMatchingKey(header)
      return (await this.#parts.ring.loadVersion(key, header.version)).open(bytes, context)
    })
  }

  /** `decrypt` for text. @throws as `decrypt`; `malformed` if the plaintext is not UTF-8 */
  async decryptText(envelope: Uint8Array | string, options: Under | AsRecipient): Promise<string> {
    return plaintextText(await this.decrypt(envelope, options))
  }

  /**
   * Decrypts a message of a sender that is asked for by name.
   * @param envelope its bytes or its text form, from `encrypt` with `from`
   * @param options `from`: the signers accepted, as verification keys or their forms (`kmsvk1…`, PEM, JWK)
   * @returns the data, and which of the signers it is from
   * @throws as `decrypt`; `authentication-failed` for another sender, or none; `limit-exceeded` over 64 MiB
   */
  async decryptFrom(envelope: Uint8Array | string, options: FromSigners): Promise<Signed> {
    const bytes = typeof envelope === 'string' ? fromText(envelope) : envelope
    this.#checkOpen()
    return this.#messages.openFrom(bytes, options)
  }

  /**
   * A key's primary version as a recipient, for files and messages (envelope v1, mode 2): rotation then rewrites headers, not
   * contents.
   * @throws `key-not-found`, `invalid-argument` for a key that transports; wrapping throws `key-disabled`, `no-primary-version`
   */
  async recipient(name: string): Promise<Recipient> {
    this.#checkOpen()
    return this.#uses.recipient(name)
  }

  /**
   * Opens what is sealed to a key (envelope v1, mode 2), of whichever version.
   * @param name the key's name; any key of the ring unless given
   * @throws `key-not-found`, `invalid-argument` for a key that transports; opening throws what `decrypt` does
   */
  async opener(name?: string): Promise<Opener> {
    this.#checkOpen()
    return this.#uses.opener(name)
  }

  /**
   * Changes who can open an envelope to recipients, in its header alone: the data keeps its bytes. Unless told whom to add or
   * remove, it replaces each recipient that is an older version of a key of this ring by the key's primary version.
   * @param envelope the envelope, its first 65,536 bytes or more, or its detached header
   * @returns the new header, to be followed by the same body; `rewrapFile` of `@kms/node` writes it into a file
   * @throws as `rewrapHeader` and `opener`
   */
  async rewrap(envelope: Uint8Array, options: RewrapUnder): Promise<Rewrapped> {
    this.#checkOpen()
    return this.#uses.rewrap(envelope, options)
  }

  /**
   * `rewrap` of many envelopes, or their headers, to the newest versions of their keys: several times as fast, since
   * it works on eight headers at once where the backend can. Give it some thousand at a time.
   * @returns one outcome for each, in their order: the new header, or the error that `rewrap` would have thrown
   * @throws `closed`, `store-unavailable`, `store-rolled-back`
   */
  async rewrapMany(envelopes: readonly EnvelopeToRewrap[]): Promise<readonly RewrapOutcome[]> {
    this.#checkOpen()
    return this.#uses.rewrapMany(envelopes)
  }

  /**
   * Seals a record anew under its key's primary version, with new randomness, in the same mode; whoever calls never sees the data. It
   * opens what a compromised version sealed, too: the one way away from it. What needs nothing is given back as it is, once it opened.
   * @param envelope its bytes or its text form
   * @returns the envelope's bytes
   * @throws as `decrypt`, but for `version-compromised`; `no-primary-version`
   */
  async reencrypt(envelope: Uint8Array | string, { key, context, suite }: ReencryptUnder): Promise<Uint8Array> {
    this.#checkOpen()
    const bytes = typeof envelope === 'string' ? fromText(envelope) : envelope
    this.#header(bytes, key, context)
    return this.#uses.reencrypt(bytes, key, context, checkSuite(suite ?? this.#parts.environment.suite))
  }

  /** `reencrypt`, as the envelope's text form. */
  async reencryptText(envelope: Uint8Array | string, options: ReencryptUnder): Promise<string> {
    return toText(await this.reencrypt(envelope, options))
  }

  /**
   * As `opener`, with compromised versions too, and told as `reencrypt`: for files and messages that are sealed anew at once, since
   * whoever has a compromised version can open them.
   * @throws as `opener`
   */
  async reencryptionOpener(name?: string): Promise<Opener> {
    this.#checkOpen()
    return this.#uses.opener(name, true)
  }

  /**
   * What policies ask for: rotations that are due or can go on, periods that end soon, versions that are older than they should be.
   * @throws `store-unavailable`
   */
  async due(): Promise<readonly DueItem[]> {
    this.#checkOpen()
    return this.#work.due()
  }

  /**
   * Does what is due: begins rotations, and goes on with those that can. Exactly one process does it at a time, and nothing is ever
   * destroyed by it. Open processes that may administer the ring do it by themselves (`OpenOptions.dueWork`); others call it from a timer.
   * @throws `not-permitted`, `store-unavailable`; `clock-implausible` for a clock that may have jumped
   */
  async work(options: WorkOptions = {}): Promise<WorkReport> {
    this.#checkOpen()
    return this.#work.work(options)
  }

  /** The processes that hold keys of this ring, as their sessions say. @throws `store-unavailable` */
  async sessions(): Promise<readonly SessionInfo[]> {
    this.#checkOpen()
    return this.#sessions.list()
  }

  /**
   * Checks the store: signatures, logs, each record against its log, roots, what is due, incidents with work left.
   * @returns one finding a check; nothing is changed
   */
  async doctor(): Promise<readonly Finding[]> {
    this.#checkOpen()
    const { environment, storeAuthority, ring } = this.#parts
    return diagnose({
      environment,
      ring: ring.access.record,
      authorities: [storeAuthority, ring.authority],
      work: this.#work,
      incidents: () => this.incidents.list(),
      clock: this.clock,
    })
  }

  /** Wipes all keys and closes the store. Handles are `closed` afterwards. Closing twice is no error. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    const { environment, access, ring, remembered } = this.#parts
    this.#loop?.end()
    await this.#work.end()
    await ring.usage.end()
    await this.#watch.end()
    await remembered()
    ring.close()
    access.owner?.wipe()
    environment.slots.wipe()
    await environment.store.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #handleSource(): HandleSource {
    const { ring, environment } = this.#parts
    const isClosed = (): boolean => this.#closed
    const renew = (): Promise<void> => {
      this.#checkOpen()
      return ring.renew()
    }
    return {
      get closed() {
        return isClosed()
      },
      get deadline() {
        return ring.deadline
      },
      monotonic: environment.monotonic,
      giveWay: () => environment.pause(0),
      renew,
      load: async (key, number) => {
        await renew()
        await ring.loadVersion(key, number)
      },
      lookUp: (key, number) => ring.lookUp(key, number),
      loadVersion: (key, number) => ring.loadVersion(key, number),
      loadAll: (key) => ring.loadAll(key),
      primitives: environment.primitives,
      crypto: environment.crypto,
      uses: (key, version) => ring.usage.of(key.id, version),
      release: (key) => {
        if (!this.#closed) ring.release(key, true)
      },
      audit: this.#auditor.listens
        ? (operation, outcome, key, version) => this.#auditor.use(operation, outcome, key, version)
        : undefined,
    }
  }

  /** Reads what a record names; what is no record is a refusal like others, and audited. */
  #header(envelope: Uint8Array, key: string, context: Context): KeyHeader {
    try {
      canonicalContext(context)
      return recordHeader(envelope)
    } catch (error) {
      this.#auditor.tell('decrypt', outcomeOfError(error), { key })
      throw error
    }
  }

  #checkOpen(): void {
    if (this.#closed) throw new KmsError('closed', 'The Kms was closed. Open it again.')
  }
}
