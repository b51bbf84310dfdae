import { describe, expect, test } from 'vitest'
import type { KeySlots } from '../../src/crypto/key-slots.ts'
import { createWasmKeySlots } from '../../src/crypto/wasm/index.ts'
import { affectedKey } from '../../src/incidents/incident-plan.ts'
import { type KeyStore, Kms, KmsError } from '../../src/index.ts'
import type { KeyRecord, VersionRecord } from '../../src/store/records.ts'
import { interposed } from '../rotation/interposed.ts'
import { codeOf, newKms, openKms, parts, root } from './memory-kms.ts'

const context = { table: 'users' }
const stateOf = async (kms: Kms, key: string): Promise<readonly string[]> =>
  (await kms.keys.show(key)).versions.map(({ state, primary }) => (primary ? `${state} primary` : state))

test('a compromise shows whom it reaches, marks all that was in use, and gives each key a new primary', async () => {
  const { kms, store } = await newKms({ caller: 'admin' })
  for (const name of ['a', 'b', 'c']) await kms.keys.create(name)
  await kms.keys.rotate('a')
  await kms.keys.disable('b', 1)
  const old = await kms.encrypt('old', { key: 'a', context })
  const worker = await openKms(store, { caller: 'worker' })
  const handle = await worker.use('a')
  await new Promise((resolve) => setTimeout(resolve, 200))
  const scope = { keys: ['a', 'b'] }
  const plan = await kms.incidents.plan('compromise', scope)
  expect(plan).toMatchObject({
    ring: 'default',
    applications: [],
    callers: ['worker'],
    keys: [
      {
        name: 'a',
        rotates: true,
        versions: [
          { version: '1', state: 'active', becomes: 'compromised' },
          { version: '2', state: 'active', becomes: 'compromised' },
        ],
      },
      { name: 'b', rotates: true, versions: [{ version: '1', state: 'suspended', becomes: 'compromised' }] },
    ],
  })
  expect(await stateOf(kms, 'a')).toEqual(['active', 'active primary'])
  const since = new Date('2026-01-01')
  const incident = await kms.incidents.declare('compromise', scope, { reason: 'a stolen backup', since })
  expect(incident).toMatchObject({ trigger: 'compromise', reason: 'a stolen backup', since, left: [] })
  expect(await stateOf(kms, 'a')).toEqual(['compromised', 'compromised', 'active primary'])
  expect(await stateOf(kms, 'b')).toEqual(['compromised', 'active primary'])
  expect(await stateOf(kms, 'c')).toEqual(['active primary'])
  expect((await kms.keys.version('a', 1)).compromisedSince).toEqual(since)
  expect(await codeOf(() => kms.decrypt(old, { key: 'a', context }))).toBe('version-compromised')
  await handle.renew()
  expect(handle.version).toBe('3')
  expect((await kms.rotations.list({ key: 'a' }))[0]).toMatchObject({
    trigger: incident.id,
    step: 're-encrypt',
    to: '3',
  })
  expect((await kms.incidents.list()).map(({ id }) => id)).toEqual([incident.id])
  expect((await kms.doctor()).filter(({ status }) => status === 'fail')).toEqual([])
  await worker.close()
  await kms.close()
})

test('somebody who leaves: new primaries now, old ones until their transition ends, or retired at once', async () => {
  const { kms } = await newKms()
  for (const name of ['a', 'b']) await kms.keys.create(name)
  const old = await kms.encrypt('old', { key: 'a', context })
  await kms.incidents.declare('departure', { keys: ['a'] }, { reason: 'M. leaves' })
  expect(await stateOf(kms, 'a')).toEqual(['active', 'active primary'])
  const [first] = await kms.rotations.list()
  expect(first).toMatchObject({ step: 'dual-operation', transitionUntil: expect.any(Date) })
  await kms.incidents.declare('departure', { keys: ['b'], retireNow: true }, { reason: 'M. leaves' })
  expect(await stateOf(kms, 'b')).toEqual(['deactivated', 'active primary'])
  expect(await kms.decryptText(old, { key: 'a', context })).toBe('old')
  const [rotation] = await kms.rotations.list({ key: 'a' })
  await kms.rotations.rollback((rotation as { id: string }).id)
  expect(await stateOf(kms, 'a')).toEqual(['active primary', 'deactivated'])
  await kms.close()
})

