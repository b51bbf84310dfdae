import { Authority } from './access/authority.ts'
import type { AuditEvent, Environment, Warning } from './access/environment.ts'
import { type LastSeen, memoryLastSeen, type SeenHead } from './access/last-seen.ts'
import { accessRing, type RingAccess } from './access/ring-access.ts'
import { RingAdministration } from './access/ring-administration.ts'
import type { Root } from './access/root.ts'
import { RootAdministration } from './access/root-administration.ts'
import { Session } from './access/session.ts'
import { accessStore, createStore, type StoreAccess, wrongRoot } from './access/store-access.ts'
import { diagnose, type Finding } from './audit/diagnosis.ts'
import type { KeySlots } from './crypto/key-slots.ts'
import type { Primitives } from './crypto/primitives.ts'
import type { Context } from './envelope/context.ts'
import type { Opener, Recipient, Stanza } from './envelope/recipient.ts'
import { readRecipient } from './envelope/recipient-layouts.ts'
import { keyOpener, keyRecipient, slotHolder } from './envelope/recipients/key.ts'
import { noMatchingKey, recordHeader } from './envelope/record.ts'
import { fromText, toText } from './envelope/text.ts'
import { formatUuid, parseUuid } from './envelope/uuid.ts'
import { KmsError } from './errors.ts'
import { EncryptionKey, type HandleSource } from './keys/handle.ts'
import { KeyAdministration } from './keys/key-administration.ts'
import { KeyRing } from './keys/key-ring.ts'
import type { LoadedKey } from './keys/loaded-key.ts'
import { checkName } from './keys/names.ts'
import { plaintextBytes, plaintextText } from './keys/plaintext.ts'
import { versionLabel } from './keys/version-number.ts'
import type { KeyStore } from './store/key-store.ts'

/** The parts and settings of a `Kms`. Platform packages fill in the parts. */
export interface KmsParts {
  readonly store: KeyStore
  readonly primitives: Primitives
  readonly slots: KeySlots
  /** A WebCrypto object; `globalThis.crypto` unless given. */
  readonly crypto?: Crypto
  /** Remembers across restarts how new the store was; for as long as this process lives unless given. */
  readonly lastSeen?: LastSeen
  /** What records and audit events name as the one who did it, up to 200 bytes. */
  readonly caller?: string
  readonly monotonic?: () => number
  readonly wall?: () => number
  /** Where the store is, for people. */
  readonly url?: string
  readonly onWarning?: (warning: Warning) => void
  /** Called for every use and change of a key in this process. It must be fast and must not throw. */
  readonly onAudit?: (event: AuditEvent) => void
}

export interface CreateOptions extends KmsParts {
  /** One or more: any of them opens the store. With all of them lost, everything is. */
  readonly roots: readonly Root[]
  /** The first ring's name, `default` unless given. */
  readonly ring?: string
  /** Milliseconds a process cut off from the store goes on for, 2,000 to 600,000; 30,000 unless given. */
  readonly lease?: number
}

export interface OpenOptions extends KmsParts {
  readonly root: Root
  /** `default`, or an application's own ring, unless given. */
  readonly ring?: string
  /** The store's fingerprint, as `kms init` printed it; another store is refused. */
  readonly fingerprint?: string
  /** Why an older state of the store is accepted as the present one: starts a new incarnation. */
  readonly acceptRestore?: string
}

export interface KmsInfo {
  /** UUID of the store. */
  readonly id: string
  /** Compare it with what `kms init` printed. */
  readonly fingerprint: string
  readonly url: string
  readonly created: Date
  readonly leaseMs: number
  readonly incarnation: number
  readonly ring: { readonly id: string; readonly name: string; readonly rights: 'use' | 'administer' }
  /** Whether it was opened with one of the store's own roots. */
  readonly administersStore: boolean
  /** What seals records: `wasm`, `native`, … */
  readonly backend: string
}

