import { expect, test, vi } from 'vitest'
import { createWasmKeySlots } from '../../src/crypto/wasm/index.ts'
import { decodeCanonical, encodeCanonical } from '../../src/encoding/canonical.ts'
import { type KeyStore, KmsError, type KmsParts } from '../../src/index.ts'
import { newKms, openKms } from '../kms/memory-kms.ts'

const context = { table: 'users' }
const waitFor = <T>(work: () => T | Promise<T>): Promise<T> => vi.waitFor(work, { timeout: 20_000, interval: 20 })

/** Waits that take a thousandth of the time that they put the clock forward by. */
function fast(): Partial<KmsParts> {
  let ahead = 0
  return {
    monotonic: () => performance.now() + ahead,
    pause: async (milliseconds) => {
      ahead += milliseconds
      await new Promise((resolve) => setTimeout(resolve, 1))
    },
  }
}

const sessionsIn = (store: KeyStore): ReturnType<KeyStore['list']> => store.list('operational', 'op/session/', '', 100)

test('processes that hold keys see each other, until they close', async () => {
  const { kms, store } = await newKms({ caller: 'web' })
  const key = await kms.keys.create('k')
  const other = await openKms(store, { caller: 'worker' })
  await kms.use('k')
  await other.use('k')
  const seen = await waitFor(async () => {
    const sessions = await kms.sessions()
    expect(sessions.map(({ caller, keys, own }) => [caller, keys, own]).sort()).toEqual([
      ['web', [key.id], true],
      ['worker', [key.id], false],
    ])
    return sessions
  })
  expect(seen.every(({ started }) => Math.abs(started.getTime() - Date.now()) < 60_000)).toBe(true)
  await other.close()
  expect((await kms.sessions()).map(({ caller }) => caller)).toEqual(['web'])
  await kms.close()
})

test('a rotation waits until every process has the new version in memory, which then switches without reading it', async () => {
  const { kms, store } = await newKms()
  await kms.keys.create('k')
  const other = await openKms(store)
  const handle = await other.use('k')
  await waitFor(async () => expect(await sessionsIn(store)).toHaveLength(1))
  expect((await kms.keys.rotate('k')).primary).toBe('2')
  await waitFor(() => expect(handle.version).toBe('2'))
  const entries = await store.list('operational', 'op/session/', '', 10)
  const { record } = decodeCanonical(entries[0]?.bytes as Uint8Array) as { record: { revision: number } }
  // It wrote itself when it began, and when it had the version.
  expect(record.revision).toBeGreaterThan(1)
  expect(handle.openText(handle.sealText('x', context), context)).toBe('x')
  await kms.close()
  await other.close()
})

test('a process that was killed holds a rotation up for a lease at most, and its session is removed', async () => {
  const { kms, store } = await newKms()
  await kms.keys.create('k')
  const killed = await openKms(store)
  await killed.use('k')
  const [record] = await waitFor(async () => {
    const records = await sessionsIn(store)
    expect(records).toHaveLength(1)
    return records
  })
  await killed.close()
  await store.commit({ expect: [], put: [record as NonNullable<typeof record>], remove: [], append: [] })
  const heir = await openKms(store, fast())
  expect((await heir.keys.rotate('k')).primary).toBe('2')
  expect(await sessionsIn(store)).toEqual([])
  await heir.close()
  await kms.close()
})

test('a process that lives and cannot take the version holds the rotation up, which says so; an urgent one does not wait', async () => {
  const { kms, store } = await newKms({}, 2_000)
  await kms.keys.create('k')
  const slots = createWasmKeySlots()
  const importKey = slots.importKey.bind(slots)
  const full = { on: false }
  slots.importKey = (material) => {
    if (full.on) throw new KmsError('limit-exceeded', 'No room.')
    return importKey(material)
  }
  const stubborn = await openKms(store, { caller: 'stubborn', slots })
  const handle = await stubborn.use('k')
  await waitFor(async () => expect(await sessionsIn(store)).toHaveLength(1))
  full.on = true
  expect((await kms.keys.rotate('k')).primary).toBe('1')
  const [waiting] = await kms.rotations.list()
  expect(waiting).toMatchObject({ step: 'distribute', waitsFor: expect.stringContaining('stubborn') })
  // What is in use goes on meanwhile.
  await handle.renew()
  expect(handle.openText(handle.sealText('x', context), context)).toBe('x')
  expect((await kms.rotations.rotate('k', { urgent: true })).primary).toBe('2')
  await stubborn.close()
  await kms.close()
}, 60_000)

test('forged, damaged and misplaced sessions are nobody [C-75]', async () => {
  const { kms, store } = await newKms()
  await kms.keys.create('k')
  const other = await openKms(store)
  await other.use('k')
  const [genuine] = await waitFor(async () => {
    const records = await sessionsIn(store)
    expect(records).toHaveLength(1)
    return records
  })
  const { id, bytes } = genuine as { id: string; bytes: Uint8Array }
  const put = (place: string, changed: Uint8Array): Promise<unknown> =>
    store.commit({ expect: [], put: [{ id: place, revision: 1, bytes: changed }], remove: [], append: [] })
  await put(`${id.slice(0, -1)}x`, bytes)
  const decoded = decodeCanonical(bytes) as { record: Record<string, never>; signature: string }
  await put(`${id}1`, encodeCanonical({ ...decoded, record: { ...decoded.record, id: `${id}1` as never } }))
  await put(`${id}2`, Uint8Array.of(1, 2, 3))
  await put(`${id}3`, encodeCanonical({ record: { kind: 'session' }, signature: '' }))
  expect(await kms.sessions()).toHaveLength(1)
  expect((await kms.keys.rotate('k')).primary).toBe('2')
  await other.close()
  await kms.close()
})

test('a session that was taken for gone while it slept writes itself again [C-76]', async () => {
  const { kms, store } = await newKms({}, 2_000)
  await kms.keys.create('k')
  await kms.use('k')
  const [record] = await waitFor(async () => {
    const records = await sessionsIn(store)
    expect(records).toHaveLength(1)
    return records
  })
  const { id } = record as { id: string }
  await store.commit({ expect: [], put: [], remove: [id], append: [] })
  await waitFor(async () => expect((await sessionsIn(store)).map((one) => one.id)).toEqual([id]))
  await kms.close()
})

test('ten processes that hold a key do not answer each other without end', async () => {
  const { kms, store } = await newKms()
  await kms.keys.create('k')
  const others = await Promise.all(Array.from({ length: 10 }, () => openKms(store)))
  for (const one of others) await one.use('k')
  await waitFor(async () => expect(await sessionsIn(store)).toHaveLength(10))
  await kms.keys.rotate('k')
  await new Promise((resolve) => setTimeout(resolve, 300))
  const revisions = (await sessionsIn(store)).map(({ revision }) => revision)
  expect(Math.max(...revisions)).toBeLessThanOrEqual(6)
  for (const one of [...others, kms]) await one.close()
})
