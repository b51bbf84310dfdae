import { describe, expect, test } from 'vitest'
import type { KeyStore } from '../../src/store/key-store.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { keyStoreConformance } from '../../src/testing/key-store.ts'

const cases = (open: () => KeyStore) =>
  keyStoreConformance(async () => ({ store: open() }), { persistent: false, shared: false })

describe('the memory store [C-3] [C-4] [C-6] [C-7]', () => {
  for (const { name, run } of cases(() => new MemoryStore())) test(name, run)
})

describe('the conformance suite', () => {
  /** A store with one thing wrong. */
  const broken: Record<string, () => KeyStore> = {
    'forgets expectations': () => {
      const store = new MemoryStore()
      const commit = store.commit.bind(store)
      store.commit = (parts) => commit({ ...parts, expect: [] })
      return store
    },
    'hands out its own bytes': () => {
      const store = new MemoryStore()
      const read = store.read.bind(store)
      const cache = new Map<string, Uint8Array>()
      store.read = async (ids) =>
        (await read(ids)).map((record) => {
          const key = `${record.id} ${record.revision}`
          if (!cache.has(key)) cache.set(key, record.bytes)
          return { ...record, bytes: cache.get(key) as Uint8Array }
        })
      return store
    },
    'mixes classes': () => {
      const store = new MemoryStore()
      const list = store.list.bind(store)
      store.list = async (of, prefix, after, limit) =>
        of === 'log' ? list(of, prefix, after, limit) : list('administered', prefix, after, limit)
      return store
    },
    'hears nothing': () => {
      const store = new MemoryStore()
      store.watch = async function* () {
        await new Promise(() => {})
      }
      return store
    },
  }
  test.each(Object.keys(broken))('finds a store that %s', { timeout: 120_000 }, async (name) => {
    const open = broken[name] as () => KeyStore
    const outcomes = await Promise.allSettled(cases(open).map(async ({ run }) => run()))
    expect(outcomes.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(0)
    expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(5)
  })
})
