import { describe, expect, test } from 'vitest'
import { Kms } from '../../src/index.ts'
import { testClock } from '../../src/testing/index.ts'
import { codeOf, newKms, parts, root } from '../kms/memory-kms.ts'
import { interposed } from './interposed.ts'

const clock = testClock()

/** A key, and a process to which something happens just before its nth commit. */
async function racing(nth: number, happens: (kms: Kms) => Promise<unknown>): Promise<{ kms: Kms; other: Kms }> {
  const { kms, store } = await newKms(clock)
  await kms.keys.create('k')
  const other = await Kms.open({
    ...parts(
      interposed(store, nth, () => happens(kms)),
      clock,
    ),
    root: root(),
  })
  return { kms, other }
}

const firstRotation = async (kms: Kms): Promise<string> => (await kms.rotations.list())[0]?.id ?? ''

describe('a rotation whose version is lost before it is the primary', () => {
  test.each(['rotate', 'start'] as const)('%s says so', async (verb) => {
    const { kms, other } = await racing(2, () => kms.keys.compromise('k', 2))
    expect(await codeOf(() => other.rotations[verb]('k'))).toBe('conflict')
    expect(await kms.keys.show('k')).toMatchObject({ primary: '1', versions: [{}, { state: 'compromised' }] })
    expect((await kms.keys.rotate('k')).primary).toBe('3')
  })

  test('as it does when somebody takes it back', async () => {
    const { kms, other } = await racing(2, async () => kms.rotations.rollback(await firstRotation(kms)))
    expect(await codeOf(() => other.keys.rotate('k'))).toBe('conflict')
    expect((await kms.keys.show('k')).primary).toBe('1')
  })
})

describe('beside another change', () => {
  test('a rotation is taken back all the same', async () => {
    const { kms, other } = await racing(1, async () => {
      await kms.rotations.shorten(await firstRotation(kms), { days: 3, reason: 'sooner' })
    })
    await kms.keys.rotate('k')
    const id = await firstRotation(kms)
    expect(await other.rotations.rollback(id)).toMatchObject({ step: 'rolled-back' })
    expect((await kms.keys.show('k')).primary).toBe('1')
  })

  test('a transition is shortened all the same', async () => {
    const { kms, other } = await racing(1, async () => {
      await kms.rotations.shorten(await firstRotation(kms), { days: 3, reason: 'sooner' })
    })
    await kms.keys.rotate('k')
    expect(await other.rotations.shorten(await firstRotation(kms), { reason: 'now' })).toMatchObject({ step: 'retire' })
  })

  test('a transition that another process ended is not shortened: that is said', async () => {
    const { kms, other } = await racing(1, async () => {
      await kms.rotations.shorten(await firstRotation(kms), { reason: 'now' })
    })
    await kms.keys.rotate('k')
    const id = await firstRotation(kms)
    expect(await codeOf(() => other.rotations.shorten(id, { days: 1, reason: 'sooner' }))).toBe('invalid-transition')
    expect(await codeOf(() => other.rotations.rollback(id))).toBe('invalid-transition')
  })
})

test('a rotation to a named version is not mistaken for the one that is under way', async () => {
  const { kms, store } = await newKms(clock)
  await kms.keys.create('k')
  const { version } = await kms.keys.importVersion('k', crypto.getRandomValues(new Uint8Array(32)))
  const dead = interposed(store, 2, () => Promise.reject(new Error('gone')))
  const victim = await Kms.open({ ...parts(dead, clock), root: root() })
  await expect(victim.keys.rotate('k')).rejects.toThrow('gone')
  expect(await codeOf(() => kms.rotations.rotate('k', { to: version }))).toBe('conflict')
  expect((await kms.keys.show('k')).primary).toBe('1')
  expect((await kms.rotations.rotate('k', { to: 3 })).primary).toBe('3')
  expect((await kms.rotations.rotate('k', { to: version })).primary).toBe('2')
})