test('one version of a key is marked alone; if it is not the primary, nothing else changes', async () => {
  const { kms } = await newKms()
  await kms.keys.create('a')
  await kms.keys.rotate('a')
  await kms.incidents.declare('compromise', { keys: ['a'], version: 1 }, { reason: 'seen in a log' })
  expect(await stateOf(kms, 'a')).toEqual(['compromised', 'active primary'])
  await kms.incidents.declare('compromise', { keys: ['a'], version: 2 }, { reason: 'seen in a log' })
  expect(await stateOf(kms, 'a')).toEqual(['compromised', 'compromised', 'active primary'])
  await kms.close()
})

test.each(['compromise', 'departure'] as const)(
  'a rotation under way when a %s is declared ends: its version never becomes the primary',
  async (trigger) => {
    const { kms, store } = await newKms()
    await kms.keys.create('a')
    const dead = interposed(store, 2, () => Promise.reject(new Error('gone')))
    const victim = await Kms.open({ ...parts(dead), root: root() })
    await expect(victim.keys.rotate('a')).rejects.toThrow('gone')
    const [begun] = await kms.rotations.list()
    const becomes = trigger === 'compromise' ? 'compromised' : 'destroyed'
    const plan = await kms.incidents.plan(trigger, { keys: ['a'] })
    expect(plan.keys[0]?.versions).toMatchObject([{ version: '1' }, { version: '2', state: 'pre-active', becomes }])
    const incident = await kms.incidents.declare(trigger, { keys: ['a'] }, { reason: 'x' })
    const first = trigger === 'compromise' ? 'compromised' : 'active'
    expect(await stateOf(kms, 'a')).toEqual([first, becomes, 'active primary'])
    const ended = await kms.rotations.resume(begun?.id ?? '')
    expect(ended).toMatchObject({ step: 'rolled-back' })
    expect(ended.history.at(-1)?.note).toContain(incident.id)
    expect((await kms.keys.show('a')).primary).toBe('3')
    expect((await kms.keys.rotate('a')).primary).toBe('4')
  },
)

test('of a compromise of the primary alone, what a rotation under way leads to is superseded', async () => {
  const { kms, store } = await newKms()
  await kms.keys.create('a')
  const dead = interposed(store, 2, () => Promise.reject(new Error('gone')))
  const victim = await Kms.open({ ...parts(dead), root: root() })
  await expect(victim.keys.rotate('a')).rejects.toThrow('gone')
  await kms.keys.importVersion('a', crypto.getRandomValues(new Uint8Array(32)))
  await kms.incidents.declare('compromise', { keys: ['a'], version: 1 }, { reason: 'x' })
  expect(await stateOf(kms, 'a')).toEqual(['compromised', 'destroyed', 'pre-active', 'active primary'])
})

test('a key that was disabled stays so when somebody leaves: its version comes back retired, and a person rotates', async () => {
  const { kms } = await newKms()
  await kms.keys.create('a')
  await kms.keys.disable('a')
  const scope = { keys: ['a'], retireNow: true }
  expect((await kms.incidents.plan('departure', scope)).keys).toMatchObject([
    { rotates: false, versions: [{ version: '1', state: 'suspended', becomes: 'suspended' }] },
  ])
  await kms.incidents.declare('departure', scope, { reason: 'M. leaves' })
  expect(await stateOf(kms, 'a')).toEqual(['suspended'])
  await kms.keys.enable('a')
  expect(await stateOf(kms, 'a')).toEqual(['deactivated'])
  expect((await kms.keys.rotate('a')).primary).toBe('2')
})

