import { createWasmKeySlots, createWasmPrimitives } from '../../src/crypto/wasm/index.ts'
import {
  type KeyStore,
  Kms,
  type KmsParts,
  keyRoot,
  MemoryStore,
  type OpenOptions,
  type Root,
} from '../../src/index.ts'

export const rootBytes: Uint8Array = Uint8Array.from({ length: 32 }, (_, i) => (i * 37 + 11) & 0xff)
export const root = (): Root => keyRoot(rootBytes)

/** The parts of a Kms over a store, each with slots of its own as another process would have. */
export function parts(store: KeyStore, more: Partial<KmsParts> = {}): KmsParts {
  return { store: shared(store), primitives: createWasmPrimitives(), slots: createWasmKeySlots(), ...more }
}

/** A store that stays open when one of the processes that share it closes. */
export function shared(store: KeyStore): KeyStore {
  return {
    read: (ids) => store.read(ids),
    list: (kind, prefix, after, limit) => store.list(kind, prefix, after, limit),
    commit: (commit) => store.commit(commit),
    watch: (signal) => store.watch(signal),
    close: async () => {},
  }
}

export async function newKms(more: Partial<KmsParts> = {}, lease?: number): Promise<{ kms: Kms; store: MemoryStore }> {
  const store = new MemoryStore()
  const options = { ...parts(store, more), roots: [root()], ...(lease !== undefined && { lease }) }
  return { kms: await Kms.create(options), store }
}

export const openKms = (store: KeyStore, more: Partial<OpenOptions> = {}): Promise<Kms> =>
  Kms.open({ ...parts(store), root: root(), ...more })

/** The code of the error that a call or promise ends with. */
export async function codeOf(work: () => unknown): Promise<string> {
  try {
    await work()
    return 'no error'
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
}

/** The store with some records replaced: what whoever can write the database can do. */
export async function rewrite(
  store: KeyStore,
  prefix: string,
  change: (bytes: Uint8Array, id: string) => Uint8Array,
): Promise<MemoryStore> {
  const copy = new MemoryStore()
  for (const kind of ['administered', 'operational', 'log'] as const) {
    const sizes = new Map<string, number>()
    for (const record of await store.list(kind, '', '', 1_000)) {
      const bytes = record.id.startsWith(prefix) ? change(record.bytes, record.id) : record.bytes
      if (bytes.length === 0) continue
      if (kind === 'log') {
        const log = record.id.split('/')[1] as string
        const position = sizes.get(log) ?? 0
        sizes.set(log, position + 1)
        await copy.commit({ expect: [], put: [], remove: [], append: [{ log, position, bytes }] })
        continue
      }
      // Revisions are part of a put, so that records with revision 3 are put three times.
      for (let revision = 1; revision <= record.revision; revision++) {
        await copy.commit({ expect: [], put: [{ id: record.id, revision, bytes }], remove: [], append: [] })
      }
    }
  }
  return copy
}
