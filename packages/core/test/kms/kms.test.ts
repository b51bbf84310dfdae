import { describe, expect, test } from 'vitest'
import { type AuditEvent, keyRoot, noContext, passwordRoot } from '../../src/index.ts'
import { codeOf, newKms, openKms, root, rootBytes } from './memory-kms.ts'

const context = { tenant: 'acme', table: 'users' }
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

describe('a store and its roots', () => {
  test('what one process sealed, another opened with the same root opens', async () => {
    const { kms, store } = await newKms()
    await kms.keys.create('user-data')
    const envelope = await kms.encrypt('hello', { key: 'user-data', context })
    const other = await openKms(store)
    expect(await other.decryptText(envelope, { key: 'user-data', context })).toBe('hello')
    expect(other.info.fingerprint).toBe(kms.info.fingerprint)
    expect(other.info.administersStore).toBe(true)
  })

  test('a wrong root opens nothing and says so', async () => {
    const { store } = await newKms()
    const wrong = keyRoot(rootBytes.map((byte) => byte ^ 1))
    expect(await codeOf(() => openKms(store, { root: wrong }))).toBe('authentication-failed')
  })

  test('a password for a store without one is told which roots there are', async () => {
    const { store } = await newKms()
    await expect(openKms(store, { root: passwordRoot('any') })).rejects.toThrow(
      'No password opens this store. Its roots: key',
    )
  })

  test('another fingerprint than the one expected is refused [C-51]', async () => {
    const { kms, store } = await newKms()
    expect(await codeOf(() => openKms(store, { fingerprint: 'ffffffff' }))).toBe('not-permitted')
    expect((await openKms(store, { fingerprint: kms.info.fingerprint })).info.id).toBe(kms.info.id)
  })

  test('a second root opens the store as the first does; a wrong password does not', async () => {
    const { kms, store } = await newKms()
    await kms.keys.create('user-data')
    await kms.roots.add(passwordRoot('correct horse battery staple'))
    expect((await kms.roots.list()).map(({ kind }) => kind)).toEqual(['key', 'password'])
    const other = await openKms(store, { root: passwordRoot('correct horse battery staple') })
    expect((await other.keys.show('user-data')).name).toBe('user-data')
    expect(await codeOf(() => openKms(store, { root: passwordRoot('wrong') }))).toBe('authentication-failed')
  }, 60_000)

  test('a root key that is all one byte or plain text is refused', async () => {
    expect(await codeOf(() => keyRoot(new Uint8Array(32).fill(7)))).toBe('weak-key')
    expect(await codeOf(() => keyRoot(new TextEncoder().encode('0123456789abcdef0123456789abcdef')))).toBe('weak-key')
    expect(await codeOf(() => keyRoot(new Uint8Array(16)))).toBe('invalid-argument')
  })

  test('creating over an existing store is refused and changes nothing', async () => {
    const { kms, store } = await newKms()
    const { Kms } = await import('../../src/index.ts')
    const { parts } = await import('./memory-kms.ts')
    expect(await codeOf(() => Kms.create({ ...parts(store), roots: [root()] }))).toBe('store-exists')
    expect((await openKms(store)).info.fingerprint).toBe(kms.info.fingerprint)
  })

  test('an empty store is no store', async () => {
    const { MemoryStore } = await import('../../src/index.ts')
    expect(await codeOf(() => openKms(new MemoryStore()))).toBe('store-not-found')
  })
})

