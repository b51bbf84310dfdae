import { describe, expect, test } from 'vitest'
import { type KeyStore, Kms, KmsError, type MemoryStore } from '../../src/index.ts'
import { codeOf, newKms, openKms, parts, root } from '../kms/memory-kms.ts'

const context = { table: 'users' }
const day = 86_400_000

/** A clock that is put forward, and waits that take no time. */
function clock(): { at: number; readonly waited: number[]; readonly parts: object } {
  const given = { at: Date.UTC(2026, 0, 1), waited: [] as number[] }
  const pause = async (milliseconds: number): Promise<void> => void given.waited.push(milliseconds)
  return Object.assign(given, { parts: { wall: () => given.at, pause } })
}

describe('the six steps', () => {
  test('rotating moves the primary, and says what comes next; the end of the transition retires the old version', async () => {
    const time = clock()
    const { kms } = await newKms(time.parts)
    await kms.keys.create('k')
    const old = await kms.encrypt('old', { key: 'k', context })
    const key = await kms.keys.rotate('k', { reason: 'yearly' })
    expect(key).toMatchObject({ primary: '2', versions: [{ state: 'active' }, { state: 'active', primary: true }] })
    const [rotation] = await kms.rotations.list({ key: 'k' })
    expect(rotation).toMatchObject({
      from: '1',
      to: '2',
      step: 'dual-operation',
      trigger: 'request',
      reason: 'yearly',
      transitionUntil: new Date(time.at + 30 * day),
      waitsFor: expect.stringContaining('2026-01-31'),
    })
    expect(rotation?.history.map(({ step }) => step)).toEqual(['generate', 'distribute'])
    const { id } = rotation as { id: string }
    expect((await kms.rotations.resume(id)).step).toBe('dual-operation')
    time.at += 30 * day
    expect(await kms.rotations.resume(id)).toMatchObject({
      step: 'retire',
      waitsFor: expect.stringContaining('leases'),
    })
    expect((await kms.keys.show('k')).versions[0]).toMatchObject({
      state: 'deactivated',
      primaryUntil: new Date(2026, 0, 1, 0),
    })
    const done = await kms.rotations.resume(id, { wait: true })
    expect(time.waited).toEqual([33_000])
    expect(done.step).toBe('done')
    expect(done.history.map(({ step }) => step)).toEqual([
      'generate',
      'distribute',
      'dual-operation',
      're-encrypt',
      'retire',
      'destroy',
    ])
    expect(await kms.decryptText(old, { key: 'k', context })).toBe('old')
    expect(await kms.rotations.list()).toEqual([])
    expect((await kms.rotations.list({ all: true })).map((one) => one.id)).toEqual([id])
  })

  test('a transition is shortened for a reason, which the rotation records', async () => {
    const { kms } = await newKms(clock().parts)
    await kms.keys.create('k')
    await kms.keys.rotate('k')
    const [rotation] = await kms.rotations.list()
    const { id } = rotation as { id: string }
    expect(await codeOf(() => kms.rotations.shorten(id, { reason: '' }))).toBe('invalid-argument')
    const shorter = await kms.rotations.shorten(id, { reason: 'all writers restarted', days: 2 })
    expect(shorter).toMatchObject({ step: 'dual-operation', transitionUntil: new Date(Date.UTC(2026, 0, 3)) })
    const ended = await kms.rotations.shorten(id, { reason: 'audit' })
    expect(ended.step).toBe('retire')
    expect(ended.history.map(({ note }) => note).join('\n')).toMatch(/all writers restarted[\s\S]*audit/)
    expect(await codeOf(() => kms.rotations.shorten(id, { reason: 'again' }))).toBe('invalid-transition')
  })

  test('a key without a primary is rotated: nothing has to be retired', async () => {
    const { kms } = await newKms(clock().parts)
    await kms.keys.create('k')
    await kms.keys.retire('k', 1)
    expect((await kms.keys.rotate('k')).primary).toBe('2')
    expect(await kms.rotations.list()).toEqual([])
    expect((await kms.rotations.list({ all: true }))[0]).toMatchObject({ from: null, to: '2', step: 'done' })
  })
})

