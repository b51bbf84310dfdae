import { expect, test, vi } from 'vitest'
import { type EncryptionKey, type KeyStore, Kms, MemoryStore } from '../../src/index.ts'
import { codeOf, newKms, openKms, parts, root } from './memory-kms.ts'

// What a handle seals with is never older than the last renewal says, whatever else is under way.

const context = { tenant: 'acme' }

/** A store that answers each reading some time later, as one over a network does. */
function slow(store: KeyStore, milliseconds: () => number): KeyStore {
  const later = async <T>(value: T): Promise<T> => {
    await new Promise((resolve) => setTimeout(resolve, milliseconds()))
    return value
  }
  return {
    read: async (ids) => later(await store.read(ids)),
    list: async (kind, prefix, after, limit) => later(await store.list(kind, prefix, after, limit)),
    commit: (commit) => store.commit(commit),
    watch: (signal) => store.watch(signal),
    close: async () => {},
  }
}

/** Changes that nobody hears of. */
async function* unheard(): AsyncGenerator<number, void, undefined> {
  await new Promise(() => {})
}

test('a handle taken while other keys change is updated like any other', async () => {
  const { kms, store } = await newKms()
  await kms.keys.create('k')
  await kms.keys.create('other')
  const admin = await openKms(store)
  for (let round = 0; round < 30; round++) {
    const worker = await Kms.open({ ...parts(slow(store, () => Math.random() * 3)), root: root() })
    const [key] = await Promise.all([
      worker.use('k'),
      admin.keys.describe('other', `round ${round}`),
      worker.use('other'),
    ])
    await admin.keys.disable('k')
    await key.renew()
    expect(await codeOf(() => key.seal('x', context))).toBe('key-disabled')
    await admin.keys.enable('k')
    await key.renew()
    expect(await codeOf(() => key.seal('x', context))).toBe('no error')
    await worker.close()
  }
})

test('readings that come in out of order are no rollback, and disabling is seen by the own process at once', async () => {
  const store = new MemoryStore()
  await (await Kms.create({ ...parts(store), roots: [root()] })).close()
  const kms = await Kms.open({ ...parts(slow(store, () => Math.random() * 5)), root: root() })
  await kms.keys.create('k')
  const key = await kms.use('k')
  for (let round = 0; round < 10; round++) {
    const renewals = [key.renew(), key.renew(), kms.encrypt('x', { key: 'k', context })]
    await kms.keys.disable('k')
    expect(await codeOf(() => key.seal('x', context))).toBe('key-disabled')
    await Promise.allSettled(renewals)
    await kms.keys.enable('k')
  }
  await kms.close()
})

test('a version whose record was deleted is used no more', async () => {
  const { kms, store } = await newKms()
  await kms.keys.create('k')
  let deleted = ''
  const thief: KeyStore = {
    ...slow(store, () => 0),
    read: async (ids) => (await store.read(ids)).filter(({ id }) => id !== deleted),
    // The disabling and the deletion are to be seen as one.
    watch: unheard,
  }
  const victim = await Kms.open({ ...parts(thief), root: root() })
  const key = await victim.use('k')
  await kms.keys.disable('k')
  deleted = (await store.list('administered', 'version/', '', 1))[0]?.id as string
  await key.renew()
  expect(await codeOf(() => key.seal('x', context))).toBe('store-corrupt')
})

/** A process that notices changes of others with its lease alone, and holds a version that is not active yet. */
async function behind(): Promise<{ admin: Kms; worker: Kms; key: EncryptionKey }> {
  const { kms: admin, store } = await newKms()
  await admin.keys.create('k')
  await admin.keys.importVersion('k', crypto.getRandomValues(new Uint8Array(32)))
  const deaf: KeyStore = { ...slow(store, () => 0), watch: unheard }
  const worker = await Kms.open({ ...parts(deaf), root: root() })
  return { admin, worker, key: await worker.use('k') }
}

test('what another process sealed under a version that it has just made active opens everywhere', async () => {
  const { admin, worker, key } = await behind()
  await admin.rotations.rotate('k', { to: 2, urgent: true })
  const envelope = await admin.encrypt('x', { key: 'k', context })
  expect(await codeOf(() => key.open(envelope, context))).toBe('version-not-loaded')
  expect(new TextDecoder().decode(await worker.decrypt(envelope, { key: 'k', context }))).toBe('x')
  expect(await codeOf(() => key.open(envelope, context))).toBe('no error')
  await worker.close()
})

test('what a batch or a handle meets of such a version, it loads', async () => {
  const { admin, worker, key } = await behind()
  await admin.rotations.rotate('k', { to: 2, urgent: true })
  const envelope = await admin.encryptText('x', { key: 'k', context })
  expect(await key.openMany([{ envelope, context }])).toMatchObject([{ ok: true }])
  await worker.close()
})

