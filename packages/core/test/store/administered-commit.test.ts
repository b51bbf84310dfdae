import { expect, test } from 'vitest'
import { SigningKey, VerifyingKey } from '../../src/crypto/signing.ts'
import { createWasmPrimitives } from '../../src/crypto/wasm/index.ts'
import { keyRoot, Secret } from '../../src/index.ts'
import { administeredCommit } from '../../src/store/administered-commit.ts'
import type { Commit, KeyStore } from '../../src/store/key-store.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { openRecord } from '../../src/store/signed-record.ts'
import { openKms } from '../kms/memory-kms.ts'
import { commitOf, fromHex, headIn, recordIn, vectors } from './vectors.ts'

const { secrets, store } = vectors
const publicKey = fromHex(secrets.ringAdministration as string)
const key = SigningKey.fromSeed(
  Secret.copy(fromHex(secrets.ringAdministrationSeed as string)),
  publicKey,
  globalThis.crypto,
)

async function headOf(records: KeyStore): ReturnType<typeof openRecord<'head'>> {
  const [stored] = await records.read([`head/${store.ring}`])
  if (stored === undefined) throw new Error('no head')
  return openRecord('head', stored, { key: await VerifyingKey.fromRaw(publicKey, globalThis.crypto), store: store.id })
}

/** The ring's commits of the vectors after its first, made again from what they change. */
async function again(index: number, head: Awaited<ReturnType<typeof headOf>>, operation?: string): Promise<Commit> {
  const expected = store.commits[index]
  if (expected === undefined) throw new Error('no such commit')
  const entry = JSON.parse(expected.append[0]?.bytes as string)
  const { commit } = await administeredCommit({
    store: store.id,
    log: store.ring,
    head,
    key: await key,
    primitives: createWasmPrimitives(),
    operation: operation ?? entry.operation,
    reason: entry.reason,
    actor: entry.actor,
    time: entry.time,
    request: entry.request,
    records: expected.put.filter(({ id }) => !/^(head|op)\//.test(id)).map(recordIn),
  })
  return commit
}

test('a change becomes the commit of the vectors, byte for byte, one after the other [C-8] [C-27] [C-28] [C-29] [C-34]', async () => {
  const records = new MemoryStore()
  for (const [index, commit] of store.commits.entries()) {
    if (index > 0) expect(await again(index, await headOf(records))).toEqual(commitOf(commit))
    await records.commit(commitOf(commit))
    const head = headIn(commit)
    expect((await records.list('log', `log/${head.log}/`, '', 10)).length).toBe(head.size)
  }
})

test('of two changes made from the same head one is a conflict, and leaves nothing [C-36]', async () => {
  const records = new MemoryStore()
  for (const commit of store.commits.slice(0, 2)) await records.commit(commitOf(commit))
  const head = await headOf(records)
  const commit = await again(2, head)
  await records.commit(commit)
  const other = { ...commit, expect: [], put: commit.put.filter(({ id }) => id.startsWith('head/')) }
  await expect(records.commit(other)).rejects.toMatchObject({ code: 'conflict' })
  expect((await records.list('log', `log/${store.ring}/`, '', 10)).length).toBe(3)
})

test('a request that was committed before is a conflict, even from a new head [C-36]', async () => {
  const records = new MemoryStore()
  for (const commit of store.commits) await records.commit(commitOf(commit))
  const repeated = await again(2, await headOf(records))
  const requests = repeated.put.filter(({ id }) => id.startsWith('op/request/'))
  expect(requests.length).toBe(1)
  await expect(records.commit({ ...repeated, put: requests })).rejects.toMatchObject({ code: 'conflict' })
})

test('an operation that nobody knows is read as text, and the log is whole [C-30]', async () => {
  const records = new MemoryStore()
  for (const commit of store.commits.slice(0, 2)) await records.commit(commitOf(commit))
  await records.commit(await again(2, await headOf(records), 'key.dance'))
  const kms = await openKms(records, { root: keyRoot(fromHex(store.rootKey)) })
  expect((await kms.doctor()).filter(({ status }) => status === 'fail')).toEqual([])
  expect((await kms.keys.show(store.keyName)).primary).toBe('2')
  await kms.close()
})
