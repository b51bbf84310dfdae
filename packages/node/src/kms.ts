import {
  type AuditEvent,
  Kms as CoreKms,
  type KeyStore,
  KmsError,
  type KmsParts,
  keyRoot,
  type LastSeen,
  MemoryStore,
  memoryLastSeen,
  type Root,
  type Suite,
  type Warning,
} from '@kms/core'
import { LastSeenFile } from './access/last-seen-file.ts'
import { leaseClock } from './access/lease-clock.ts'
import { parseAddress, type StoreAddress } from './address.ts'
import { type Backend, backendParts } from './backend.ts'
import { SqliteStore } from './store/sqlite/sqlite-store.ts'

interface CommonOptions {
  /** `auto` unless given. */
  readonly backend?: Backend
  /** What seals unless a call says otherwise: 1 AES-256-GCM (the default), 2 ChaCha20-Poly1305. Both open, always. */
  readonly suite?: Suite
  /** What records and audit events name as the one who did it; the program's name unless given. */
  readonly caller?: string
  /**
   * How often a process that may administer the ring does due work (`kms.work`): milliseconds, 60,000 to 86,400,000; every hour unless
   * given, the first time within half a minute of opening; false for never.
   */
  readonly dueWork?: number | false
  readonly onWarning?: (warning: Warning) => void
  /** Called for every use and change of a key in this process. It must be fast and must not throw. */
  readonly onAudit?: (event: AuditEvent) => void
  /** Remembers how new the store was; a file in the user's state folder unless given. */
  readonly lastSeen?: LastSeen
}

export interface CreateStoreOptions extends CommonOptions {
  readonly root: Root
  /** More roots, any of which opens the store. */
  readonly roots?: readonly Root[]
  /** The first ring's name, `default` unless given. */
  readonly ring?: string
  /** Milliseconds a process cut off from the store goes on for, 2,000 to 600,000; 30,000 unless given. */
  readonly lease?: number
}

export interface OpenStoreOptions extends CommonOptions {
  readonly root: Root
  /** An application's own ring, or `default`, or the store's first, unless given. */
  readonly ring?: string
  /** The store's fingerprint, as `kms init` printed it; another store is refused. Also `?fingerprint=` in the URL. */
  readonly fingerprint?: string
  /** Why an older state of the store is accepted as the present one: starts a new incarnation. */
  readonly acceptRestore?: string
}

/** An open key store. */
export type Kms = CoreKms

/** Opens and creates key stores. */
export const Kms: {
  create(url: string, options: CreateStoreOptions): Promise<Kms>
  open(url: string, options: OpenStoreOptions): Promise<Kms>
  ephemeral(options?: CommonOptions): Promise<Kms>
} = {
  /**
   * Creates a key store and opens it.
   * @param url `sqlite:PATH`, relative to the working folder
   * @throws `store-exists`, `invalid-argument`, `store-unavailable`
   */
  async create(url: string, options: CreateStoreOptions): Promise<Kms> {
    const address = parseAddress(url)
    const store = await createAt(address, options)
    const { root, roots = [], ...rest } = options
    return closing(store, () =>
      CoreKms.create({ ...rest, ...parts(options, store, address.url), roots: [root, ...roots] }),
    )
  },

  /**
   * Opens a key store.
   * @param url `sqlite:PATH`, relative to the working folder; `?fingerprint=` says which store it must be
   * @throws `store-not-found`, `authentication-failed` for a wrong root, `unsupported` for a newer store, `store-rolled-back`,
   * `store-corrupt`, `store-unavailable`, `ring-not-found`, `not-permitted`, `root-unavailable`, `invalid-argument`
   */
  async open(url: string, options: OpenStoreOptions): Promise<Kms> {
    const address = parseAddress(url)
    const fingerprint = options.fingerprint ?? address.fingerprint
    const store = await openAt(address, options)
    const more = fingerprint === undefined ? {} : { fingerprint }
    return closing(store, () => CoreKms.open({ ...options, ...parts(options, store, address.url), ...more }))
  },

  /** A key store in memory, for tests: nothing of it outlives the process. */
  async ephemeral(options: CommonOptions = {}): Promise<Kms> {
    const root = keyRoot(globalThis.crypto.getRandomValues(new Uint8Array(32)))
    const memory = { lastSeen: memoryLastSeen(), ...options }
    const { dueWork = 3_600_000 } = options
    return CoreKms.create({
      dueWork,
      ...parts(memory, new MemoryStore(), 'memory:'),
      onWarning: () => {},
      roots: [root],
    })
  },
}

function parts(options: CommonOptions, store: KeyStore, url: string): KmsParts {
  const warn = options.onWarning
  return {
    ...backendParts(options.backend),
    store,
    url,
    monotonic: leaseClock(),
    caller: options.caller ?? programName(),
    lastSeen:
      options.lastSeen ??
      new LastSeenFile({ onWarning: (message) => warn?.({ code: 'state-folder-unwritable', message }) }),
    ...(options.suite === undefined ? {} : { suite: options.suite }),
    ...(warn === undefined ? {} : { onWarning: warn }),
    ...(options.onAudit === undefined ? {} : { onAudit: options.onAudit }),
  }
}

/** What this process calls itself in records: the script's name, without its folder. */
function programName(): string {
  const script = process.argv[1]?.split(/[\\/]/).at(-1)?.slice(0, 40)
  return script === undefined || script === '' ? `node ${process.pid}` : `${script} ${process.pid}`
}

async function createAt(address: StoreAddress, options: CommonOptions): Promise<KeyStore> {
  return address.scheme === 'memory' ? new MemoryStore() : SqliteStore.create(address.path, warnings(options))
}

async function openAt(address: StoreAddress, options: CommonOptions): Promise<KeyStore> {
  if (address.scheme === 'sqlite') return SqliteStore.open(address.path, warnings(options))
  throw new KmsError('store-not-found', 'A store in memory ends with its process. Kms.ephemeral makes one.')
}

const warnings = ({ onWarning }: CommonOptions): { onWarning?: (message: string) => void } =>
  onWarning === undefined ? {} : { onWarning: (message) => onWarning({ code: 'store-permissions', message }) }

/** Closes the store if opening fails. */
async function closing<T>(store: KeyStore, open: () => Promise<T>): Promise<T> {
  try {
    return await open()
  } catch (error) {
    await store.close()
    throw error
  }
}