describe('taking a rotation back', () => {
  test('until retirement the primary moves back, and what the new version sealed still opens', async () => {
    const { kms } = await newKms(clock().parts)
    await kms.keys.create('k')
    await kms.keys.rotate('k')
    const young = await kms.encrypt('young', { key: 'k', context })
    const [rotation] = await kms.rotations.list()
    const { id } = rotation as { id: string }
    expect(await kms.rotations.rollback(id, { reason: 'a reader cannot' })).toMatchObject({ step: 'rolled-back' })
    const key = await kms.keys.show('k')
    expect(key.primary).toBe('1')
    expect(key.versions.map(({ state }) => state)).toEqual(['active', 'deactivated'])
    expect(await kms.decryptText(young, { key: 'k', context })).toBe('young')
    expect((await kms.encrypt('x', { key: 'k', context }))[26]).toBe(1)
    expect((await kms.rotations.rollback(id)).step).toBe('rolled-back')
    expect((await kms.keys.rotate('k')).primary).toBe('3')
  })

  test('after retirement, or after a later rotation, it is too late', async () => {
    const time = clock()
    const { kms } = await newKms(time.parts)
    await kms.keys.create('k')
    await kms.keys.rotate('k')
    const [first] = await kms.rotations.list()
    await kms.keys.rotate('k')
    expect(await codeOf(() => kms.rotations.rollback((first as { id: string }).id))).toBe('invalid-transition')
    time.at += 31 * day
    const [second] = await kms.rotations.list()
    await kms.rotations.resume((second as { id: string }).id)
    expect(await codeOf(() => kms.rotations.rollback((second as { id: string }).id))).toBe('invalid-transition')
  })

  test('a version that was disabled or compromised does not become the primary again', async () => {
    const { kms } = await newKms(clock().parts)
    await kms.keys.create('k')
    await kms.keys.rotate('k')
    const [rotation] = await kms.rotations.list()
    await kms.keys.compromise('k', 1)
    expect(await codeOf(() => kms.rotations.rollback((rotation as { id: string }).id))).toBe('invalid-transition')
    expect((await kms.keys.show('k')).primary).toBe('2')
  })
})

/** A store that dies: of each commit from the nth on it is not known whether it was done, and it was done or not. */
function dying(store: KeyStore, after: number, done: boolean): KeyStore {
  let commits = 0
  const gone = (): KmsError => new KmsError('store-unavailable', 'The machine is gone.')
  const alive = (): void => {
    if (commits > after) throw gone()
  }
  return {
    async read(ids) {
      alive()
      return store.read(ids)
    },
    async list(kind, prefix, from, limit) {
      alive()
      return store.list(kind, prefix, from, limit)
    },
    async commit(commit) {
      alive()
      if (++commits <= after) return store.commit(commit)
      if (done) await store.commit(commit)
      throw gone()
    },
    watch: (signal) => store.watch(signal),
    close: async () => {},
  }
}

describe.each([true, false])('killed at a commit that %s done', (done) => {
  test.each([0, 1, 2])('number %i of a rotation, it is gone on with by whoever comes next', async (after) => {
    const time = clock()
    const { kms, store } = await newKms(time.parts)
    await kms.keys.create('k')
    const envelope = await kms.encrypt('old', { key: 'k', context })
    const victim = await Kms.open({ ...parts(dying(store, after, done), time.parts), root: root() })
    const outcome = await codeOf(() => victim.keys.rotate('k'))
    if (after < 2) expect(outcome).toBe('store-unavailable')
    await whole(store)
    // Whatever stands there, a rotation begun by another process ends with a primary that seals, and all opens.
    const heir = await openKms(store, time.parts)
    const key = await heir.keys.rotate('k')
    expect(key.primary).not.toBe('1')
    expect(key.versions.filter(({ state }) => state === 'pre-active')).toEqual([])
    expect(await heir.decryptText(envelope, { key: 'k', context })).toBe('old')
    time.at += 31 * day
    for (const { id } of await heir.rotations.list()) await heir.rotations.resume(id, { wait: true })
    expect(await heir.rotations.list()).toEqual([])
    const { versions, primary } = await heir.keys.show('k')
    expect(versions.filter(({ state }) => state === 'active').map(({ label }) => label)).toEqual([primary])
    await heir.close()
  })

  test.each([0, 1])('number %i of a retirement', async (after) => {
    const time = clock()
    const { kms, store } = await newKms(time.parts)
    await kms.keys.create('k')
    await kms.keys.rotate('k')
    const [rotation] = await kms.rotations.list()
    const { id } = rotation as { id: string }
    time.at += 31 * day
    const victim = await Kms.open({ ...parts(dying(store, after, done), time.parts), root: root() })
    await codeOf(() => victim.rotations.resume(id, { wait: true }))
    await whole(store)
    const ended = await kms.rotations.resume(id, { wait: true })
    expect(ended.step).toBe('done')
    expect(ended.history.map(({ step }) => step).filter((step, at, all) => all.indexOf(step) === at)).toEqual([
      'generate',
      'distribute',
      'dual-operation',
      're-encrypt',
      'retire',
      'destroy',
    ])
    expect((await kms.keys.show('k')).versions[0]?.state).toBe('deactivated')
  })
})

