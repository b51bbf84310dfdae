import { describe, expect, test, vi } from 'vitest'

import { fromText, parseUuid } from '../../src/envelope.ts'
import { KmsError, MemoryStore, recordClass } from '../../src/index.ts'
import type { KeyStore } from '../../src/store/key-store.ts'
import * as page from '../envelope/by-the-page.ts'
import { codeOf, newKms, openKms, parts, root } from '../kms/memory-kms.ts'
import { fromHex, fromUtf8, vectors } from './vectors.ts'

// Sentences of docs/contents-v1.md that show in what a store holds.

const context = { tenant: 'acme' }

interface Stored {
  readonly record: Record<string, unknown>
  readonly signature: string
}

async function recordsOf(store: KeyStore, kind: 'administered' | 'operational', prefix: string): Promise<Stored[]> {
  const records = await store.list(kind, prefix, '', 1_000)
  return records.map(({ bytes }) => JSON.parse(fromUtf8(bytes)) as Stored)
}

test('there are three classes of records, told apart by the id [C-5]', () => {
  expect(recordClass('log/store/0000000000000000')).toBe('log')
  expect(recordClass('op/request/store/x')).toBe('operational')
  for (const id of ['store', 'ring/x', 'logs/x', 'opx', 'head/store', 'log', 'op']) {
    expect(recordClass(id)).toBe('administered')
  }
})

test('times are integer milliseconds, and decide nothing [C-1]', async () => {
  const store = new MemoryStore()
  const { Kms } = await import('../../src/index.ts')
  const early = await Kms.create({ ...parts(store, { wall: () => 5 }), roots: [root()] })
  await early.keys.create('a')
  const late = await openKms(store, { wall: () => 4e15 })
  await late.keys.rotate('a')
  const earlier = await openKms(store, { wall: () => 3 })
  const envelope = await earlier.encrypt('x', { key: 'a', context })
  expect(await late.decryptText(envelope, { key: 'a', context })).toBe('x')
  expect((await earlier.keys.show('a')).primary).toBe('2')
  const times = (await recordsOf(store, 'administered', 'version/')).map(({ record }) => record.created)
  expect(times.sort()).toEqual([4e15, 5])
  await expect(Kms.create({ ...parts(new MemoryStore(), { wall: () => 5.5 }), roots: [root()] })).rejects.toThrow()
})

describe('material of the vectors', () => {
  const { secrets, store } = vectors
  const versions = store.commits
    .flatMap(({ put }) => put)
    .filter(({ id }) => id.startsWith('version/'))
    .map(({ bytes }) => (JSON.parse(bytes) as Stored).record)

  /** The raw key in a version's envelope, by the words of both pages. */
  function materialOf(record: Record<string, unknown>): Uint8Array {
    const envelope = fromText(record.material as string)
    const names = ['store', 'ring', 'key', 'purpose', 'spec', 'origin'] as const
    const pairs = names.map((name): [string, string] => [name, record[name] as string])
    pairs.push(['version', String(record.number)], ['exportable', String(record.exportable)])
    const bound = page.join(page.preamble(1, 1, 0), page.canonical(pairs))
    const info = page.join(page.text('kms1/seal\0'), Uint8Array.of(1), envelope.slice(7, 27))
    expect(envelope.slice(0, 23)).toEqual(page.join(page.preamble(1, 1, 0), parseUuid(store.ring)))
    return page.openBody(page.expand(fromHex(secrets.ringKey as string), info, 32), 1, bound, envelope.slice(27))
  }

  test('opens with the ring key in its context, and gives the check value [C-2] [C-45] [C-53]', () => {
    expect(versions.length).toBeGreaterThan(1)
    for (const record of versions) {
      const { key, number, check } = record as { key: string; number: number; check: string }
      const info = page.join(page.text('kms1/check\0'), parseUuid(key), page.u32(number))
      expect(fromText(check)).toEqual(page.expand(materialOf(record), info, 8))
    }
  })
})

test('a change whose answer was lost is found by its request, and made once [C-37]', async () => {
  const { store } = await newKms()
  let lost = 0
  const unreliable: KeyStore = {
    ...(parts(store).store as KeyStore),
    async commit(commit) {
      const result = await store.commit(commit)
      if (commit.append.length > 0 && lost++ === 0) throw new KmsError('store-unavailable', 'The connection is gone.')
      return result
    },
  }
  const kms = await openKms(store, { store: unreliable })
  const made = await kms.keys.create('a')
  expect(lost).toBe(1)
  expect((await kms.keys.show('a')).id).toBe(made.id)
  expect((await kms.keys.show('a')).versions).toHaveLength(1)
  expect((await kms.doctor()).filter(({ status }) => status === 'fail')).toEqual([])
})

test('a change whose answer was lost is found in the log, though others came after it; one that was not made is said not to be [C-37]', async () => {
  const { store } = await newKms()
  const other = await openKms(store)
  let mode: 'lost' | 'never' | undefined
  const unreliable: KeyStore = {
    ...(parts(store).store as KeyStore),
    async commit(commit) {
      if (commit.append.length === 0 || mode === undefined) return store.commit(commit)
      if (mode === 'lost') await store.commit(commit)
      mode = undefined
      await other.keys.create(crypto.randomUUID())
      throw new KmsError('store-unavailable', 'The connection is gone.')
    },
  }
  const kms = await openKms(store, { store: unreliable })
  mode = 'lost'
  expect((await kms.keys.create('made')).name).toBe('made')
  mode = 'never'
  expect(await codeOf(() => kms.keys.create('not made'))).toBe('store-unavailable')
  expect((await other.keys.list()).map(({ name }) => name).filter((name) => name.endsWith('made'))).toEqual(['made'])
  expect((await kms.doctor()).filter(({ status }) => status === 'fail')).toEqual([])
})

