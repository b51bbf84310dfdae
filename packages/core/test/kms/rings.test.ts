import { expect, test } from 'vitest'
import { Kms, keyRoot, MemoryStore, passwordRoot, type Root } from '../../src/index.ts'
import { codeOf, newKms, openKms, parts, root } from './memory-kms.ts'

const context = { tenant: 'acme' }
const applicationRoot = (seed: number): Root =>
  keyRoot(Uint8Array.from({ length: 32 }, (_, i) => (i * 41 + seed) & 0xff))

test('an application opens its own ring and no other, whatever it asks for [C-52]', async () => {
  const { kms, store } = await newKms()
  await kms.keys.create('secret')
  await kms.rings.create('web')
  await kms.rings.grant('web', { application: 'shop', root: applicationRoot(1), rights: 'administer' })
  const shop = await openKms(store, { root: applicationRoot(1) })
  expect(shop.info).toMatchObject({ administersStore: false, ring: { name: 'web', rights: 'administer' } })
  await shop.keys.create('orders')
  expect(await codeOf(() => shop.keys.show('secret'))).toBe('key-not-found')
  expect(await codeOf(() => openKms(store, { root: applicationRoot(1), ring: 'default' }))).toBe('not-permitted')
  expect(await codeOf(() => shop.rings.create('mine'))).toBe('not-permitted')
  expect(await codeOf(() => shop.roots.add(applicationRoot(2)))).toBe('not-permitted')
  expect(await codeOf(() => openKms(store, { root: applicationRoot(9) }))).toBe('authentication-failed')
})

test('an application that may use a ring encrypts and decrypts, and changes nothing', async () => {
  const { kms, store } = await newKms()
  await kms.rings.create('web')
  const owner = await openKms(store, { ring: 'web' })
  await owner.keys.create('orders')
  await kms.rings.grant('web', { application: 'worker', root: applicationRoot(3), rights: 'use' })
  const worker = await openKms(store, { root: applicationRoot(3) })
  const envelope = await worker.encrypt('x', { key: 'orders', context })
  expect(await owner.decryptText(envelope, { key: 'orders', context })).toBe('x')
  for (const change of [
    () => worker.keys.create('new'),
    () => worker.keys.rotate('orders'),
    () => worker.keys.disable('orders'),
  ]) {
    expect(await codeOf(change)).toBe('not-permitted')
  }
})

test('envelopes of one ring do not open in another, even under a key of the same name', async () => {
  const { kms, store } = await newKms()
  await kms.keys.create('k')
  await kms.rings.create('web')
  const web = await openKms(store, { ring: 'web' })
  await web.keys.create('k')
  const envelope = await kms.encrypt('x', { key: 'k', context })
  expect(await codeOf(() => web.decrypt(envelope, { key: 'k', context }))).toBe('no-matching-key')
})

test('rings have unique names and list who may open them; passwords are no application roots', async () => {
  const { kms } = await newKms()
  await kms.rings.create('web')
  expect(await codeOf(() => kms.rings.create('web'))).toBe('ring-exists')
  expect(
    await codeOf(() => kms.rings.grant('none', { application: 'a', root: applicationRoot(1), rights: 'use' })),
  ).toBe('ring-not-found')
  const password = passwordRoot('long enough')
  expect(await codeOf(() => kms.rings.grant('web', { application: 'a', root: password, rights: 'use' }))).toBe(
    'invalid-argument',
  )
  await kms.rings.grant('web', { application: 'shop', root: applicationRoot(1), rights: 'use' })
  const rings = await kms.rings.list()
  expect(
    rings.map(({ name, applications }) => [name, applications.map(({ application }) => application)]).sort(),
  ).toEqual([
    ['default', []],
    ['web', ['shop']],
  ])
})

test('a store without a ring called default opens the one it began with; a name that is not there is answered with those that are', async () => {
  const store = new MemoryStore()
  const wall = (): number => Date.now() + 1_000
  const kms = await Kms.create({ ...parts(store), roots: [root()], ring: 'orders' })
  expect((await openKms(store)).info.ring.name).toBe('orders')
  const later = await openKms(store, { wall })
  await later.rings.create('billing')
  expect((await openKms(store)).info.ring.name).toBe('orders')
  await expect(openKms(store, { ring: 'order' })).rejects.toMatchObject({
    code: 'ring-not-found',
    message: expect.stringMatching(/"order" .*("billing", "orders"|"orders", "billing")/),
  })
  await later.rings.create('default')
  expect((await openKms(store)).info.ring.name).toBe('default')
  await kms.close()
})

test('an application has one grant to a ring: a second one is refused, and changes nothing', async () => {
  const { kms, store } = await newKms()
  await kms.rings.create('web')
  await kms.rings.grant('web', { application: 'shop', root: applicationRoot(1), rights: 'use' })
  const again = { application: 'shop', root: applicationRoot(2), rights: 'administer' } as const
  await expect(kms.rings.grant('web', again)).rejects.toMatchObject({
    code: 'invalid-argument',
    message: expect.stringContaining('"shop" may open the ring "web" already'),
  })
  const web = (await kms.rings.list()).find(({ name }) => name === 'web')
  expect(web?.applications).toHaveLength(1)
  expect(await codeOf(() => openKms(store, { root: applicationRoot(2) }))).toBe('authentication-failed')
  await kms.rings.grant('web', { ...again, application: 'shop 2' })
  expect((await openKms(store, { root: applicationRoot(2) })).info.ring.rights).toBe('administer')
})