test('a repeated request makes one incident; a reason and keys are asked for', async () => {
  const { kms } = await newKms()
  await kms.keys.create('a')
  const requestId = crypto.randomUUID()
  const first = await kms.incidents.declare('regulation', { keys: 'all' }, { reason: 'a new rule', requestId })
  const again = await kms.incidents.declare('regulation', { keys: 'all' }, { reason: 'a new rule', requestId })
  expect(again.id).toBe(first.id)
  expect(await stateOf(kms, 'a')).toEqual(['active', 'active primary'])
  expect(await codeOf(() => kms.incidents.declare('regulation', { keys: 'all' }, { reason: '' }))).toBe(
    'invalid-argument',
  )
  expect(await codeOf(() => kms.incidents.declare('regulation', { keys: ['b'] }, { reason: 'x' }))).toBe(
    'key-not-found',
  )
  expect(await codeOf(() => kms.incidents.plan('regulation', { keys: ['a'], version: 1 }))).toBe('invalid-argument')
  expect(await codeOf(() => kms.incidents.plan('compromise', { keys: ['a'], version: 9 }))).toBe('version-lost')
  expect(await codeOf(() => kms.incidents.plan('fire' as 'regulation', { keys: ['a'] }))).toBe('invalid-argument')
  await kms.close()
})

test.each([1, 2, 3])('interrupted after %i commits it is gone on with: each key once', async (after) => {
  const { kms, store } = await newKms()
  const names = ['a', 'b', 'c']
  for (const name of names) await kms.keys.create(name)
  let commits = 0
  const dying: KeyStore = {
    read: (ids) => store.read(ids),
    list: (kind, prefix, from, limit) => store.list(kind, prefix, from, limit),
    async commit(commit) {
      if (++commits > after) throw new KmsError('store-unavailable', 'Gone.')
      return store.commit(commit)
    },
    watch: (signal) => store.watch(signal),
    close: async () => {},
  }
  const victim = await Kms.open({ ...parts(dying), root: root() })
  expect(await codeOf(() => victim.incidents.declare('compromise', { keys: 'all' }, { reason: 'x' }))).toBe(
    'store-unavailable',
  )
  const [incident] = await kms.incidents.list()
  expect(incident?.left.length).toBe(names.length - after + 1)
  const finding = async () => (await kms.doctor()).find(({ check }) => check === 'incidents')
  expect(await finding()).toMatchObject({ status: 'fail', message: expect.stringContaining(incident?.id ?? '') })
  expect((await kms.incidents.resume(incident?.id ?? '')).left).toEqual([])
  for (const name of names) expect(await stateOf(kms, name)).toEqual(['compromised', 'active primary'])
  expect(await finding()).toMatchObject({ status: 'pass' })
  await kms.close()
})

test('a key of very many versions is marked whole, and ends with one new primary', async () => {
  const { kms } = await newKms()
  await kms.keys.create('a')
  for (let i = 0; i < 260; i++) await kms.keys.importVersion('a', crypto.getRandomValues(new Uint8Array(32)))
  await kms.incidents.declare('compromise', { keys: ['a'] }, { reason: 'x' })
  const states = await stateOf(kms, 'a')
  expect(states.slice(0, 261)).toEqual(Array.from({ length: 261 }, () => 'compromised'))
  expect(states.slice(261)).toEqual(['active primary'])
  await kms.close()
}, 120_000)

