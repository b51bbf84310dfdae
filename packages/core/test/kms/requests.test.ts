import { describe, expect, test } from 'vitest'
import { type KeyStore, type Kms, KmsError, type MemoryStore } from '../../src/index.ts'
import { interposed } from '../rotation/interposed.ts'
import { codeOf, newKms, openKms, shared } from './memory-kms.ts'

const id = (): string => crypto.randomUUID()

async function twoKeys(): Promise<Kms> {
  const { kms } = await newKms()
  for (const name of ['a', 'b']) await kms.keys.create(name)
  await kms.keys.create('mac', { purpose: 'mac' })
  await kms.keys.rotate('mac')
  await kms.keys.retire('mac', 1)
  return kms
}

describe('a request id stands for one call with its arguments', () => {
  const calls: Readonly<Record<string, (kms: Kms, requestId: string) => readonly (() => Promise<unknown>)[]>> = {
    create: ({ keys }, requestId) => [
      () => keys.create('c', { requestId, description: 'one' }),
      () => keys.create('c', { requestId, description: 'another' }),
    ],
    rotate: ({ keys }, requestId) => [
      () => keys.rotate('a', { requestId }),
      () => keys.rotate('b', { requestId }),
      () => keys.rotate('a', { requestId, reason: 'another' }),
    ],
    disable: ({ keys }, requestId) => [
      () => keys.disable('a', 1, { requestId }),
      () => keys.disable('b', 1, { requestId }),
      () => keys.disable('a', undefined, { requestId }),
    ],
    compromise: ({ keys }, requestId) => [
      () => keys.compromise('a', 1, { requestId }),
      () => keys.compromise('a', 1, { requestId, since: new Date('2026-01-01') }),
    ],
    policy: ({ keys }, requestId) => [
      () => keys.setPolicy('a', { requestId, rotationDays: 30 }),
      () => keys.setPolicy('a', { requestId, rotationDays: 31 }),
    ],
    rename: ({ keys }, requestId) => [
      () => keys.rename('a', 'c d', { requestId }),
      () => keys.rename('a c', 'd', { requestId }),
    ],
    destroy: ({ keys }, requestId) => [
      () => keys.destroy('mac', 1, { requestId, reason: 'a. b', declaration: 'c' }),
      () => keys.destroy('mac', 1, { requestId, reason: 'a', declaration: 'b. c' }),
      () => keys.destroy('mac', 1, { requestId, reason: 'a. b. c' }),
    ],
    incident: ({ incidents }, requestId) => [
      () => incidents.declare('departure', { keys: ['a'] }, { requestId, reason: 'x' }),
      () => incidents.declare('departure', { keys: ['b'] }, { requestId, reason: 'x' }),
      () => incidents.declare('departure', { keys: ['a'], retireNow: true }, { requestId, reason: 'x' }),
      () => incidents.declare('departure', { keys: ['a'] }, { requestId, reason: 'y' }),
    ],
  }

  test.each(Object.keys(calls))('%s: with others it is refused', async (name) => {
    const kms = await twoKeys()
    const [first, ...others] = (calls[name] as (typeof calls)[string])(kms, id())
    await first?.()
    await first?.()
    for (const other of others) expect(await codeOf(other)).toBe('conflict')
    expect((await kms.keys.show('b')).versions).toMatchObject([{ state: 'active', primary: true }])
  })

  test('a transition is not shortened by other days under the same id', async () => {
    const kms = await twoKeys()
    await kms.keys.rotate('a')
    const [rotation] = await kms.rotations.list()
    const requestId = id()
    const shorten = (days: number) => kms.rotations.shorten(rotation?.id ?? '', { reason: 'x', days, requestId })
    await shorten(10)
    expect((await shorten(10)).step).toBe('dual-operation')
    expect(await codeOf(() => shorten(5))).toBe('conflict')
  })
})

describe('a request that is repeated', () => {
  test('gives the rotation that it began, whatever came after it', async () => {
    const kms = await twoKeys()
    const requestId = id()
    const first = await kms.rotations.start('a', { requestId })
    const later = await kms.rotations.start('a')
    expect(later.id).not.toBe(first.id)
    expect((await kms.rotations.start('a', { requestId })).id).toBe(first.id)
    expect((await kms.keys.show('a')).primary).toBe('3')
  })

  test('gives the incident that it declared, though another one is just like it', async () => {
    const kms = await twoKeys()
    const requestId = id()
    const scope = { keys: ['a'] }
    const first = await kms.incidents.declare('departure', scope, { reason: 'x', requestId })
    await kms.incidents.declare('departure', scope, { reason: 'x' })
    expect((await kms.incidents.declare('departure', scope, { reason: 'x', requestId })).id).toBe(first.id)
    expect((await kms.keys.show('a')).primary).toBe('3')
  })
})