describe('keys', () => {
  test('a name is taken once; ensure gives the key that is there', async () => {
    const { kms } = await newKms()
    const made = await kms.keys.create('k', { description: 'first', rotationDays: 90 })
    expect(made).toMatchObject({ name: 'k', primary: '1', rotationDays: 90, spec: 'symmetric-256' })
    expect(made.rotationDue?.getTime()).toBe(made.created.getTime() + 90 * 86_400_000)
    expect(await codeOf(() => kms.keys.create('k'))).toBe('key-exists')
    expect((await kms.keys.ensure('k')).id).toBe(made.id)
  })

  test('concurrent ensures in several processes make one key', async () => {
    const { store } = await newKms()
    const processes = await Promise.all([1, 2, 3, 4].map(() => openKms(store)))
    const made = await Promise.all(processes.map((kms) => kms.keys.ensure('k')))
    expect(new Set(made.map(({ id }) => id)).size).toBe(1)
  })

  test('rotations that several processes begin at once become one, which each of them may go on with', async () => {
    const { kms, store } = await newKms()
    await kms.keys.create('k')
    const processes = await Promise.all([1, 2, 3].map(() => openKms(store)))
    await Promise.all(processes.map((one) => one.keys.rotate('k')))
    const key = await kms.keys.show('k')
    const numbers = key.versions.map(({ number }) => number)
    expect(numbers).toEqual(numbers.map((_, index) => index + 1))
    expect(numbers.length).toBeGreaterThan(1)
    expect(key.versions.filter(({ primary }) => primary).map(({ number }) => number)).toEqual([numbers.length])
    expect(key.versions.map(({ state }) => state)).toEqual(numbers.map(() => 'active'))
  })

  test('a request repeated with its id is done once', async () => {
    const { kms } = await newKms()
    const requestId = crypto.randomUUID()
    await kms.keys.create('k')
    await kms.keys.rotate('k', { requestId })
    expect((await kms.keys.rotate('k', { requestId })).primary).toBe('2')
  })

  test('rotating, retiring, disabling and enabling do what they say', async () => {
    const { kms } = await newKms()
    await kms.keys.create('k')
    const old = await kms.encrypt('old', { key: 'k', context })
    await kms.keys.rotate('k')
    const young = await kms.encrypt('new', { key: 'k', context })
    expect([old[26], young[26]]).toEqual([1, 2])
    const { settledAfterMs, key } = await kms.keys.retire('k', 1, { reason: 'done with it' })
    expect(settledAfterMs).toBe(33_000)
    expect(key.versions.map(({ state }) => state)).toEqual(['deactivated', 'active'])
    expect(text(await kms.decrypt(old, { key: 'k', context }))).toBe('old')
    await kms.keys.disable('k')
    expect(await codeOf(() => kms.decrypt(old, { key: 'k', context }))).toBe('key-disabled')
    expect(await codeOf(() => kms.encrypt('x', { key: 'k', context }))).toBe('key-disabled')
    const enabled = await kms.keys.enable('k')
    expect(enabled.versions.map(({ state }) => state)).toEqual(['deactivated', 'active'])
    expect(text(await kms.decrypt(young, { key: 'k', context }))).toBe('new')
  })

  test('one version can be disabled alone', async () => {
    const { kms } = await newKms()
    await kms.keys.create('k')
    const old = await kms.encrypt('old', { key: 'k', context })
    await kms.keys.rotate('k')
    await kms.keys.disable('k', '1')
    expect(await codeOf(() => kms.decrypt(old, { key: 'k', context }))).toBe('key-disabled')
    const young = await kms.encrypt('new', { key: 'k', context })
    expect(text(await kms.decrypt(young, { key: 'k', context }))).toBe('new')
  })

  test('a key whose primary was retired encrypts no more until it is rotated', async () => {
    const { kms } = await newKms()
    await kms.keys.create('k')
    await kms.keys.retire('k', 1)
    expect(await codeOf(() => kms.encrypt('x', { key: 'k', context }))).toBe('no-primary-version')
    expect(await codeOf(() => kms.keys.enable('k', 7))).toBe('version-lost')
    expect((await kms.keys.rotate('k')).primary).toBe('2')
  })

  test('a renamed key keeps its id and opens what it sealed; the old name stays reserved [C-22] [C-23]', async () => {
    const { kms } = await newKms()
    const made = await kms.keys.create('before')
    const envelope = await kms.encrypt('x', { key: 'before', context })
    expect((await kms.keys.rename('before', 'after')).id).toBe(made.id)
    expect(text(await kms.decrypt(envelope, { key: 'after', context }))).toBe('x')
    expect(await codeOf(() => kms.keys.show('before'))).toBe('key-not-found')
    expect(await codeOf(() => kms.keys.create('before'))).toBe('key-exists')
    expect((await kms.keys.rename('after', 'before')).name).toBe('before')
  })

  test.each(['', 'a/b', 'a\nb', 'x'.repeat(201), '\ud800'])('the name %j is refused [C-21]', async (name) => {
    const { kms } = await newKms()
    expect(await codeOf(() => kms.keys.create(name))).toBe('invalid-argument')
  })

  test('lists page by id', async () => {
    const { kms } = await newKms()
    for (let i = 0; i < 5; i++) await kms.keys.create(`k${i}`)
    const first = await kms.keys.list({ limit: 3 })
    const rest = await kms.keys.list({ limit: 3, after: first[2]?.id as string })
    expect([...first, ...rest].map(({ name }) => name).sort()).toEqual(['k0', 'k1', 'k2', 'k3', 'k4'])
  })
})

