import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inspect } from '../../src/envelope/inspect.ts'
import { type KeyStore, Kms, type KmsError } from '../../src/index.ts'
import { stateEntry, type VersionState, versionStates } from '../../src/specs/version-states.ts'
import { codeOf, newKms, openKms, parts, root, shared } from './memory-kms.ts'

const context = { table: 'users', id: '7' }

const stateOf = async (kms: Kms, label: string): Promise<VersionState | undefined> =>
  (await kms.keys.show('k')).versions.find((one) => one.label === label)?.state

test('a compromised version opens nothing but what is re-encrypted away from it', async () => {
  const { kms, store } = await newKms()
  await kms.keys.create('k')
  const envelope = await kms.encrypt('text', { key: 'k', context })
  const marked = await kms.keys.compromise('k', '1', { reason: 'seen in a log', since: new Date(1_000) })
  expect(marked.primary).toBeNull()
  expect(marked.versions[0]).toMatchObject({ state: 'compromised', compromisedSince: new Date(1_000), primary: false })
  expect(await codeOf(() => kms.encrypt('x', { key: 'k', context }))).toBe('no-primary-version')
  expect(await codeOf(() => kms.reencrypt(envelope, { key: 'k', context }))).toBe('no-primary-version')
  await kms.keys.rotate('k')
  const other = await openKms(store)
  for (const one of [kms, other]) {
    expect(await codeOf(() => one.decrypt(envelope, { key: 'k', context }))).toBe('version-compromised')
    const moved = await one.reencrypt(envelope, { key: 'k', context })
    expect(await one.decryptText(moved, { key: 'k', context })).toBe('text')
    expect(await codeOf(() => one.decrypt(envelope, { key: 'k', context }))).toBe('version-compromised')
  }
  await kms.close()
  await other.close()
})

test('re-encrypting keeps mode and context, moves to the primary and the suite asked for, and leaves what is there already', async () => {
  const events: string[] = []
  const { kms } = await newKms({
    onAudit: ({ operation, version, outcome }) => events.push(`${operation} ${version} ${outcome}`),
  })
  await kms.keys.create('k')
  const record = await kms.encryptText('text', { key: 'k', context })
  const deterministic = await kms.encrypt('text', { key: 'k', context, deterministic: true })
  await kms.keys.rotate('k')
  const moved = await kms.reencrypt(record, { key: 'k', context })
  expect([moved[6], moved[26]]).toEqual([0, 2])
  expect(await kms.decryptText(moved, { key: 'k', context })).toBe('text')
  expect(await kms.reencrypt(moved, { key: 'k', context })).toEqual(moved)
  const suite2 = await kms.reencrypt(moved, { key: 'k', context, suite: 2 })
  expect(inspect(suite2).suite.id).toBe(2)
  const equal = await kms.reencrypt(deterministic, { key: 'k', context })
  expect(equal).toEqual(await kms.encrypt('text', { key: 'k', context, deterministic: true }))
  expect(await codeOf(() => kms.reencrypt(record, { key: 'k', context: { ...context, id: '8' } }))).toBe(
    'authentication-failed',
  )
  expect(events).toContain('reencrypt 1 ok')
  expect(events).toContain('reencrypt 1 authentication-failed')
  await kms.close()
})

test('what protected data is destroyed by nobody before it is counted', async () => {
  const { kms } = await newKms()
  await kms.keys.create('k')
  await kms.keys.rotate('k')
  await kms.keys.retire('k', 1)
  for (const waitDays of [0, 30])
    expect(await codeOf(() => kms.keys.destroy('k', '1', { waitDays }))).toBe('census-required')
  await kms.keys.compromise('k', '1')
  expect(await codeOf(() => kms.keys.destroy('k', '1'))).toBe('census-required')
  expect(await codeOf(() => kms.keys.destroy('k', '2'))).toBe('census-required')
  expect(await codeOf(() => kms.keys.destroy('k', '3'))).toBe('version-lost')
  await kms.close()
})

test('a request repeated with its id compromises once; another change under the id is refused', async () => {
  const { kms } = await newKms()
  await kms.keys.create('k')
  const requestId = crypto.randomUUID()
  await kms.keys.compromise('k', '1', { requestId })
  await kms.keys.compromise('k', '1', { requestId })
  expect(await codeOf(() => kms.keys.disable('k', '1', { requestId }))).toBe('conflict')
  await kms.close()
})