export interface UseOptions {
  readonly purpose: 'encrypt'
}

/** Which key, and what the data is bound to. */
export interface Under {
  /** The key's name. */
  readonly key: string
  /** The same pairs open what they sealed. `noContext` says out loud that there is none. */
  readonly context: Context
}

/** An open key store: one ring of it. From `Kms.open`, `Kms.create`; close it when done, or `await using`. */
export class Kms {
  readonly keys: KeyAdministration
  readonly rings: RingAdministration
  readonly roots: RootAdministration
  readonly #environment: Environment
  readonly #access: StoreAccess
  readonly #ringAccess: RingAccess
  readonly #ring: KeyRing
  readonly #storeAuthority: Authority
  readonly #session: Session
  readonly #url: string
  /** What was seen of the store is remembered for later processes. */
  readonly #settled: () => Promise<void>
  readonly #source: HandleSource
  #watching: AbortController | undefined
  #closed = false

  private constructor(parts: {
    readonly environment: Environment
    readonly access: StoreAccess
    readonly ringAccess: RingAccess
    readonly storeAuthority: Authority
    readonly ring: KeyRing
    readonly url: string
    readonly settled: () => Promise<void>
  }) {
    const { environment, access, ringAccess, storeAuthority, ring, url, settled } = parts
    this.#settled = settled
    this.#environment = environment
    this.#access = access
    this.#ringAccess = ringAccess
    this.#ring = ring
    this.#storeAuthority = storeAuthority
    this.#url = url
    this.#session = new Session(environment, ringAccess)
    this.keys = new KeyAdministration(ring, (operation, key, keyId, version) => {
      this.#audit(operation, 'ok', { key, keyId, version })
    })
    this.rings = new RingAdministration(environment, access, storeAuthority)
    this.roots = new RootAdministration(environment, access, storeAuthority)
    this.#source = this.#handleSource()
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
    const environment = environmentOf(options)
    const access = await accessStore(environment, options.root, options.fingerprint)
    try {
      const ringAccess = await accessRing(environment, access, options.ring)
      try {
        return await Kms.#open(options, environment, access, ringAccess)
      } catch (error) {
        ringAccess.release()
        throw error
      }
    } catch (error) {
      access.owner?.wipe()
      const { rootOpener, owner } = access
      const refused = error instanceof KmsError && error.code === 'authentication-failed'
      throw refused && owner === undefined && rootOpener.kind === 2 ? wrongRoot(options.root, error) : error
    }
  }

