import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, rmSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { type Commit, type KeyStore, type KmsError, keyRoot } from '@kms/core'
// A thread's program is a file of JavaScript, so what is built is tested here; beside what is not, which finds none and does without.
import * as built from '@kms/node'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { defaultDriver } from '../../src/store/sqlite/connection.ts'
import { SqliteStore as WithoutProgram } from '../../src/store/sqlite/sqlite-store.ts'
import { temporaryFolder } from '../folder.ts'
import { bytes, commitOf, fresh } from './records.ts'

const at = temporaryFolder()
const path = (): string => at('app.keys')

let workers: Worker[] = []
/** What threads answered, the first time that they are ready. */
let answers = 0
const seen = (worker: Worker): void => {
  workers.push(worker)
  worker.on('message', () => answers++)
}
const open: KeyStore[] = []
beforeEach(() => {
  workers = []
  answers = 0
  process.on('worker', seen)
  vi.stubEnv('XDG_STATE_HOME', at('state'))
})
afterEach(async () => {
  process.off('worker', seen)
  vi.unstubAllEnvs()
  for (const store of open.splice(0)) await store.close()
})

/** As many records as go to a thread, of several lengths. */
const many = (run: number, count = 60): Commit['put'] =>
  Array.from({ length: count }, (_, i) => ({
    id: `${i % 7 === 0 ? 'op/' : ''}many/${run}/${i}`,
    revision: 1,
    bytes: new Uint8Array(i).fill(run),
  }))

/** One of many records and a log entry. */
const large = (run: number): Commit =>
  commitOf({ put: many(run), append: [{ log: 'store', position: run, bytes: bytes(run, run) }] })

async function created(Store: typeof built.SqliteStore = built.SqliteStore): Promise<KeyStore> {
  const store = await Store.create(path())
  open.push(store)
  return store
}

/** A store whose next large commit is a thread's. @returns the number of the next */
async function threaded(store: KeyStore): Promise<number> {
  let run = 0
  await store.commit(large(run++))
  await store.commit(large(run++))
  while (answers === 0) await new Promise((resolve) => setTimeout(resolve, 10))
  return run
}

describe.each([
  { name: 'a thread', Store: built.SqliteStore, expected: 1 },
  { name: 'no thread, where its program is missing', Store: WithoutProgram as typeof built.SqliteStore, expected: 0 },
])('large commits by $name', ({ Store, expected }) => {
  test('are all there, in order, when the store is closed and its one file copied', async () => {
    const store = await created(Store)
    const sequences: number[] = []
    for (let run = 0; run < 20; run++) {
      sequences.push((await store.commit(large(run))).sequence)
      if (run === 3) await new Promise((resolve) => setTimeout(resolve, 500))
      await store.commit(fresh(`small/${run}`, run))
    }
    expect(sequences).toEqual(sequences.map((_, i) => (sequences[0] as number) + 2 * i))
    expect(await store.read(['many/19/59', 'small/19'])).toHaveLength(2)
    await store.close()
    await expect(store.commit(large(20))).rejects.toMatchObject({ code: 'closed' })
    // The first answer says that it is there.
    expect(answers > 5).toBe(expected === 1)
    expect(statSync(`${path()}-wal`, { throwIfNoEntry: false })?.size ?? 0).toBe(0)
    copyFileSync(path(), at('copy'))
    const copy = await Store.open(at('copy'))
    open.push(copy)
    for (let run = 0; run < 20; run++) {
      const put = many(run)
      const found = await copy.read(put.map(({ id }) => id))
      expect(new Map(found.map((one) => [one.id, one]))).toEqual(new Map(put.map((one) => [one.id, one])))
    }
    const log = await copy.list('log', 'log/store/', '', 100)
    expect(log.map((entry) => [...entry.bytes])).toEqual(sequences.map((_, run) => [run, run]))
  })

  test('beside small ones and readings lose nothing', async () => {
    const store = await created(Store)
    const run = expected === 1 ? await threaded(store) : 0
    const before = answers
    const all = Array.from({ length: 30 }, (_, i) => [
      store.commit(commitOf({ put: many(run + i) })),
      store.commit(fresh(`small/${i}`, i)),
      store.read([`many/${run + i}/1`]),
    ]).flat()
    await Promise.all(all)
    expect(answers - before).toBe(30 * expected)
    expect(await store.list('administered', 'small/', '', 100)).toHaveLength(30)
    expect(await store.list('operational', 'op/many/', '', 1_000)).toHaveLength(9 * (run + 30))
  })
})

test('a conflict in a thread is one: nothing is done, and it can be repeated', async () => {
  const store = await created()
  const run = await threaded(store)
  const other = await built.SqliteStore.open(path())
  open.push(other)
  await other.commit(fresh(`many/${run}/59`, 1))
  const before = answers
  const error: KmsError = await store.commit(large(run)).then(
    () => expect.fail('it was committed'),
    (error) => error,
  )
  expect(error).toBeInstanceOf(Error)
  expect(error).toMatchObject({ name: 'KmsError', code: 'conflict', retry: true })
  expect(await store.read([`many/${run}/1`])).toEqual([])
  expect((await store.commit({ ...large(run), put: many(99) })).positions).toEqual([run])
  expect(answers).toBe(before + 2)
})

test('what is wrong with a commit is said before anything is sent', async () => {
  const store = await created()
  await threaded(store)
  const twice = [...many(50), ...many(50)]
  await expect(store.commit(commitOf({ put: twice }))).rejects.toMatchObject({ code: 'invalid-argument' })
})