describe('what does not open', () => {
  test('an envelope of another key, of a lost version, with another context, with a flipped bit [C-43]', async () => {
    const { kms } = await newKms()
    await kms.keys.create('a')
    await kms.keys.create('b')
    const envelope = await kms.encrypt('x', { key: 'a', context })
    expect(await codeOf(() => kms.decrypt(envelope, { key: 'b', context }))).toBe('no-matching-key')
    expect(await codeOf(() => kms.decrypt(envelope, { key: 'a', context: { tenant: 'other' } }))).toBe(
      'authentication-failed',
    )
    expect(await codeOf(() => kms.decrypt(envelope, { key: 'a', context: {} }))).toBe('invalid-context')
    expect(await codeOf(() => kms.decrypt(envelope, { key: 'missing', context }))).toBe('key-not-found')
    const lost = envelope.slice()
    lost[26] = 9
    expect(await codeOf(() => kms.decrypt(lost, { key: 'a', context }))).toBe('version-lost')
    const flipped = envelope.slice()
    flipped[90] = (flipped[90] as number) ^ 1
    expect(await codeOf(() => kms.decrypt(flipped, { key: 'a', context }))).toBe('authentication-failed')
    expect(await codeOf(() => kms.decrypt('no envelope', { key: 'a', context }))).toBe('malformed')
  })
})

