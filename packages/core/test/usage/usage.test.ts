import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  type Commit,
  type KeyStore,
  type Kms,
  KmsError,
  type MemoryStore,
  noContext,
  type Warning,
} from '../../src/index.ts'
import { testClock } from '../../src/testing/index.ts'
import { newKms, openKms, rewrite } from '../kms/memory-kms.ts'
import { interposed } from '../rotation/interposed.ts'

const never = { dueWork: false } as const
const context = { table: 'users' }

async function newKey(more: object = {}): Promise<{ kms: Kms; store: MemoryStore }> {
  const made = await newKms({ ...never, ...more })
  await made.kms.keys.create('k')
  return made
}

/** The store, with each commit of a usage record counted, and refused if `broken` says so. */
function watched(store: KeyStore, of: { commits: number; broken?: boolean }): KeyStore {
  return {
    read: (ids) => store.read(ids),
    list: (kind, prefix, after, limit) => store.list(kind, prefix, after, limit),
    watch: (signal) => store.watch(signal),
    close: async () => {},
    commit: async (commit) => {
      if (commit.put.some(({ id }) => id.startsWith('op/usage/'))) {
        if (of.broken === true) throw new KmsError('store-unavailable', 'The store is read only.')
        of.commits++
      }
      return store.commit(commit)
    },
  }
}

afterEach(() => {
  vi.useRealTimers()
})