test('a request that nobody can repeat leaves no record, one with an id of its own does [C-34]', async () => {
  const { kms, store } = await newKms()
  const before = (await recordsOf(store, 'operational', 'op/request/')).length
  await kms.keys.create('a')
  await kms.keys.rename('a', 'c')
  expect(await recordsOf(store, 'operational', 'op/request/')).toHaveLength(before)
  const requestId = crypto.randomUUID()
  await kms.keys.create('b', { requestId })
  const records = await recordsOf(store, 'operational', 'op/request/')
  expect(records.map(({ record }) => record.request)).toContain(requestId)
  expect(records).toHaveLength(before + 1)
})

test('numbers start at 1 in incarnation 0 and grow by one [C-40]', async () => {
  const { kms, store } = await newKms()
  expect(kms.info.incarnation).toBe(0)
  await kms.keys.create('a')
  for (let i = 0; i < 3; i++) await kms.keys.rotate('a')
  const numbers = (await recordsOf(store, 'administered', 'version/')).map(({ record }) => record.number)
  expect(numbers.sort()).toEqual([1, 2, 3, 4])
})

test('each accepted restore is a new incarnation, and versions stay in the order they were made [C-42] [C-44]', async () => {
  const { kms, store } = await newKms()
  const made = [(await kms.keys.create('a')).primary]
  const incarnations = [0]
  for (let i = 0; i < 8; i++) {
    const again = await openKms(store, { acceptRestore: `restore ${i}` })
    expect(again.info.incarnation).toBeGreaterThan(0)
    expect(again.info.incarnation).toBeLessThan(65_536)
    incarnations.push(again.info.incarnation)
    made.push((await again.keys.rotate('a')).primary)
    await again.close()
  }
  expect(new Set(incarnations).size).toBe(9)
  const last = await openKms(store)
  expect(last.info.incarnation).toBe(incarnations.at(-1))
  const shown = (await last.keys.show('a')).versions.map(({ label }) => label)
  expect([shown, [...shown].reverse()]).toContainEqual(made)
  // By their numbers they would stand in another order: random incarnations do not grow.
  expect([...incarnations].sort((a, b) => a - b)).not.toEqual(incarnations)
})

test('what the roots and the store key protect is sealed with suite 1 [C-48]', async () => {
  const { store } = await newKms({ suite: 2 } as object)
  const [own] = await recordsOf(store, 'administered', 'store')
  const rings = await recordsOf(store, 'administered', 'ring/')
  const envelopes = [own?.record.envelope, ...rings.flatMap(({ record }) => [record.use, record.administer])].flat()
  expect(envelopes.length).toBeGreaterThan(2)
  for (const envelope of envelopes) {
    const [, , , suite, content, mode] = fromText(envelope as string)
    expect([suite, mode]).toEqual([1, 2])
    expect([4, 6]).toContain(content)
  }
})

describe('sessions', () => {
  async function verified(publicKey: unknown, signature: unknown, message: Uint8Array): Promise<boolean> {
    const key = await crypto.subtle.importKey('raw', fromText(publicKey as string).slice(), 'Ed25519', false, [
      'verify',
    ])
    return crypto.subtle.verify('Ed25519', key, fromText(signature as string).slice(), message.slice())
  }

  test('a session has a key of its own, which the ring certifies [C-54]', async () => {
    const { kms, store } = await newKms()
    await kms.keys.create('a')
    await kms.use('a', { purpose: 'encrypt' })
    const session = await vi.waitFor(async () => {
      const [written] = await recordsOf(store, 'operational', 'op/session/')
      if (written === undefined) throw new Error('no session yet')
      return written
    }, 20_000)
    const [ring] = await recordsOf(store, 'administered', 'ring/')
    const { id, publicKey, certificate } = session.record as { id: string; publicKey: string; certificate: string }
    expect(Object.keys(session.record).sort()).toEqual(
      'caller certificate epoch id keys kind publicKey revision ring staged started store'.split(' '),
    )
    const certified = page.join(page.text('kms1/session\0'), page.text(id), fromText(publicKey))
    expect(await verified(ring!.record.logKey, certificate, certified)).toBe(true)
    const signed = page.join(page.text('kms1/record\0'), page.text(JSON.stringify(session.record)))
    expect(await verified(publicKey, session.signature, signed)).toBe(true)
    await kms.close()
    expect(await recordsOf(store, 'operational', 'op/session/')).toEqual([])
  })

  test('nothing depends on them [C-55]', async () => {
    const { kms, store } = await newKms()
    await kms.keys.create('b')
    await kms.use('b', { purpose: 'encrypt' })
    await vi.waitFor(async () => expect(await recordsOf(store, 'operational', 'op/session/')).toHaveLength(1), 20_000)
    for (const { record } of await recordsOf(store, 'operational', 'op/session/')) {
      await store.commit({ expect: [], put: [], remove: [record.id as string], append: [] })
    }
    await kms.keys.create('a')
    const envelope = await kms.encrypt('x', { key: 'a', context })
    const other = await openKms(store)
    expect(await other.decryptText(envelope, { key: 'a', context })).toBe('x')
    await other.close()
    await kms.close()
  })
})

test('a retired version may be named by others for a lease and a tenth of one [C-57]', async () => {
  const { kms } = await newKms()
  await kms.keys.create('a')
  await kms.keys.rotate('a')
  const { settledAfterMs } = await kms.keys.retire('a', '1')
  expect(settledAfterMs).toBeLessThanOrEqual(kms.info.leaseMs * 1.1)
  expect(settledAfterMs).toBeGreaterThan(kms.info.leaseMs)
})