describe('handles', () => {
  test('seal and open synchronously, bound or not, as bytes and as text', async () => {
    const { kms } = await newKms()
    await kms.keys.create('k')
    const key = await kms.use('k', { purpose: 'encrypt' })
    expect(text(key.open(key.seal('héllo', context), context))).toBe('héllo')
    const bound = key.bind(context)
    const sealed = bound.sealText('x')
    expect(sealed.startsWith(key.textPrefix)).toBe(true)
    expect(key.openText(sealed, context)).toBe('x')
    expect(bound.openText(key.sealText('y', context))).toBe('y')
    expect(text(key.open(key.seal('z', noContext), noContext))).toBe('z')
    expect(await codeOf(() => key.seal('z', {}))).toBe('invalid-context')
  })

  test('refuse text that would open as another text', async () => {
    const { kms } = await newKms()
    await kms.keys.create('k')
    const key = await kms.use('k')
    expect(await codeOf(() => key.seal('a\ud800', context))).toBe('invalid-argument')
    expect(await codeOf(() => kms.encrypt('a\ud800', { key: 'k', context }))).toBe('invalid-argument')
    expect(await codeOf(() => key.openText(key.sealText(Uint8Array.of(0xff), context), context))).toBe('malformed')
  })

  test('see a rotation of their own process at once, and of another soon', async () => {
    const { kms, store } = await newKms()
    await kms.keys.create('k')
    const key = await kms.use('k')
    await kms.keys.rotate('k')
    expect(key.version).toBe('2')
    const other = await openKms(store)
    await other.keys.rotate('k')
    await expect.poll(() => key.version, { timeout: 20_000 }).toBe('3')
    await other.keys.disable('k')
    await expect.poll(() => codeOf(() => key.seal('x', context)), { timeout: 20_000 }).toBe('key-disabled')
  })

  test('cut off from the store they stop at the end of the lease, and renew [C-56]', async () => {
    let now = 0
    const { kms } = await newKms({ monotonic: () => now })
    await kms.keys.create('k')
    const key = await kms.use('k')
    const envelope = key.seal('x', context)
    now += 30_001
    expect(await codeOf(() => key.seal('x', context))).toBe('lease-expired')
    expect(await codeOf(() => key.open(envelope, context))).toBe('lease-expired')
    await key.renew()
    expect(text(key.open(envelope, context))).toBe('x')
  })

  test('are closed after release and after their Kms closes', async () => {
    const { kms } = await newKms()
    await kms.keys.create('k')
    const one = await kms.use('k')
    const two = await kms.use('k')
    one.release()
    expect(await codeOf(() => one.seal('x', context))).toBe('closed')
    two.seal('x', context)
    await kms.close()
    expect(await codeOf(() => two.seal('x', context))).toBe('closed')
    expect(await codeOf(() => kms.encrypt('x', { key: 'k', context }))).toBe('closed')
  })

  test('load the version an envelope needs when it is older than those in memory', async () => {
    const { kms, store } = await newKms()
    await kms.keys.create('k')
    const envelope = await kms.encrypt('first', { key: 'k', context })
    for (let i = 0; i < 65; i++) await kms.keys.rotate('k')
    const other = await openKms(store)
    const key = await other.use('k')
    expect(await codeOf(() => key.open(envelope, context))).toBe('version-not-loaded')
    await key.load(envelope)
    expect(text(key.open(envelope, context))).toBe('first')
    expect((await other.keys.show('k')).versions).toHaveLength(66)
  })
})

test('each use and change is told to the audit listener, with key, version, caller and outcome', async () => {
  const events: AuditEvent[] = []
  const { kms } = await newKms({ onAudit: (event) => events.push(event), caller: 'tests' })
  await kms.keys.create('k')
  const key = await kms.use('k')
  const envelope = key.seal('x', context)
  await codeOf(() => key.open(envelope, noContext))
  await kms.decrypt(envelope, { key: 'k', context })
  await codeOf(() => kms.encrypt('x', { key: 'missing', context }))
  expect(events.map(({ operation, outcome, version }) => [operation, outcome, version])).toEqual([
    ['key.create', 'ok', '1'],
    ['encrypt', 'ok', '1'],
    ['decrypt', 'authentication-failed', '1'],
    ['decrypt', 'ok', '1'],
    ['encrypt', 'key-not-found', undefined],
  ])
  expect(new Set(events.map(({ caller }) => caller))).toEqual(new Set(['tests']))
})

test('a key is shown by the id that an envelope names', async () => {
  const { kms } = await newKms()
  const made = await kms.keys.create('user-data')
  await kms.keys.rotate('user-data')
  expect(await kms.keys.showById(made.id)).toEqual(await kms.keys.show('user-data'))
  expect(await kms.keys.showById(made.id.toUpperCase())).toMatchObject({ name: 'user-data' })
  await kms.keys.rename('user-data', 'people')
  expect(await kms.keys.showById(made.id)).toMatchObject({ name: 'people' })
  const other = '7bd5d47e-446f-4ec2-a3d8-11736110e578'
  await expect(kms.keys.showById(other)).rejects.toMatchObject({ code: 'key-not-found', keyIds: [other] })
  expect(await codeOf(() => kms.keys.showById('user-data'))).toBe('invalid-argument')
})