  static async #open(
    options: OpenOptions,
    environment: Environment,
    access: StoreAccess,
    ringAccess: RingAccess,
  ): Promise<Kms> {
    const { fingerprint, record } = access
    const seen = await environment.lastSeen.read(fingerprint)
    if (seen === null && options.root.publiclySealable && options.fingerprint === undefined) {
      environment.onWarning({
        code: 'first-use',
        message: `This machine sees the store for the first time. Check that its fingerprint is ${fingerprint}.`,
      })
    }
    let remembered: Promise<unknown> = Promise.resolve()
    const remember = (log: string, head: SeenHead): void => {
      const written = environment.lastSeen.write(fingerprint, { logs: { [log]: head } }).catch(() => {
        const message =
          'How new the store is could not be remembered: rolled back while no process has it open, it would go unnoticed.'
        environment.onWarning({ code: 'last-seen-unwritten', message })
      })
      remembered = Promise.all([remembered, written])
    }
    const authority = (log: string, of: Pick<RingAccess, 'verifyingKey' | 'signingKey'>): Authority =>
      new Authority({
        environment,
        storeId: record.store,
        log,
        ...of,
        seen: options.acceptRestore === undefined ? seen?.logs[log] : undefined,
        onHead: (head) => remember(log, head),
      })
    const storeAuthority = authority('store', {
      verifyingKey: access.verifyingKey,
      signingKey: access.owner?.administration,
    })
    const ring = new KeyRing(environment, ringAccess, authority(ringAccess.record.ring, ringAccess), record.lease)
    await Promise.all([storeAuthority.refresh(), ring.renew()])
    if (options.acceptRestore !== undefined) {
      await beginIncarnation(ring, options.acceptRestore)
      const heads = [storeAuthority, ring.authority].map(({ log, head }) => [
        log,
        { epoch: head.record.epoch, root: head.record.root },
      ])
      await environment.lastSeen.write(fingerprint, { logs: Object.fromEntries(heads) }, true)
    }
    const settled = async (): Promise<void> => void (await remembered)
    return new Kms({ environment, access, ringAccess, storeAuthority, ring, url: options.url ?? '', settled })
  }

  /** What is open, and where. */
  get info(): KmsInfo {
    const { record, signingKey } = this.#ringAccess
    return {
      id: this.#access.record.store,
      fingerprint: this.#access.fingerprint,
      url: this.#url,
      created: new Date(this.#access.record.created),
      leaseMs: this.#access.record.lease,
      incarnation: this.#ring.authority.head.record.incarnation,
      ring: { id: record.ring, name: record.name, rights: signingKey === undefined ? 'use' : 'administer' },
      administersStore: this.#access.owner !== undefined,
      backend: this.#environment.slots.backend,
    }
  }

  /**
   * Loads a key for synchronous sealing and opening.
   * @param name the key's name
   * @throws `key-not-found`, `invalid-argument`, `store-unavailable`, `store-rolled-back`, `closed`
   */
  async use(name: string, options: UseOptions = { purpose: 'encrypt' }): Promise<EncryptionKey> {
    this.#checkOpen()
    if (options.purpose !== 'encrypt')
      throw new KmsError('invalid-argument', 'A key is used for its purpose: "encrypt".')
    this.#watch()
    await this.#fresh()
    const key = await this.#ring.load(await this.#ring.idOf(checkName(name)))
    key.uses++
    return new EncryptionKey(this.#source, key)
  }

  /**
   * Encrypts a record under a key's primary version.
   * @param data bytes, or text as UTF-8
   * @returns the envelope (envelope v1, mode 0)
   * @throws `key-not-found`, `key-disabled`, `no-primary-version`, `invalid-context`, `invalid-argument`, `store-unavailable`
   */
  async encrypt(data: Uint8Array | string, { key: name, context }: Under): Promise<Uint8Array> {
    return this.#with('encrypt', name, undefined, async (key) => {
      return key.sealing().seal(plaintextBytes(data), context)
    })
  }

  /** `encrypt`, as the envelope's text form: 4 characters for 3 bytes, safe in JSON, URLs and columns. */
  async encryptText(data: Uint8Array | string, under: Under): Promise<string> {
    return toText(await this.encrypt(data, under))
  }

  /**
   * Decrypts a record, of whichever version of the key.
   * @param envelope its bytes or its text form
   * @throws `malformed`, `unsupported`, `no-matching-key` for an envelope of another key, `key-not-found`, `version-lost`,
   * `key-disabled`, `version-compromised`, `version-destroyed`, `authentication-failed`, `invalid-context`, `store-unavailable`
   */
  async decrypt(envelope: Uint8Array | string, { key: name, context }: Under): Promise<Uint8Array> {
    const bytes = typeof envelope === 'string' ? fromText(envelope) : envelope
    const header = recordHeader(bytes)
    return this.#with('decrypt', name, header.version, async (key) => {
      if (formatUuid(header.keyId) !== key.id) throw noMatchingKey(header)
      return (await this.#ring.loadVersion(key, header.version)).record.open(bytes, context)
    })
  }

  /** `decrypt` for text. @throws as `decrypt`; `malformed` if the plaintext is not UTF-8 */
  async decryptText(envelope: Uint8Array | string, under: Under): Promise<string> {
    return plaintextText(await this.decrypt(envelope, under))
  }

  /**
   * A key's primary version as a recipient, for files and messages (envelope v1, mode 2): rotation then rewrites headers, not
   * contents.
   * @throws `key-not-found`; wrapping throws `key-disabled`, `no-primary-version`
   */
  async recipient(name: string): Promise<Recipient> {
    this.#checkOpen()
    await this.#fresh()
    const id = await this.#ring.idOf(checkName(name))
    return {
      kind: 1,
      wrap: (contentKey, bound) =>
        this.#with('encrypt', { id }, undefined, async (key) => {
          key.sealing()
          return this.#holding(key, key.primaryNumber, (holder, parts) =>
            keyRecipient(holder, parts).wrap(contentKey, bound),
          )
        }),
    }
  }

  /**
   * Opens what is sealed to a key (envelope v1, mode 2), of whichever version.
   * @param name the key's name; any key of the ring unless given
   * @throws `key-not-found`; opening throws what `decrypt` does
   */
  async opener(name?: string): Promise<Opener> {
    this.#checkOpen()
    await this.#fresh()
    const only = name === undefined ? undefined : await this.#ring.idOf(checkName(name))
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
        return this.#with('decrypt', { id: of.id }, of.version, async (key) => {
          await this.#ring.loadVersion(key, of.version)
          return this.#holding(key, of.version, (holder, parts) => keyOpener(holder, parts).unwrap(stanza, bound))
        })
      },
    }
  }

  /**
   * Checks the store: signatures, logs, each record against its log, roots, what is due.
   * @returns one finding a check; nothing is changed
   */
  async doctor(): Promise<readonly Finding[]> {
    this.#checkOpen()
    return diagnose({
      environment: this.#environment,
      access: this.#access,
      ring: this.#ringAccess.record,
      authorities: [this.#storeAuthority, this.#ring.authority],
    })
  }

  /** Wipes all keys and closes the store. Handles are `closed` afterwards. Closing twice is no error. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#watching?.abort()
    await this.#session.end()
    await this.#settled()
    this.#ring.close()
    this.#access.owner?.wipe()
    this.#environment.slots.wipe()
    await this.#environment.store.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Runs `work` with a key held in memory, audited. */
  async #with<T>(
    operation: string,
    of: string | { readonly id: string },
    version: number | undefined,
    work: (key: LoadedKey) => Promise<T>,
  ): Promise<T> {
    this.#checkOpen()
    let key: LoadedKey | undefined
    try {
      await this.#fresh()
      key = await this.#ring.load(typeof of === 'string' ? await this.#ring.idOf(checkName(of)) : of.id)
      key.uses++
      const result = await work(key)
      this.#auditUse(operation, 'ok', key, version)
      return result
    } catch (error) {
      const outcome = error instanceof KmsError ? error.code : 'internal'
      if (key !== undefined) this.#auditUse(operation, outcome, key, version)
      else this.#audit(operation, outcome, typeof of === 'string' ? { key: of } : { keyId: of.id })
      throw error
    } finally {
      if (key !== undefined) this.#ring.release(key)
    }
  }

  #holding<T>(
    key: LoadedKey,
    number: number,
    use: (holder: ReturnType<typeof slotHolder>, parts: { readonly primitives: Primitives }) => T,
  ): T {
    const { slots, primitives } = this.#environment
    return use(slotHolder(slots, key.version(number).material, parseUuid(key.id), number), { primitives })
  }

  /** Reads the head again unless the store is being watched and the lease is young. */
  async #fresh(): Promise<void> {
    const young = this.#ring.deadline - this.#environment.monotonic() > this.#ring.lease / 2
    if (this.#watching === undefined || !young) await this.#ring.renew()
  }

  #handleSource(): HandleSource {
    const ring = this.#ring
    const renew = (): Promise<void> => {
      this.#checkOpen()
      return ring.renew()
    }
    const isClosed = (): boolean => this.#closed
    return {
      get closed() {
        return isClosed()
      },
      get deadline() {
        return ring.deadline
      },
      monotonic: this.#environment.monotonic,
      renew,
      load: async (key, number) => {
        await renew()
        await ring.loadVersion(key, number)
      },
      release: (key) => {
        if (!this.#closed) ring.release(key)
      },
      audit:
        this.#environment.onAudit === undefined
          ? undefined
          : (operation, outcome, key, version) => this.#auditUse(operation, outcome, key, version),
    }
  }

  /** From the first handle on: follows the store's changes, and renews the lease at half time. */
  #watch(): void {
    if (this.#watching !== undefined) return
    const watching = new AbortController()
    this.#watching = watching
    void this.#session.begin()
    const renew = async (): Promise<void> => {
      try {
        await this.#ring.renew()
      } catch (error) {
        // The lease runs out if it goes on; handles then say so. What is more than a lost connection is told at once.
        if (error instanceof KmsError && error.code !== 'store-unavailable' && !watching.signal.aborted) {
          this.#environment.onWarning({ code: error.code, message: error.message })
        }
      }
    }
    void (async () => {
      try {
        for await (const _ of this.#environment.store.watch(watching.signal)) await renew()
      } catch {
        // The timer goes on renewing.
      }
    })()
    const timer: unknown = setInterval(() => void renew(), this.#ring.lease / 2)
    // Node: a timer must not keep a process alive.
    if (typeof timer === 'object' && timer !== null) (timer as { unref?: () => void }).unref?.()
    watching.signal.addEventListener('abort', () => clearInterval(timer as ReturnType<typeof setInterval>))
  }

  #auditUse(operation: string, outcome: string, key: LoadedKey, version: number | undefined): void {
    const number = version ?? (operation === 'encrypt' ? key.primaryNumber : undefined)
    this.#audit(operation, outcome, {
      key: key.name,
      keyId: key.id,
      version: number === undefined || number === 0 ? undefined : versionLabel(number),
    })
  }

  #audit(
    operation: string,
    outcome: string,
    of: { readonly key?: string; readonly keyId?: string; readonly version?: string | undefined },
  ): void {
    const { onAudit, wall, caller } = this.#environment
    onAudit?.({
      time: new Date(wall()),
      operation,
      outcome,
      key: of.key,
      keyId: of.keyId,
      version: of.version,
      caller,
    })
  }

  #checkOpen(): void {
    if (this.#closed) throw new KmsError('closed', 'The Kms was closed. Open it again.')
  }
}