describe('usage', () => {
  test('counts what each version sealed and opened, by handles, bound contexts, batches and one-shot calls', async () => {
    const clock = testClock(new Date('2026-11-28T10:00:00Z'))
    const { kms } = await newKey({ ...clock, caller: 'shop' })
    expect(await kms.keys.usage('k')).toMatchObject({ key: 'k', approximate: true, versions: [] })
    using key = await kms.use('k')
    const first = key.seal('a', context)
    key.open(first, context)
    const bound = key.bind(context)
    bound.open(bound.seal('b'))
    await key.openMany([{ envelope: (await key.sealMany([{ data: 'c', context }]))[0]?.value as Uint8Array, context }])
    key.open(key.sealDeterministic('d', context), context)
    await kms.decrypt(await kms.encrypt('e', { key: 'k', context }), { key: 'k', context })
    await kms.keys.rotate('k')
    key.seal('f', context)
    key.open(first, context)
    await kms.reencrypt(first, { key: 'k', context })
    await kms.decrypt(first, { key: 'k', context })
    const { versions } = await kms.keys.usage('k')
    expect(versions).toMatchObject([
      { label: '1', sealed: 5, opened: 8, refused: 0, sealedBy: [{ caller: 'shop', own: true }] },
      { label: '2', sealed: 2, opened: 0, refused: 0, sealedBy: [{ caller: 'shop', own: true }] },
    ])
    expect(versions[0]?.first).toEqual(new Date('2026-11-28T10:00:00Z'))
    expect(versions[0]?.sealedBy[0]?.session).toMatch(/^[0-9a-f-]{36}$/)
    await kms.close()
  })

  test('files and messages count for the version that they are sealed to', async () => {
    const { kms } = await newKey()
    const envelope = await kms.encrypt('x', { to: [await kms.recipient('k')], context: noContext })
    await kms.decrypt(envelope, { openers: [await kms.opener()], context: noContext })
    await kms.keys.rotate('k')
    await kms.rewrapMany([{ envelope, context: noContext }])
    expect((await kms.keys.usage('k')).versions).toMatchObject([
      { label: '1', sealed: 1, opened: 2 },
      { label: '2', sealed: 1, opened: 0 },
    ])
    await kms.close()
  })

  test('what the state of a version refuses is counted: it is still asked for', async () => {
    const { kms } = await newKey()
    using key = await kms.use('k')
    const envelope = key.seal('x', context)
    await kms.keys.rotate('k')
    await kms.keys.disable('k', 1)
    expect(() => key.open(envelope, context)).toThrow('disabled')
    await expect(kms.decrypt(envelope, { key: 'k', context })).rejects.toThrow('disabled')
    expect((await kms.keys.usage('k')).versions).toMatchObject([{ label: '1', sealed: 1, refused: 2 }])
    await kms.close()
  })

  test('processes that write at once add up, and each is named with the time when it sealed last [C-81]', async () => {
    const clock = testClock(new Date('2026-11-28T10:00:00Z'))
    const { kms, store } = await newKey({ ...clock, caller: 'first' })
    const others = await Promise.all([1, 2, 3].map((i) => openKms(store, { ...clock, ...never, caller: `other ${i}` })))
    const all = [kms, ...others]
    await Promise.all(
      all.map(async (one) => {
        using key = await one.use('k')
        for (let i = 0; i < 100; i++) key.open(key.seal('x', context), context)
      }),
    )
    await Promise.all(all.map((one) => one.keys.usage('k')))
    const [version] = (await kms.keys.usage('k')).versions
    expect(version).toMatchObject({ label: '1', sealed: 400, opened: 400 })
    expect(version?.sealedBy.map(({ caller, own }) => `${caller} ${own}`).sort()).toEqual([
      'first true',
      'other 1 false',
      'other 2 false',
      'other 3 false',
    ])
    const [record] = await store.list('operational', 'op/usage/', '', 10)
    const { record: fields } = JSON.parse(new TextDecoder().decode(record?.bytes))
    expect(Object.keys(fields).sort()).toEqual(
      ['id', 'key', 'kind', 'revision', 'ring', 'sealers', 'store', 'versions'].sort(),
    )
    expect(fields.versions[0]).toMatchObject({ number: 1, sealed: 400, opened: 400, refused: 0 })
    for (const one of all) await one.close()
  })

  test('is written a second after a first use, then every ten seconds at most, and never while nothing is used', async () => {
    const { kms: maker, store } = await newKey()
    await maker.close()
    const of = { commits: 0 }
    const kms = await openKms(watched(store, of), never)
    using key = await kms.use('k')
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const settle = (): Promise<unknown> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    for (let i = 0; i < 1_000; i++) key.seal('x', context)
    vi.advanceTimersByTime(999)
    await settle()
    expect(of.commits).toBe(0)
    vi.advanceTimersByTime(1)
    await vi.waitUntil(() => of.commits === 1)
    vi.advanceTimersByTime(100_000)
    await settle()
    expect(of.commits).toBe(1)
    key.seal('x', context)
    vi.advanceTimersByTime(1_001)
    await settle()
    expect(of.commits).toBe(1)
    vi.advanceTimersByTime(9_000)
    await vi.waitUntil(() => of.commits === 2)
    vi.useRealTimers()
    await kms.close()
  })

  test('a store that cannot be written costs counts until it can, and nothing else', async () => {
    const { kms: maker, store } = await newKey()
    await maker.close()
    const of = { commits: 0, broken: true }
    const kms = await openKms(watched(store, of), never)
    using key = await kms.use('k')
    const envelope = key.seal('x', context)
    expect((await kms.keys.usage('k')).versions).toEqual([])
    key.open(envelope, context)
    of.broken = false
    expect((await kms.keys.usage('k')).versions).toMatchObject([{ sealed: 1, opened: 1 }])
    await kms.close()
  })

  test('what is not genuine counts for nothing, and the next process begins anew [C-82]', async () => {
    const { kms, store } = await newKey()
    await kms.encrypt('x', { key: 'k', context })
    await kms.close()
    const forged = await rewrite(store, 'op/usage/', (bytes) =>
      new TextEncoder().encode(new TextDecoder().decode(bytes).replace('"sealed":1', '"sealed":9')),
    )
    const other = await openKms(forged, never)
    expect((await other.keys.usage('k')).versions).toEqual([])
    await other.encrypt('x', { key: 'k', context })
    expect((await other.keys.usage('k')).versions).toMatchObject([{ sealed: 1 }])
    await other.close()
  })

  test('a genuine record that came while one that is not genuine was looked at is kept, and added to [C-82]', async () => {
    const { kms, store } = await newKey()
    await kms.encrypt('x', { key: 'k', context })
    await kms.close()
    const forged = await rewrite(store, 'op/usage/', (bytes) =>
      new TextEncoder().encode(new TextDecoder().decode(bytes).replace('"sealed":1', '"sealed":9')),
    )
    const first = await openKms(forged, never)
    const counts = async (process: Kms): Promise<void> => {
      await process.encrypt('x', { key: 'k', context })
      await process.keys.usage('k')
    }
    const concerned = ({ put, remove }: Commit): boolean =>
      [...put.map(({ id }) => id), ...remove].some((id) => id.startsWith('op/usage/'))
    const second = await openKms(
      interposed(forged, 1, () => counts(first), concerned),
      never,
    )
    await counts(second)
    expect((await first.keys.usage('k')).versions).toMatchObject([{ sealed: 2 }])
  })

  test('a record that is not genuine, of a revision that none can follow, is removed [C-82]', async () => {
    const { kms, store } = await newKey()
    await kms.close()
    const [key] = await store.list('administered', 'key/', '', 1)
    const id = `op/usage/${key?.id.slice('key/'.length)}`
    let stands = true
    const forged: KeyStore = {
      ...watched(store, { commits: 0 }),
      read: async (ids) => [
        ...(await store.read(ids)),
        ...(stands && ids.includes(id) ? [{ id, revision: Number.MAX_SAFE_INTEGER, bytes: new Uint8Array(9) }] : []),
      ],
      async commit(commit) {
        if (commit.remove.includes(id)) {
          expect(commit.expect).toEqual([{ id, revision: Number.MAX_SAFE_INTEGER }])
          stands = false
        } else await store.commit(commit)
      },
    }
    const other = await openKms(forged, never)
    await other.encrypt('x', { key: 'k', context })
    expect((await other.keys.usage('k')).versions).toMatchObject([{ sealed: 1 }])
  })

  test('a record of thousands of versions and processes stays small, with those used last', async () => {
    const clock = testClock()
    const { kms, store } = await newKey({ ...clock })
    for (let i = 0; i < 60; i++) {
      clock.advance(1_000)
      const one = await openKms(store, { ...clock, ...never, caller: `process ${i} ${'x'.repeat(180)}` })
      await one.encrypt('x', { key: 'k', context })
      await one.close()
    }
    const [version] = (await kms.keys.usage('k')).versions
    expect(version).toMatchObject({ sealed: 60 })
    expect(version?.sealedBy.length).toBe(48)
    expect(version?.sealedBy[0]?.caller).toMatch(/^process 59 /)
    await kms.close()
  })

  test('retiring a version says who sealed under it lately', async () => {
    const clock = testClock(new Date('2026-11-28T10:00:00Z'))
    const warnings: Warning[] = []
    const { kms, store } = await newKey({ ...clock, onWarning: (warning: Warning) => warnings.push(warning) })
    const shop = await openKms(store, { ...clock, ...never, caller: 'shop' })
    await shop.encrypt('x', { key: 'k', context })
    await shop.keys.usage('k')
    await kms.keys.rotate('k')
    clock.advance(5_000)
    const { sealedBy } = await kms.keys.retire('k', 1)
    expect(sealedBy).toMatchObject([{ caller: 'shop', own: false }])
    expect(warnings.filter(({ code }) => code === 'sealed-lately').map(({ message }) => message)).toEqual([
      expect.stringMatching(/^Version 1 of "k" sealed 5 s ago by shop, session [0-9a-f-]{36}\.$/),
    ])
    await kms.keys.rotate('k')
    clock.advance(2 * 3_600_000)
    expect((await kms.keys.retire('k', 2)).sealedBy).toEqual([])
    await shop.close()
    await kms.close()
  })
})
