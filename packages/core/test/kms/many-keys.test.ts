import { describe, expect, test } from 'vitest'
import { type KeyStore, Kms, KmsError, MemoryStore } from '../../src/index.ts'
import { codeOf, newKms, openKms, parts, root } from './memory-kms.ts'

const context = { tenant: 'acme' }
const named = (count: number, prefix = 'key') => Array.from({ length: count }, (_, i) => ({ name: `${prefix}-${i}` }))

/** A store that counts commits, and fails the one of that number. */
function counting(store: KeyStore, failing = 0): { readonly store: KeyStore; readonly commits: () => number } {
  let commits = 0
  return {
    commits: () => commits,
    store: {
      read: (ids) => store.read(ids),
      list: (kind, prefix, after, limit) => store.list(kind, prefix, after, limit),
      async commit(commit) {
        commits++
        if (commits === failing) throw new KmsError('store-unavailable', 'gone')
        return store.commit(commit)
      },
      watch: (signal) => store.watch(signal),
      close: () => store.close(),
    },
  }
}

describe('many keys at once', () => {
  test('are made by a commit for a hundred, each as if it had been made alone', async () => {
    const { store, commits } = counting(new MemoryStore())
    const kms = await Kms.create({ ...parts(store), roots: [root()] })
    const before = commits()
    const progress: string[] = []
    const results = await kms.keys.createMany(
      named(250).map((spec) => ({ ...spec, description: `of ${spec.name}`, profile: 'tls' as const })),
      { reason: 'tenants', onProgress: (done, total) => progress.push(`${done}/${total}`) },
    )
    expect(commits() - before).toBe(3)
    expect(progress).toEqual(['100/250', '200/250', '250/250'])
    expect(results.map((result) => result.ok && result.created && result.key.name)).toEqual(
      named(250).map(({ name }) => name),
    )
    const last = results[249]
    expect(last?.ok && last.key).toEqual(await kms.keys.show('key-249'))
    const envelope = await kms.encrypt('x', { key: 'key-120', context })
    const other = await openKms(store)
    expect(await other.decryptText(envelope, { key: 'key-120', context })).toBe('x')
    expect((await other.doctor()).filter(({ status }) => status === 'fail')).toEqual([])
    expect((await other.keys.show('key-7')).versions[0]?.reason).toBe('tenants')
  })

  test('what one key is refused for is its own outcome', async () => {
    const { kms } = await newKms()
    await kms.keys.create('there')
    await kms.keys.create('old')
    await kms.keys.rename('old', 'new')
    const specs = [
      { name: 'a' },
      { name: 'there' },
      { name: 'a/b' },
      { name: 'a' },
      { name: 'b', rotationDays: -1 },
      { name: 'old' },
    ]
    const codes = (await kms.keys.createMany(specs)).map((result) => (result.ok ? result.created : result.error.code))
    expect(codes).toEqual([true, 'key-exists', 'invalid-argument', 'key-exists', 'invalid-argument', 'key-exists'])
    const again = await kms.keys.createMany(specs, { ifAbsent: true })
    expect(again.map((result) => (result.ok ? result.created : result.error.code))).toEqual([
      false,
      false,
      'invalid-argument',
      false,
      'invalid-argument',
      'key-exists',
    ])
    expect(again[1]?.ok && again[1].key).toEqual(await kms.keys.show('there'))
    expect((await kms.keys.list()).length).toBe(3)
  })

  test('are interrupted between two commits, and gone on with', async () => {
    const { kms } = await newKms()
    const stop = new AbortController()
    const results = await kms.keys.createMany(named(300), { signal: stop.signal, onProgress: () => stop.abort() })
    const outcomes = results.map((result) => (result.ok ? 'made' : result.error.code))
    expect([outcomes[99], outcomes[100], outcomes[299]]).toEqual(['made', 'aborted', 'aborted'])
    const rest = await kms.keys.createMany(named(300), { ifAbsent: true })
    expect(rest.map((result) => result.ok && result.created).indexOf(true)).toBe(100)
    expect(rest.every(({ ok }) => ok)).toBe(true)
  })

  test('what the store refuses is the outcome of the keys that were not reached', async () => {
    const { store } = counting(new MemoryStore(), 3)
    const kms = await Kms.create({ ...parts(store), roots: [root()] })
    const outcomes = (await kms.keys.createMany(named(250))).map((result) => (result.ok ? 'made' : result.error.code))
    expect([outcomes[99], outcomes[100], outcomes[249]]).toEqual(['made', 'store-unavailable', 'store-unavailable'])
    expect((await kms.keys.list({ limit: 1_000 })).length).toBe(100)
  })

  test('that are all there are given without a commit, whatever the store says to one', async () => {
    const memory = new MemoryStore()
    const first = await Kms.create({ ...parts(memory), roots: [root()] })
    await first.keys.createMany(named(150))
    const { store, commits } = counting(memory)
    const kms = await openKms(store)
    const before = commits()
    const again = await kms.keys.createMany(named(150), { ifAbsent: true })
    expect(again.map((result) => result.ok && result.created)).toEqual(named(150).map(() => false))
    expect(commits()).toBe(before)
  })

  test('signatures that fail are an error, and nothing that nobody waits for', async () => {
    const unhandled: unknown[] = []
    const seen = (reason: unknown): void => void unhandled.push(reason)
    process.on('unhandledRejection', seen)
    let calls = 0
    const signMany = async (): Promise<never> => {
      calls++
      throw new Error('The module is gone.')
    }
    const { kms, store } = await newKms()
    const { subtle } = globalThis.crypto
    const failing = await openKms(store, { crypto: { subtle, signMany } as never })
    await expect(failing.keys.createMany(named(500))).rejects.toThrow('The module is gone.')
    await new Promise((resolve) => setTimeout(resolve, 20))
    process.off('unhandledRejection', seen)
    expect(calls).toBeGreaterThan(1)
    expect(unhandled).toEqual([])
    expect(await kms.keys.list()).toEqual([])
  })

  test('two processes that make the same keys make each once', async () => {
    const { kms, store } = await newKms()
    const other = await openKms(store)
    const [a, b] = await Promise.all([kms.keys.createMany(named(150)), other.keys.createMany(named(150))])
    for (const [i, result] of a.entries()) expect([result.ok, b[i]?.ok].sort()).toEqual([false, true])
    expect((await kms.doctor()).filter(({ status }) => status === 'fail')).toEqual([])
  })

  test('a reason of the longest sort fits into the log', async () => {
    const { kms } = await newKms()
    const reason = '\u0001'.repeat(2_000)
    expect((await kms.keys.createMany(named(100), { reason })).every(({ ok }) => ok)).toBe(true)
  })

  test('need the right to administer, and an array', async () => {
    const { kms } = await newKms()
    expect(await codeOf(() => kms.keys.createMany('a' as never))).toBe('invalid-argument')
    expect(await codeOf(() => kms.keys.createMany([], { reason: 'x'.repeat(2_001) }))).toBe('invalid-argument')
    expect((await kms.keys.createMany([null as never, { name: 'b' }])).map(({ ok }) => ok)).toEqual([false, true])
  })
})