/** After a restore: numbers given from now on are of an incarnation of their own. */
async function beginIncarnation(ring: KeyRing, reason: string): Promise<void> {
  await ring.authority.commit('store.restore-accept', globalThis.crypto.randomUUID(), async () => {
    const { incarnations } = ring.authority.head.record
    let incarnation = 0
    while (incarnation === 0 || incarnations.includes(incarnation)) {
      incarnation = globalThis.crypto.getRandomValues(new Uint16Array(1))[0] as number
    }
    return { reason, records: [], incarnation }
  })
}

function environmentOf(parts: KmsParts): Environment {
  return {
    store: parts.store,
    primitives: parts.primitives,
    slots: parts.slots,
    crypto: parts.crypto ?? globalThis.crypto,
    lastSeen: parts.lastSeen ?? memoryLastSeen(),
    caller: checkName(parts.caller ?? 'unnamed', 'A caller name'),
    monotonic: parts.monotonic ?? (() => performance.now()),
    wall: parts.wall ?? (() => Date.now()),
    onWarning: parts.onWarning ?? (() => {}),
    onAudit: parts.onAudit,
  }
}

function checkLease(lease: number): number {
  if (!Number.isInteger(lease) || lease < 2_000 || lease > 600_000) {
    throw new KmsError('invalid-argument', 'A lease has 2,000 to 600,000 milliseconds.')
  }
  return lease
}