test('one version is revoked alone; the others go on', async () => {
  const { kms } = await newKms()
  await kms.keys.create('k')
  const first = await kms.encrypt('1', { key: 'k', context })
  await kms.keys.rotate('k')
  const second = await kms.encrypt('2', { key: 'k', context })
  await kms.keys.compromise('k', '1')
  expect(await kms.decryptText(second, { key: 'k', context })).toBe('2')
  expect(await codeOf(() => kms.decrypt(first, { key: 'k', context }))).toBe('version-compromised')
  await kms.close()
})

const verbs = ['rotate', 'retire', 'disable', 'enable', 'compromise', 'destroy', 'cancelDestruction'] as const

test('whatever is called in whatever order: states change as the table says, compromise is for good, one primary at most', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom(...verbs), fc.integer({ min: 1, max: 3 })), { maxLength: 14 }),
      async (calls) => {
        const { kms } = await newKms()
        await kms.keys.create('k')
        let before = new Map<string, VersionState>([['1', 'active']])
        for (const [verb, version] of calls) {
          const call = (): Promise<unknown> => (verb === 'rotate' ? kms.keys.rotate('k') : kms.keys[verb]('k', version))
          await call().catch((error: KmsError) => {
            expect([
              'invalid-transition',
              'version-lost',
              'census-required',
              'key-disabled',
              'version-destroyed',
            ]).toContain(error.code)
          })
          const { versions } = await kms.keys.show('k')
          expect(versions.filter(({ primary }) => primary).length).toBeLessThanOrEqual(1)
          for (const { label, state } of versions) {
            const was = before.get(label)
            if (was !== undefined && was !== state) expect(stateEntry(was).to).toContain(state)
          }
          before = new Map(versions.map(({ label, state }) => [label, state]))
        }
        await kms.close()
      },
    ),
    { numRuns: 40 },
  )
}, 120_000)

test('a version that was retired and then disabled does not protect again when it is enabled', async () => {
  const { kms } = await newKms()
  await kms.keys.create('k')
  await kms.keys.rotate('k')
  await kms.keys.retire('k', 1)
  await kms.keys.disable('k', 1)
  await kms.keys.enable('k', 1)
  expect(await stateOf(kms, '1')).toBe('deactivated')
  expect(Object.keys(versionStates)).toContain(await stateOf(kms, '2'))
  await kms.close()
})

test('what was destroyed is not called back', async () => {
  const { kms } = await newKms()
  await kms.keys.create('k')
  await kms.keys.importVersion('k', crypto.getRandomValues(new Uint8Array(32)))
  await kms.keys.destroy('k', 2)
  expect(await codeOf(() => kms.keys.cancelDestruction('k', 2))).toBe('version-destroyed')
  expect(await codeOf(() => kms.keys.cancelDestruction('k', 1))).toBe('no error')
  await kms.close()
})

test('re-encryption seals under what is the primary when it seals, though that moves while the old version is read', async () => {
  const { kms, store } = await newKms()
  await kms.keys.create('k')
  const old = await kms.encrypt('old', { key: 'k', context })
  await kms.keys.rotate('k')
  await kms.keys.compromise('k', 1)
  let reads = 0
  let meanwhile = async (): Promise<void> => {}
  const slow: KeyStore = {
    ...shared(store),
    async read(ids) {
      const found = await store.read(ids)
      if (ids.length === 1 && ids[0]?.endsWith('00000001') && reads++ === 0) await meanwhile()
      return found
    },
  }
  const other = await Kms.open({ ...parts(slow), root: root() })
  const handle = await other.use('k')
  meanwhile = async () => {
    await kms.keys.rotate('k')
    await kms.keys.retire('k', 2)
    await handle.renew()
  }
  reads = 0
  const sealed = await other.reencrypt(old, { key: 'k', context })
  expect(reads).toBeGreaterThan(0)
  expect(sealed[26]).toBe(3)
  meanwhile = async () => {
    await kms.keys.disable('k', 3)
    await handle.renew()
  }
  reads = 0
  expect(await codeOf(() => other.reencrypt(old, { key: 'k', context }))).toBe('key-disabled')
  await other.close()
  await kms.close()
})