describe('a key that has no primary', () => {
  test.each([
    ['a compromise of an old version', 'compromise', { keys: ['a'], version: 1 }, ['compromised', 'deactivated']],
    ['a compromise of all', 'compromise', { keys: ['a'] }, ['compromised', 'compromised']],
    ['a departure', 'departure', { keys: ['a'] }, ['deactivated', 'deactivated']],
  ] as const)('stays without one after %s', async (_, trigger, scope, after) => {
    const { kms } = await newKms()
    await kms.keys.create('a')
    await kms.keys.rotate('a')
    await kms.keys.retire('a', 1)
    await kms.keys.retire('a', 2)
    expect((await kms.incidents.plan(trigger, scope)).keys).toMatchObject([{ rotates: false }])
    expect((await kms.incidents.declare(trigger, scope, { reason: 'x' })).left).toEqual([])
    expect(await stateOf(kms, 'a')).toEqual(after)
    expect((await kms.keys.show('a')).primary).toBe(null)
  })

  test.each(['compromise', 'departure'] as const)(
    'and was getting one gets another after a %s: what was under way was there before',
    async (trigger) => {
      const { kms, store } = await newKms()
      await kms.keys.create('a')
      await kms.keys.retire('a', 1)
      const dead = interposed(store, 2, () => Promise.reject(new Error('gone')))
      const victim = await Kms.open({ ...parts(dead), root: root() })
      await expect(victim.keys.rotate('a')).rejects.toThrow('gone')
      await kms.incidents.declare(trigger, { keys: ['a'] }, { reason: 'x' })
      expect((await kms.keys.show('a')).primary).toBe('3')
    },
  )
})

describe('a compromise whose new version cannot be made', () => {
  /** Slots of a machine that computes something else for the test's known material, as long as `broken.now`. */
  function failing(slots: KeySlots, broken: { now: boolean }): KeySlots {
    return new Proxy(slots, {
      get(target, name) {
        const value = Reflect.get(target, name) as unknown
        if (typeof value !== 'function') return value
        return (...given: unknown[]) => {
          const [bytes] = given
          const known = bytes instanceof Uint8Array && bytes.every((byte, i) => byte === i)
          if (name === 'importKey' && broken.now && known) bytes.fill(7)
          return value.apply(target, given)
        }
      },
    })
  }

  test('revokes all the same, says so, and is gone on with; what a person made meanwhile stays', async () => {
    const broken = { now: false }
    const { kms } = await newKms({ slots: failing(createWasmKeySlots(), broken) })
    const ids: string[] = []
    for (const name of ['a', 'b']) ids.push((await kms.keys.create(name)).id)
    broken.now = true
    const declared = kms.incidents.declare('compromise', { keys: ['a', 'b'] }, { reason: 'x' })
    const error = await declared.catch((thrown: unknown) => thrown as KmsError)
    expect(error).toMatchObject({ code: 'internal', message: expect.stringMatching(/"a" is revoked.*no primary/) })
    for (const name of ['a', 'b']) {
      expect(await stateOf(kms, name)).toEqual(['compromised'])
      expect(await codeOf(() => kms.encrypt('x', { key: name, context }))).toBe('no-primary-version')
    }
    const [incident] = await kms.incidents.list()
    expect(incident).toMatchObject({ left: ids, withoutPrimary: ids })
    const finding = (await kms.doctor()).find(({ check }) => check === 'incidents')
    expect(finding).toMatchObject({ status: 'fail', message: expect.stringContaining('2 without a primary') })
    expect(await codeOf(() => kms.incidents.resume(incident?.id ?? ''))).toBe('internal')
    broken.now = false
    await kms.keys.rotate('a')
    expect(await kms.incidents.resume(incident?.id ?? '')).toMatchObject({ left: [], withoutPrimary: [] })
    for (const name of ['a', 'b']) expect(await stateOf(kms, name)).toEqual(['compromised', 'active primary'])
  })

  test('is foreseen where no number is left', () => {
    const key = { key: 'id', name: 'a', primary: 1, newest: [65_535] } as unknown as KeyRecord
    const version = { number: 1, state: 'active' } as VersionRecord
    const treatment = { trigger: 'compromise', version: undefined, retireNow: false, incarnation: 0 } as const
    expect(affectedKey({ key, pending: 0 }, [version], treatment)).toMatchObject({
      rotates: false,
      obstacle: expect.stringContaining('65,535'),
      versions: [{ becomes: 'compromised' }],
    })
    expect(affectedKey({ key, pending: 0 }, [version], { ...treatment, incarnation: 1 })).toMatchObject({
      rotates: true,
      obstacle: '',
    })
  })
})