test('a thread that ends leaves its commit unknown, and later ones are done without it', async () => {
  const store = await created()
  const first = await threaded(store)
  // Statements of the first commit are prepared: ended in the middle of that, libsql aborts the process.
  await store.commit(large(first))
  const run = first + 1
  const lost = store.commit(large(run))
  await Promise.all([
    expect(lost).rejects.toMatchObject({ code: 'store-unavailable', retry: true }),
    (workers[0] as Worker).terminate(),
  ])
  const done = (await store.read([`many/${run}/1`])).length === 1
  const next = done ? run + 1 : run
  await store.commit(large(next))
  expect(await store.read([`many/${next}/1`])).toHaveLength(1)
  expect(workers).toHaveLength(1)
})

test('a thread waits for the lock of another process, and says so when that takes too long', async () => {
  await (await created()).close()
  const first = await built.SqliteStore.create(at('locked.keys'), { busyTimeoutMs: 300 })
  open.push(first)
  const run = await threaded(first)
  const holder = defaultDriver().open(at('locked.keys'), { readOnly: false })
  holder.all('BEGIN IMMEDIATE')
  const waiting = first.commit(large(run))
  setTimeout(() => holder.all('COMMIT'), 100)
  await waiting
  holder.all('BEGIN IMMEDIATE')
  const before = answers
  await expect(first.commit(large(run + 1))).rejects.toMatchObject({ code: 'store-unavailable' })
  expect(answers).toBe(before + 1)
  holder.all('ROLLBACK')
  holder.close()
})

test('a thread commits to no file that was deleted', async () => {
  const store = await created()
  const run = await threaded(store)
  const before = answers
  rmSync(path())
  await expect(store.commit(large(run))).rejects.toMatchObject({ code: 'store-unavailable' })
  expect(answers).toBe(before + 1)
})

test('a thread that would use another SQLite than the process takes no work', async () => {
  await (await created()).commit(fresh('a', 1))
  const program = new URL('../../dist/store/sqlite/commit-thread.js', import.meta.url)
  const answerOf = async (driver: string): Promise<unknown> => {
    const worker = new Worker(program, {
      workerData: { path: path(), busyTimeoutMs: 1_000, driver, turn: new Int32Array(new SharedArrayBuffer(4)) },
    })
    const [answer] = await Promise.all([once(worker, 'message'), worker.postMessage('open')])
    await worker.terminate()
    return answer[0]
  }
  expect(await answerOf(defaultDriver().name)).toBe('done')
  expect(await answerOf('another')).toBe('other-driver')
})

test('a thread that ended while it had nothing to do is not missed', async () => {
  const store = await created()
  const run = await threaded(store)
  await (workers[0] as Worker).terminate()
  for (let i = 0; i < 4; i++) await store.commit(large(run + i))
  expect(await store.list('log', 'log/store/', '', 100)).toHaveLength(run + 4)
})

test('closing twice at once waits for what a thread was given, both times', async () => {
  const store = await created()
  const run = await threaded(store)
  const last = store.commit(large(run))
  await Promise.all([store.close(), store.close().then(() => copyFileSync(path(), at('copy')))])
  await last
  const copy = await built.SqliteStore.open(at('copy'))
  open.push(copy)
  expect(await copy.list('log', 'log/store/', '', 100)).toHaveLength(run + 1)
})

test('many keys are made by a thread, and the log and all records agree', async () => {
  const root = keyRoot(Uint8Array.from({ length: 32 }, (_, i) => 7 * i + 130))
  await using kms = await built.Kms.create(`sqlite:${path()}`, { root, dueWork: false })
  const specs = Array.from({ length: 2_000 }, (_, i) => ({ name: `key-${i}` }))
  const made = await kms.keys.createMany(specs)
  expect(made.every(({ ok }) => ok)).toBe(true)
  // One that commits, and one that signs.
  expect(workers).toHaveLength(2)
  expect(answers).toBeGreaterThan(20)
  const under = { key: 'key-1999', context: { of: 'a thread' } }
  expect(await kms.decryptText(await kms.encryptText('sealed', under), under)).toBe('sealed')
  expect((await kms.doctor()).filter(({ status }) => status === 'fail')).toEqual([])
})

test('a process that exits while a thread commits does so with its own code, and leaves whole commits', {
  timeout: 60_000,
}, async () => {
  const root = keyRoot(Uint8Array.from({ length: 32 }, (_, i) => 7 * i + 130))
  await (await built.Kms.create(`sqlite:${path()}`, { root, dueWork: false })).close()
  const script = fileURLToPath(new URL('./exiting-process.mjs', import.meta.url))
  for (let run = 1; run <= 8; run++) {
    const child = spawn(process.execPath, [script, `sqlite:${path()}`, String(run)], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    child.stderr.on('data', (text) => {
      said += text
    })
    const [code] = await once(child, 'exit')
    expect([code, said]).toEqual([7, ''])
  }
  await using kms = await built.Kms.open(`sqlite:${path()}`, { root, dueWork: false })
  let keys = 0
  for (let after: string | undefined; ; ) {
    const page = await kms.keys.list({ limit: 1_000, ...(after !== undefined && { after }) })
    keys += page.length
    if (page.length < 1_000) break
    after = page.at(-1)?.id
  }
  expect(keys).toBeGreaterThanOrEqual(8_000)
  expect(keys % 100).toBe(0)
  expect((await kms.doctor()).filter(({ status }) => status === 'fail')).toEqual([])
})
