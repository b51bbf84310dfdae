import { randomBytes } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Kms as CoreKms, type KeySlots, keyRoot, memoryLastSeen, noContext, type Primitives } from '@kms/core'
import { createWasmKeySlots, createWasmPrimitives } from '@kms/core/hazmat'
import { SqliteStore } from '@kms/node'
import { Search } from './search.ts'
import { type NamedSecret, patterns } from './secrets.ts'

/** A store made in this run, and every secret that opening it and using its key involves. */
export interface WatchedStore {
  readonly url: string
  readonly rootFile: string
  readonly envelope: string
  readonly secrets: readonly NamedSecret[]
}

export const keyName = 'watched'
const derived = 'derived key'

/** Keeps a copy of each key that goes through slots and primitives. */
class Recorder {
  readonly #found = new Map<string, NamedSecret>()
  stage = ''

  note(what: string, bytes: Uint8Array): void {
    const id = Buffer.from(bytes).toString('hex')
    if (!this.#found.has(id)) this.#found.set(id, { name: `${this.stage}, ${what}`, bytes: bytes.slice() })
  }

  get secrets(): readonly NamedSecret[] {
    return [...this.#found.values()]
  }

  slots(inner: KeySlots): KeySlots {
    return {
      backend: inner.backend,
      bound: inner.bound,
      importKey: (material) => {
        this.note('key imported', material)
        return inner.importKey(material)
      },
      expand: (slot, info, length) => inner.expand(slot, info, length),
      deriveKey: (slot, info) => {
        this.note('content key', inner.expand(slot, info, 32))
        return inner.deriveKey(slot, info)
      },
      derivePair: (slot, info) => {
        const both = inner.expand(slot, info, 64)
        this.note('deterministic content key', both.subarray(0, 32))
        this.note('salt key', both.subarray(32))
        return inner.derivePair(slot, info)
      },
      mac: (slot, boundLength, data, length) => inner.mac(slot, boundLength, data, length),
      prepare: (slot, suite, header) => inner.prepare(slot, suite, header),
      seal: (slot, length, plaintext, salt) => inner.seal(slot, length, plaintext, salt),
      open: (slot, length, sealed) => inner.open(slot, length, sealed),
      messageKey: (slot, length, salt) => inner.messageKey(slot, length, salt),
      release: (slot) => inner.release(slot),
      wipe: () => inner.wipe(),
    }
  }

  primitives(inner: Primitives): Primitives {
    return {
      ...inner,
      hkdfExpand: (hash, prk, info, length) => {
        // 32 bytes out of a key are a key, or a header's mac; other lengths are ids and check values.
        this.note('key that others come from', prk)
        const result = inner.hkdfExpand(hash, prk, info, length)
        if (length === 32) this.note(derived, result)
        return result
      },
      keyUnwrap: (kek, wrapped) => {
        const key = inner.keyUnwrap(kek, wrapped)
        this.note('key unwrapped', key)
        return key
      },
    }
  }
}

/** Makes a store, a key, and an envelope under it, in a folder; the root is a key file. */
export async function watchedStore(folder: string): Promise<WatchedStore> {
  const rootKey = randomBytes(32)
  const rootFile = join(folder, 'root.key')
  writeFileSync(rootFile, `${rootKey.toString('base64url')}\n`, { mode: 0o600 })
  const path = join(folder, 'watched.keys')
  const recorder = new Recorder()
  const parts = () => ({
    slots: recorder.slots(createWasmKeySlots()),
    primitives: recorder.primitives(createWasmPrimitives()),
    lastSeen: memoryLastSeen(),
  })
  const maker = await CoreKms.create({
    ...parts(),
    store: await SqliteStore.create(path),
    roots: [keyRoot(new Uint8Array(rootKey))],
  })
  await maker.keys.create(keyName, { purpose: 'encrypt' })
  await maker.close()

  // Only what opening involves: that is what another process has.
  const watching = new Recorder()
  watching.stage = 'root'
  watching.note('key', new Uint8Array(rootKey))
  watching.stage = 'store and ring'
  const kms = await CoreKms.open({
    slots: watching.slots(createWasmKeySlots()),
    primitives: watching.primitives(createWasmPrimitives()),
    lastSeen: memoryLastSeen(),
    store: await SqliteStore.open(path),
    root: keyRoot(new Uint8Array(rootKey)),
  })
  watching.stage = 'key version'
  const key = await kms.use(keyName)
  const envelope = key.sealText('what is sealed', noContext)
  await kms.close()
  const secrets = watching.secrets.filter((secret) => !secret.name.endsWith(derived) || !isStored(secret, path))
  return { url: `sqlite:${path}`, rootFile, envelope, secrets }
}

/** What stands in the store itself, as a header's mac does, is no secret. */
function isStored(secret: NamedSecret, path: string): boolean {
  const search = new Search(patterns(secret))
  return [path, `${path}-wal`].some((file) => existsSync(file) && search.file(file).length > 0)
}
