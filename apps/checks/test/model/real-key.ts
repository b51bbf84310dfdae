import { type EncryptionKey, type KeyInfo, type KeyStore, Kms, KmsError, keyRoot, MemoryStore } from '@kms/core'
import { createWasmKeySlots, createWasmPrimitives } from '@kms/core/hazmat'
import { testClock } from '@kms/core/testing'

const context = { test: 'model' }
const lease = 30_000
const day = 86_400_000
/** Of a lease: two outlast it, one does not. */
const tick = 0.6 * lease
const rootBytes = Uint8Array.from({ length: 32 }, (_, i) => (i * 37 + 11) & 0xff)

/** A store that says nothing of changes and stays open, and that is gone after so many commits. */
class Link implements KeyStore {
  readonly #store: MemoryStore
  commits: number = Number.POSITIVE_INFINITY
  /** Happens once, just before the next commit. */
  before: (() => Promise<unknown>) | undefined

  constructor(store: MemoryStore) {
    this.#store = store
  }

  read: KeyStore['read'] = (ids) => this.#store.read(ids)
  list: KeyStore['list'] = (kind, prefix, after, limit) => this.#store.list(kind, prefix, after, limit)
  commit: KeyStore['commit'] = async (commit) => {
    const happens = this.before
    this.before = undefined
    await happens?.()
    if (this.commits-- <= 0) throw new KmsError('store-unavailable', 'The machine is gone.')
    return this.#store.commit(commit)
  }
  async *watch(): AsyncGenerator<number> {}
  async close(): Promise<void> {}
}

/**
 * A key named `k` of a store in memory: an administrator, one who is slow, one who is killed between two commits, and two processes that
 * seal.
 */
export class RealKey {
  readonly #store = new MemoryStore()
  readonly #clock = testClock()
  readonly #processes: ({ kms: Kms; handle: EncryptionKey } | undefined)[] = [undefined, undefined]
  readonly #mortal: Link = new Link(this.#store)
  readonly #late: Link = new Link(this.#store)
  /** One of each version. */
  readonly #envelopes = new Map<number, Uint8Array>()
  #admin!: Kms
  #slow!: Kms
  #dying!: Kms

  static async create(): Promise<RealKey> {
    const real = new RealKey()
    const options = { ...real.#parts(new Link(real.#store)), lease, roots: [keyRoot(rootBytes)] }
    real.#admin = await Kms.create({ ...options, dueWork: false })
    real.#slow = await real.#open(real.#late)
    real.#dying = await real.#open(real.#mortal)
    await real.#admin.keys.create('k')
    return real
  }

  get admin(): Kms {
    return this.#admin
  }

  async close(): Promise<void> {
    for (const kms of [this.#admin, this.#slow, this.#dying, ...this.#processes.map((one) => one?.kms)])
      await kms?.close()
  }

  key(): Promise<KeyInfo> {
    return this.#admin.keys.show('k')
  }

  /** A change by the slow administrator; another one makes theirs just before it is committed, or after it was refused. */
  async overtaken(change: () => Promise<unknown>, other: () => Promise<unknown>): Promise<void> {
    const admin = this.#admin
    let isDone = false
    const meanwhile = async (): Promise<void> => {
      this.#admin = admin
      isDone = true
      await other()
    }
    this.#late.before = meanwhile
    this.#admin = this.#slow
    try {
      await change()
    } finally {
      this.#late.before = undefined
      if (!isDone) await meanwhile()
    }
  }

  /** Step 1 of a rotation alone: the process dies before the next commit. */
  async begin(to: number | undefined): Promise<void> {
    this.#mortal.commits = 1
    try {
      await this.#dying.rotations.rotate('k', { urgent: true, ...(to !== undefined && { to }) })
    } catch (error) {
      if (!(error instanceof KmsError) || error.code !== 'store-unavailable') throw error
    } finally {
      this.#mortal.commits = Number.POSITIVE_INFINITY
    }
  }

  /** The rotation to a version; the one that is recorded last. */
  async rotationTo(number: number): Promise<string> {
    const found = (await this.#admin.rotations.list({ all: true })).filter(({ to }) => to === String(number))
    return found[0]?.id ?? ''
  }

  import(): Promise<unknown> {
    return this.#admin.keys.importVersion('k', crypto.getRandomValues(new Uint8Array(32)))
  }

  /** Carries a destruction out, on the day after its time where it is scheduled. */
  async destroy(number: number): Promise<void> {
    this.#clock.jump(2 * day)
    await this.#admin.keys.destroy('k', number, { acceptClock: true })
  }

  tick(): void {
    this.#clock.advance(tick)
  }

  /** A process begins, or renews its lease. */
  async read(process: number): Promise<void> {
    const running = this.#processes[process]
    if (running !== undefined) return running.handle.renew()
    const kms = await this.#open(new Link(this.#store))
    this.#processes[process] = { kms, handle: await kms.use('k') }
  }

  async kill(process: number): Promise<void> {
    await this.#processes[process]?.kms.close()
    this.#processes[process] = undefined
  }

  /** The version that a process seals under, or the code with which it refuses; `none` for no process. */
  seals(process: number): number | string {
    const running = this.#processes[process]
    return running === undefined ? 'none' : this.#sealed(() => running.handle.seal('data', context))
  }

  /** The version that a new process would seal under, or the code with which it refuses. */
  async sealsNow(): Promise<number | string> {
    let sealed: Uint8Array | KmsError
    try {
      sealed = await this.#admin.encrypt('data', { key: 'k', context })
    } catch (error) {
      sealed = error as KmsError
    }
    return this.#sealed(() => {
      if (sealed instanceof KmsError) throw sealed
      return sealed
    })
  }

  /** Versions of which there are envelopes, and whether these open. */
  async opens(): Promise<ReadonlyMap<number, boolean>> {
    const opened = new Map<number, boolean>()
    for (const [number, envelope] of this.#envelopes) {
      const opens = this.#admin.decryptText(envelope, { key: 'k', context }).then((text) => text === 'data')
      opened.set(number, await opens.catch(() => false))
    }
    return opened
  }

  #sealed(seal: () => Uint8Array): number | string {
    try {
      const envelope = seal()
      const number = new DataView(envelope.buffer, envelope.byteOffset).getUint32(23)
      this.#envelopes.set(number, envelope)
      return number
    } catch (error) {
      if (error instanceof KmsError) return error.code
      throw error
    }
  }

  #open(store: KeyStore): Promise<Kms> {
    return Kms.open({ ...this.#parts(store), root: keyRoot(rootBytes), dueWork: false })
  }

  #parts(store: KeyStore): { store: KeyStore } & Pick<Parameters<typeof Kms.open>[0], 'primitives' | 'slots'> {
    return { store, primitives: createWasmPrimitives(), slots: createWasmKeySlots(), ...this.#clock }
  }
}