describe('a change of all versions that takes several commits', () => {
  const versions = 520
  async function interrupted(after: number): Promise<{ kms: Kms; store: MemoryStore; requestId: string }> {
    const { kms, store } = await newKms()
    await kms.keys.create('a')
    for (let i = 1; i < versions; i++) await kms.keys.importVersion('a', crypto.getRandomValues(new Uint8Array(32)))
    const gone = (): Promise<never> => Promise.reject(new KmsError('closed', 'gone'))
    const victim = await openKms(interposed(store, after + 1, gone))
    const requestId = id()
    expect(await codeOf(() => victim.keys.compromise('a', undefined, { requestId }))).toBe('closed')
    return { kms, store, requestId }
  }
  const statesOf = async (kms: Kms): Promise<Readonly<Record<string, number>>> => {
    const counts: Record<string, number> = {}
    for (const { state } of (await kms.keys.show('a')).versions) counts[state] = (counts[state] ?? 0) + 1
    return counts
  }

  test.each([1, 2])(
    'goes on where it was, interrupted after %i, and reaches no version made since [C-84]',
    async (after) => {
      const { kms, requestId } = await interrupted(after)
      expect(await statesOf(kms)).toMatchObject({ compromised: after * 250 })
      await kms.keys.rotate('a')
      await kms.keys.importVersion('a', crypto.getRandomValues(new Uint8Array(32)))
      await kms.keys.compromise('a', undefined, { requestId })
      expect(await statesOf(kms)).toEqual({ compromised: versions, active: 1, 'pre-active': 1 })
      await kms.keys.compromise('a', undefined, { requestId })
      expect(await statesOf(kms)).toEqual({ compromised: versions, active: 1, 'pre-active': 1 })
    },
    120_000,
  )

  test('does not undo what was done meanwhile to those that it had reached', async () => {
    const { kms, store } = await newKms()
    await kms.keys.create('a')
    for (let i = 1; i < 300; i++) {
      await kms.keys.rotate('a', { urgent: true })
    }
    const gone = (): Promise<never> => Promise.reject(new KmsError('closed', 'gone'))
    const victim = await openKms(interposed(store, 2, gone))
    const requestId = id()
    expect(await codeOf(() => victim.keys.disable('a', undefined, { requestId }))).toBe('closed')
    expect(await statesOf(kms)).toEqual({ suspended: 250, active: 50 })
    await kms.keys.enable('a', undefined)
    await kms.keys.disable('a', undefined, { requestId })
    expect(await statesOf(kms)).toEqual({ suspended: 50, active: 250 })
    await kms.keys.enable('a', undefined)
    await kms.keys.disable('a', undefined, { requestId })
    expect(await statesOf(kms)).toEqual({ active: 300 })
  }, 120_000)
})

describe('a call whose request nobody repeats', () => {
  /** Tells of the calls of a store, and may lose the answer to a commit. */
  function told(store: MemoryStore): { readonly store: KeyStore; readonly calls: string[]; lose: boolean } {
    const calls: string[] = []
    const watched: ReturnType<typeof told> = {
      calls,
      lose: false,
      store: {
        ...shared(store),
        async read(ids) {
          calls.push('read')
          return store.read(ids)
        },
        async commit(commit) {
          calls.push('commit')
          const result = await store.commit(commit)
          if (watched.lose) throw new KmsError('store-unavailable', 'The answer was lost.')
          return result
        },
      },
    }
    return watched
  }

  test('is one reading and one commit', async () => {
    const { store } = await newKms()
    const watched = told(store)
    const kms = await openKms(watched.store)
    watched.calls.length = 0
    await kms.keys.create('a')
    await kms.keys.create('b')
    expect(watched.calls).toEqual(['read', 'commit', 'read', 'commit'])
  })

  test('is done once where the answer to its commit was lost', async () => {
    const { store } = await newKms()
    const watched = told(store)
    const kms = await openKms(watched.store)
    watched.lose = true
    const { id: made } = await kms.keys.create('a')
    expect(await kms.keys.list()).toMatchObject([{ id: made, versions: [{ number: 1 }] }])
    expect(watched.calls.filter((call) => call === 'commit')).toHaveLength(1)
  })

  test('of two processes at the same moment: both are done, and of one name the first', async () => {
    const { kms, store } = await newKms()
    const other = await openKms(store)
    const made = await Promise.all([
      codeOf(() => kms.keys.create('a')),
      codeOf(() => other.keys.create('a')),
      codeOf(() => kms.keys.create('b')),
      codeOf(() => other.keys.create('c')),
    ])
    expect(made.sort()).toEqual(['key-exists', 'no error', 'no error', 'no error'])
    expect((await openKms(store).then(({ keys }) => keys.list())).map(({ name }) => name).sort()).toEqual([
      'a',
      'b',
      'c',
    ])
  })
})