async function whole(store: MemoryStore): Promise<void> {
  const kms = await openKms(store)
  const findings = await kms.doctor()
  expect(findings.filter(({ check, status }) => status === 'fail' && check !== 'due-work')).toEqual([])
  await kms.close()
}

test('a rotation begun is joined, not doubled: two processes that rotate at once make one version', async () => {
  const time = clock()
  const { kms, store } = await newKms(time.parts)
  await kms.keys.create('k')
  const victim = await Kms.open({ ...parts(dying(store, 1, false), time.parts), root: root() })
  expect(await codeOf(() => victim.keys.rotate('k'))).toBe('store-unavailable')
  expect((await kms.keys.show('k')).versions.map(({ state }) => state)).toEqual(['active', 'pre-active'])
  const [waiting] = await kms.rotations.list()
  expect(waiting).toMatchObject({ step: 'distribute', to: '2' })
  expect((await kms.keys.rotate('k')).primary).toBe('2')
  expect((await kms.keys.show('k')).versions.length).toBe(2)
})

test('before the primary moved, taking back destroys the version that nothing used', async () => {
  const time = clock()
  const { kms, store } = await newKms(time.parts)
  await kms.keys.create('k')
  const victim = await Kms.open({ ...parts(dying(store, 1, false), time.parts), root: root() })
  await codeOf(() => victim.keys.rotate('k'))
  const [waiting] = await kms.rotations.list()
  await kms.rotations.rollback((waiting as { id: string }).id)
  expect(await kms.keys.show('k')).toMatchObject({
    primary: '1',
    versions: [{ state: 'active' }, { state: 'destroyed' }],
  })
  expect((await kms.keys.rotate('k')).primary).toBe('3')
})

/** A key whose rotation to version 2 was interrupted before the primary moved. */
async function interrupted(): Promise<{ kms: Kms; store: MemoryStore; id: string }> {
  const time = clock()
  const { kms, store } = await newKms(time.parts)
  await kms.keys.create('k')
  const victim = await Kms.open({ ...parts(dying(store, 1, false), time.parts), root: root() })
  await codeOf(() => victim.keys.rotate('k'))
  const [waiting] = await kms.rotations.list()
  return { kms, store, id: (waiting as { id: string }).id }
}

describe.each(['compromise', 'destroy'] as const)('a version in waiting that was marked by %s', (verb) => {
  const state = { compromise: 'compromised', destroy: 'destroyed' }[verb]

  test('never becomes the primary: its rotation ends, and says why', async () => {
    const { kms, store, id } = await interrupted()
    // A process that holds the key, and will never have the version.
    await using other = await openKms(store)
    const held = await other.use('k')
    await kms.keys[verb]('k', 2)
    const ended = await kms.rotations.resume(id)
    expect(ended.step).toBe('rolled-back')
    expect(ended.history.at(-1)?.note).toContain(state)
    expect(await kms.keys.show('k')).toMatchObject({ primary: '1', versions: [{ state: 'active' }, { state }] })
    held.release()
  })

  test('does not stand in the way of the next rotation', async () => {
    const { kms, id } = await interrupted()
    await kms.keys[verb]('k', 2)
    expect(await kms.keys.rotate('k')).toMatchObject({
      primary: '3',
      versions: [{ state: 'active' }, { state }, { state: 'active' }],
    })
    expect((await kms.rotations.show(id)).step).toBe('rolled-back')
  })
})

test('a rotation retires the version that it replaced, should the primary have moved since it began', async () => {
  const time = clock()
  const { kms, store } = await newKms(time.parts)
  await kms.keys.create('k')
  await kms.keys.rotate('k')
  const [first] = await kms.rotations.list()
  const victim = await Kms.open({ ...parts(dying(store, 1, false), time.parts), root: root() })
  await codeOf(() => victim.keys.rotate('k'))
  await kms.rotations.rollback((first as { id: string }).id)
  expect((await kms.keys.rotate('k')).primary).toBe('3')
  const [second] = await kms.rotations.list()
  expect(second).toMatchObject({ from: '1', to: '3' })
  time.at += 31 * day
  await kms.rotations.resume((second as { id: string }).id, { wait: true })
  expect((await kms.keys.show('k')).versions.map(({ state }) => state)).toEqual([
    'deactivated',
    'deactivated',
    'active',
  ])
})
