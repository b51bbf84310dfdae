import { describe, expect, test } from 'vitest'
import { Kms, type MemoryStore } from '../../src/index.ts'
import { testClock } from '../../src/testing/index.ts'
import { codeOf, newKms, parts, root } from '../kms/memory-kms.ts'
import { interposed } from './interposed.ts'

const context = { table: 'users' }
const day = 86_400_000

/** A key whose rotation to version 2 was begun, and then its primary was disabled, just before the primary would have moved. */
async function disabledMeanwhile(): Promise<{ kms: Kms; store: MemoryStore; outcome: string }> {
  const clock = testClock()
  const { kms, store } = await newKms(clock)
  await kms.keys.create('k', { rotationDays: 90 })
  const between = interposed(store, 2, () => kms.keys.disable('k'))
  const other = await Kms.open({ ...parts(between, clock), root: root() })
  const outcome = await codeOf(() => other.keys.rotate('k'))
  await other.close()
  return { kms, store, outcome }
}

const sealing = (kms: Kms): Promise<string> => codeOf(() => kms.encrypt('x', { key: 'k', context }))

describe('a key whose primary is disabled', () => {
  test('is due, says why a person is asked, and gets no new primary from the work', async () => {
    const clock = testClock()
    const { kms } = await newKms(clock)
    await kms.keys.create('k', { rotationDays: 90 })
    await kms.keys.disable('k', 1, { reason: 'is the laptop lost?' })
    clock.advance(100 * day)
    expect(await kms.due()).toEqual([
      expect.objectContaining({ kind: 'rotate', automatic: false, reason: expect.stringContaining('disabled') }),
    ])
    const report = await kms.work()
    expect(report).toMatchObject({ done: [], failed: [], left: [{ kind: 'rotate', key: 'k' }] })
    expect((await kms.keys.show('k')).versions.map(({ state }) => state)).toEqual(['suspended'])
    expect(await sealing(kms)).toBe('key-disabled')
  })

  test('is not rotated until somebody enables, retires or marks it', async () => {
    const { kms } = await newKms()
    await kms.keys.create('k')
    await kms.keys.disable('k')
    expect(await codeOf(() => kms.keys.rotate('k'))).toBe('key-disabled')
    expect((await kms.keys.show('k')).versions.length).toBe(1)
    await kms.keys.retire('k', 1)
    expect((await kms.keys.rotate('k')).primary).toBe('2')
  })

  test('stops a rotation that was begun before: nothing moves its primary but enabling it', async () => {
    const { kms, outcome } = await disabledMeanwhile()
    expect(outcome).toBe('key-disabled')
    expect(await sealing(kms)).toBe('key-disabled')
    const [waiting] = await kms.rotations.list()
    expect(waiting).toMatchObject({ step: 'distribute', waitsFor: expect.stringContaining('disabled') })
    const id = waiting?.id ?? ''
    expect(await codeOf(() => kms.rotations.resume(id))).toBe('key-disabled')
    expect(await codeOf(() => kms.keys.rotate('k'))).toBe('key-disabled')
    const due = await kms.due()
    expect(due).toMatchObject([{ kind: 'resume', automatic: false, reason: expect.stringContaining('disabled') }])
    expect(await kms.work()).toMatchObject({ done: [], failed: [], left: due })
    expect(await kms.keys.show('k')).toMatchObject({ primary: '1', versions: [{ state: 'suspended' }, {}] })
    await kms.keys.enable('k')
    expect(await kms.rotations.resume(id)).toMatchObject({ step: 'dual-operation' })
    expect(await sealing(kms)).toBe('no error')
  })

  test('a rotation of a key that has lost its primary is left to a person, too', async () => {
    const { kms, store } = await disabledMeanwhile()
    await kms.keys.compromise('k', 1)
    expect(await kms.due()).toMatchObject([{ kind: 'resume', automatic: false }, { kind: 'no-primary' }])
    expect((await kms.work()).done).toEqual([])
    expect(await sealing(kms)).toBe('no-primary-version')
    const between = interposed(store, 1, async () => {})
    await using person = await Kms.open({ ...parts(between), root: root() })
    expect((await person.keys.rotate('k')).primary).toBe('2')
  })
})

describe('a version that is disabled', () => {
  test('when its transition ends is retired: enabled, it opens what it sealed and nothing more', async () => {
    const clock = testClock()
    const { kms } = await newKms(clock)
    await kms.keys.create('k')
    const old = await kms.encrypt('old', { key: 'k', context })
    await kms.keys.rotate('k')
    await kms.keys.disable('k', 1)
    clock.advance(31 * day)
    const [rotation] = await kms.rotations.list()
    expect(await kms.rotations.resume(rotation?.id ?? '', { wait: true })).toMatchObject({ step: 'done' })
    expect((await kms.keys.version('k', 1)).state).toBe('suspended')
    await kms.keys.enable('k', 1)
    expect((await kms.keys.version('k', 1)).state).toBe('deactivated')
    expect(await kms.decryptText(old, { key: 'k', context })).toBe('old')
  })

  test('stays disabled when its rotation is taken back', async () => {
    const { kms } = await newKms(testClock())
    await kms.keys.create('k')
    await kms.keys.rotate('k')
    const young = await kms.encrypt('young', { key: 'k', context })
    await kms.keys.disable('k', 2)
    const [rotation] = await kms.rotations.list()
    await kms.rotations.rollback(rotation?.id ?? '')
    expect(await kms.keys.show('k')).toMatchObject({
      primary: '1',
      versions: [{ state: 'active' }, { state: 'suspended' }],
    })
    expect(await codeOf(() => kms.decrypt(young, { key: 'k', context }))).toBe('key-disabled')
    await kms.keys.enable('k', 2)
    expect((await kms.keys.version('k', 2)).state).toBe('deactivated')
  })
})