test('a version that is not active yet opens nothing, and is asked for once', async () => {
  const { worker, key } = await behind()
  const envelope = await worker.encrypt('x', { key: 'k', context })
  // The last byte of its version number.
  envelope[26] = 2
  expect(await codeOf(() => worker.decrypt(envelope, { key: 'k', context }))).toBe('no-primary-version')
  expect(await codeOf(() => key.load(envelope))).toBe('no-primary-version')
  expect(await key.openMany([{ envelope, context }])).toMatchObject([{ error: { code: 'no-primary-version' } }])
  await worker.close()
})

test('what changed between the opening and the first handle, the handle knows', async () => {
  const { kms, store } = await newKms()
  await kms.keys.create('k')
  const worker = await openKms(store)
  await worker.encrypt('x', { key: 'k', context })
  await kms.keys.disable('k')
  const handles = await Promise.all([worker.use('k'), worker.use('k')])
  for (const key of handles) expect(await codeOf(() => key.seal('x', context))).toBe('key-disabled')
})

test.each([
  ['ends', async function* () {}],
  [
    'throws',
    async function* () {
      yield 1
      throw new Error('The connection was lost.')
    },
  ],
])('a watch that %s is begun again, and what changed meanwhile is read', async (_, broken) => {
  const { kms, store } = await newKms()
  await kms.keys.create('k')
  let watches = 0
  const lossy: KeyStore = {
    ...slow(store, () => 0),
    watch: (signal) => (watches++ === 0 ? broken() : store.watch(signal)),
  }
  const worker = await Kms.open({ ...parts(lossy), root: root() })
  const key = await worker.use('k')
  await kms.keys.disable('k')
  const refused = (code: string): Promise<void> =>
    vi.waitFor(async () => expect(await codeOf(() => key.seal('x', context))).toBe(code), { timeout: 5_000 })
  await refused('key-disabled')
  await kms.keys.enable('k')
  await refused('no error')
  await worker.close()
})

test('one damaged key does not stop the others', async () => {
  const { kms, store } = await newKms()
  const good = await kms.keys.create('good')
  await kms.keys.create('bad')
  let damage = false
  const damaged: KeyStore = {
    ...slow(store, () => 0),
    read: async (ids) =>
      (await store.read(ids)).map((one) =>
        damage && one.id.startsWith('key/') && !one.id.endsWith(good.id) ? { ...one, bytes: one.bytes.slice(1) } : one,
      ),
  }
  const warned: string[] = []
  const victim = await Kms.open({ ...parts(damaged), root: root(), onWarning: ({ code }) => warned.push(code) })
  const [one, two] = [await victim.use('good'), await victim.use('bad')]
  damage = true
  await kms.keys.describe('good', 'changed')
  await one.renew()
  expect(await codeOf(() => one.seal('x', context))).toBe('no error')
  expect(await codeOf(() => two.seal('x', context))).toBe('store-corrupt')
  expect(warned).toContain('store-corrupt')
})

test('many uses beside many changes neither fail nor leave keys behind', async () => {
  const { kms, store } = await newKms()
  for (let i = 0; i < 5; i++) await kms.keys.create(`k${i}`)
  const worker = await Kms.open({ ...parts(slow(store, () => Math.random())), root: root() })
  const changing = (async () => {
    for (let i = 0; i < 30; i++) await kms.keys.describe(`k${i % 5}`, `change ${i}`)
  })()
  const uses = Array.from({ length: 200 }, (_, i) => codeOf(() => worker.encrypt('x', { key: `k${i % 5}`, context })))
  expect(new Set(await Promise.all(uses))).toEqual(new Set(['no error']))
  await changing
  await worker.close()
})

test('listeners that throw stop nothing', async () => {
  const thrower = (): never => {
    throw new Error('listener')
  }
  const { kms } = await newKms({ onAudit: thrower, onWarning: thrower })
  await kms.keys.create('k')
  const key = await kms.use('k')
  expect(key.openText(key.sealText('x', context), context)).toBe('x')
})

test('a key of very many versions is disabled and enabled in one call', async () => {
  const { kms } = await newKms()
  await kms.keys.create('k')
  for (let i = 0; i < 260; i++) await kms.keys.rotate('k')
  const disabled = await kms.keys.disable('k')
  expect(disabled.primary).toBe('261')
  const all = (await kms.keys.show('k')).versions
  expect(new Set(all.map(({ state }) => state))).toEqual(new Set(['suspended']))
  expect(all).toHaveLength(261)
}, 60_000)

test('a store grown from an older copy is a rollback too, even when it is longer', async () => {
  const { memoryLastSeen } = await import('../../src/index.ts')
  const { rewrite } = await import('./memory-kms.ts')
  const lastSeen = memoryLastSeen()
  const { kms, store } = await newKms({ lastSeen })
  await kms.keys.create('k')
  const copy = await rewrite(store, 'none', (bytes) => bytes)
  await kms.keys.rotate('k')
  const stranger = await openKms(copy)
  for (let i = 0; i < 4; i++) await stranger.keys.describe('k', `innocent change ${i}`)
  expect(await codeOf(() => openKms(copy, { lastSeen }))).toBe('store-rolled-back')
  expect(await codeOf(() => openKms(store, { lastSeen }))).toBe('no error')
})
