import { expect, test } from 'vitest'
import type { KeyStore, StoredRecord, Warning } from '../../src/index.ts'
import { testClock } from '../../src/testing/index.ts'
import { codeOf, newKms, openKms } from '../kms/memory-kms.ts'

// Whoever can write the database can damage one record: what is asked of all keys is done for the others.

const never = { dueWork: false } as const

/** A store in which records are damaged whose ids begin and end so, as long as `of` names them. */
function damaging(store: KeyStore, of: { prefix: string; key: string }): KeyStore {
  const change = (records: readonly StoredRecord[]): readonly StoredRecord[] =>
    records.map((one) =>
      of.key !== '' && one.id.startsWith(of.prefix) && one.id.includes(of.key)
        ? { ...one, bytes: one.bytes.slice(0, -1) }
        : one,
    )
  return {
    read: async (ids) => change(await store.read(ids)),
    list: async (kind, prefix, after, limit) => change(await store.list(kind, prefix, after, limit)),
    commit: (commit) => store.commit(commit),
    watch: (signal) => store.watch(signal),
    close: async () => {},
  }
}

test('an incident reaches the keys beside a damaged one, and says that one is left', async () => {
  const { kms, store } = await newKms(never)
  const { id } = await kms.keys.create('a')
  for (const name of ['b', 'c']) await kms.keys.create(name)
  const damage = { prefix: 'version/', key: '' }
  const other = await openKms(damaging(store, damage), never)
  damage.key = id
  const scope = { keys: ['a', 'b', 'c'] }
  expect(await codeOf(() => other.incidents.declare('compromise', scope, { reason: 'a leak' }))).toBe('store-corrupt')
  const [incident] = await kms.incidents.list()
  expect(incident?.left).toEqual([id])
  for (const name of ['b', 'c']) expect((await kms.keys.version(name, 1)).state).toBe('compromised')
  damage.key = ''
  expect((await other.incidents.resume(incident?.id ?? '')).left).toEqual([])
  expect((await kms.keys.version('a', 1)).state).toBe('compromised')
})

test('due work is done for the keys beside a damaged one, which is told', async () => {
  const clock = testClock()
  const warnings: Warning[] = []
  const { kms, store } = await newKms({ ...never, ...clock })
  const { id } = await kms.keys.create('a', { rotationDays: 30 })
  for (const name of ['b', 'c']) await kms.keys.create(name, { rotationDays: 30 })
  const damage = { prefix: 'key/', key: '' }
  const onWarning = (warning: Warning): void => void warnings.push(warning)
  const other = await openKms(damaging(store, damage), { ...never, ...clock, onWarning })
  for (let days = 0; days < 32; days++) {
    clock.advance(86_400_000)
    await other.work()
    damage.key = id
  }
  for (const name of ['b', 'c']) expect((await kms.keys.show(name)).primary).toBe('2')
  expect((await kms.keys.show('a')).primary).toBe('1')
  expect(warnings.map(({ code }) => code)).toContain('store-corrupt')
})
