import { execFile } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { KmsError } from '@kms/core'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { defaultDriver } from '../../src/store/sqlite/connection.ts'
import type { SqliteConnection, SqliteDriver } from '../../src/store/sqlite/driver.ts'
import { libsqlDriver } from '../../src/store/sqlite/libsql.ts'
import { nodeSqliteDriver } from '../../src/store/sqlite/node-sqlite.ts'
import { SqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { bytes, commitOf, fresh } from './records.ts'

const drivers = [libsqlDriver(), nodeSqliteDriver()].filter((driver) => driver !== undefined)

let folder: string
let path: string
const open: SqliteStore[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kms-sqlite-'))
  path = join(folder, 'app.keys')
})
afterEach(async () => {
  for (const store of open.splice(0)) await store.close()
  rmSync(folder, { recursive: true })
})

describe.each(drivers)('over $name', (driver) => {
  const create = async (): Promise<SqliteStore> => kept(await SqliteStore.create(path, { driver }))
  const reopen = async (options = {}): Promise<SqliteStore> =>
    kept(await SqliteStore.open(path, { driver, ...options }))

  test('what was committed is there after closing and opening again', async () => {
    const store = await create()
    await store.commit(fresh('ring/1', 1, 2, 3))
    await store.commit(commitOf({ append: [{ log: 'store', position: 0, bytes: bytes(9) }] }))
    await store.close()
    const again = await reopen()
    expect(await again.read(['ring/1', 'log/store/0000000000000000', 'absent'])).toEqual([
      { id: 'ring/1', revision: 1, bytes: bytes(1, 2, 3) },
      { id: 'log/store/0000000000000000', revision: 1, bytes: bytes(9) },
    ])
  })

  test('a record that another process made first is a conflict, after which both see what each commits', async () => {
    const first = await create()
    await first.commit(fresh('ring/0', 1))
    const second = await reopen()
    await second.commit(fresh('ring/1', 2))
    const late = commitOf({ put: [{ id: 'ring/1', revision: 1, bytes: bytes(3) }] })
    await expect(first.commit(late)).rejects.toMatchObject({ code: 'conflict', retry: true })
    await second.commit(fresh('ring/2', 4))
    expect((await first.read(['ring/1', 'ring/2'])).map((one) => one.bytes)).toEqual([bytes(2), bytes(4)])
    await first.commit(fresh('ring/3', 5))
    expect((await second.list('administered', 'ring/', '', 10)).map(({ id }) => id)).toEqual([
      'ring/0',
      'ring/1',
      'ring/2',
      'ring/3',
    ])
  })

  test('each class has a table of ids, revisions and bytes, and every commit adds one to the sequence [C-9]', async () => {
    const store = await create()
    const first = await store.commit(fresh('ring/1', 1))
    const second = await store.commit(commitOf({ put: [{ id: 'op/a', revision: 1, bytes: bytes(2) }] }))
    const third = await store.commit(commitOf({ append: [{ log: 'store', position: 0, bytes: bytes(3) }] }))
    expect([second.sequence - first.sequence, third.sequence - second.sequence]).toEqual([1, 1])
    await store.close()
    const connection = driver.open(path, { readOnly: true })
    const rows = ['administered', 'operational', 'log'].map((table) => connection.all(`SELECT * FROM ${table}`))
    connection.close()
    const held = rows.map(([row]) => [row?.id, Number(row?.revision), [...new Uint8Array(row?.bytes as Uint8Array)]])
    expect(held).toEqual([
      ['ring/1', 1, [1]],
      ['op/a', 1, [2]],
      ['log/store/0000000000000000', 1, [3]],
    ])
  })

  test('a closed store is whole in its one file, so that copying that file is a backup', async () => {
    const store = await create()
    await store.commit(fresh('ring/1', 1))
    await store.close()
    const copy = join(folder, 'copy')
    copyFileSync(path, copy)
    const restored = kept(await SqliteStore.open(copy, { driver }))
    expect(await restored.read(['ring/1'])).toHaveLength(1)
  })

  test('a commit that fails half-way leaves nothing behind', async () => {
    const store = await create()
    await store.commit(fresh('a', 1))
    const half = commitOf({
      put: [
        { id: 'b', revision: 1, bytes: bytes(1) },
        { id: 'a', revision: 3, bytes: bytes(1) },
      ],
      append: [{ log: 'store', position: 0, bytes: bytes(1) }],
    })
    await expect(store.commit(half)).rejects.toMatchObject({ code: 'conflict', retry: true })
    expect(await store.list('administered', '', '', 10)).toEqual([{ id: 'a', revision: 1, bytes: bytes(1) }])
    expect(await store.list('log', 'log/', '', 10)).toEqual([])
  })

  test('the file and what SQLite keeps beside it can be read by their owner alone', async () => {
    const store = await create()
    await store.commit(fresh('a', 1))
    for (const suffix of ['', '-wal', '-shm']) expect(statSync(path + suffix).mode & 0o777).toBe(0o600)
  })

  test('a file that others can read is opened with a warning', async () => {
    const store = await create()
    await store.commit(fresh('a', 1))
    await store.close()
    chmodSync(path, 0o644)
    const warnings: string[] = []
    await reopen({ onWarning: (message: string) => warnings.push(message) })
    expect(warnings).toEqual([expect.stringContaining('chmod 600')])
  })

  test('every connection syncs its commits: WAL and synchronous FULL, read back', async () => {
    const connections: SqliteConnection[] = []
    const spying = onOpen(driver, (connection) => connections.push(connection))
    const store = kept(await SqliteStore.create(path, { driver: spying }))
    await store.commit(fresh('a', 1))
    const main = connections.at(-1)
    expect(main?.all('PRAGMA journal_mode')).toMatchObject([{ journal_mode: 'wal' }])
    expect(main?.all('PRAGMA synchronous')).toMatchObject([{ synchronous: 2 }])
  })

  test('create refuses a path where something is', async () => {
    const store = await create()
    await store.commit(fresh('a', 1))
    await expect(SqliteStore.create(path, { driver })).rejects.toMatchObject({ code: 'store-exists' })
    const other = join(folder, 'notes.txt')
    writeFileSync(other, 'Not a database, and not to be overwritten. '.repeat(40))
    await expect(SqliteStore.create(other, { driver })).rejects.toMatchObject({ code: 'store-exists' })
    expect(statSync(other).size).toBe(43 * 40)
    await expect(SqliteStore.create(folder, { driver })).rejects.toMatchObject({ code: 'store-exists' })
  })

  test('a folder that is not there is named as what is missing', async () => {
    const inNone = SqliteStore.create(join(folder, 'none', 'app.keys'), { driver })
    await expect(inNone).rejects.toMatchObject({
      code: 'store-unavailable',
      message: expect.stringMatching(/folder is not there.*Make/),
    })
  })

  test('a creation that died before its first commit is no store, and is taken over by the next one', async () => {
    writeFileSync(path, '')
    await expect(SqliteStore.open(path, { driver })).rejects.toMatchObject({ code: 'store-not-found' })
    const first = await create()
    await expect(SqliteStore.open(path, { driver })).rejects.toMatchObject({ code: 'store-not-found' })
    const second = await create()
    await second.commit(fresh('a', 1))
    await expect(first.commit(fresh('a', 2))).rejects.toMatchObject({ code: 'conflict' })
  })

  test('open says what is wrong with a path', async () => {
    await expect(SqliteStore.open(path, { driver })).rejects.toMatchObject({ code: 'store-not-found' })
    expect(existsSync(path)).toBe(false)
    await expect(SqliteStore.open(folder, { driver })).rejects.toMatchObject({ code: 'store-not-found' })
    writeFileSync(path, 'This is a text file. '.repeat(300))
    await expect(SqliteStore.open(path, { driver })).rejects.toMatchObject({ code: 'store-corrupt' })
    rmSync(path)
    writeFileSync(path, '')
    change(driver, 'CREATE TABLE users (name TEXT)')
    await expect(SqliteStore.open(path, { driver })).rejects.toMatchObject({ code: 'store-not-found' })
  })

  test('a store of a newer release is left alone', async () => {
    await (await create()).commit(fresh('a', 1))
    change(driver, 'UPDATE meta SET format = 2')
    await expect(reopen()).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('newer than this program'),
    })
  })

  test('a damaged file is store-corrupt', async () => {
    const store = await create()
    await store.commit(fresh('a', 1))
    for (let i = 0; i < 40; i++)
      await store.commit(commitOf({ put: [{ id: `b/${i}`, revision: 1, bytes: new Uint8Array(4000) }] }))
    await store.close()
    rmSync(`${path}-wal`, { force: true })
    rmSync(`${path}-shm`, { force: true })
    truncateSync(path, 20_000)
    const outcome = await reopen()
      .then((damaged) => damaged.list('administered', '', '', 100))
      .catch((error: KmsError) => error.code)
    expect(outcome).toBe('store-corrupt')
  })

  test('a table that is gone is store-corrupt', async () => {
    await (await create()).commit(fresh('a', 1))
    change(driver, 'DROP TABLE operational')
    const store = await reopen()
    await expect(store.read(['op/a'])).rejects.toMatchObject({ code: 'store-corrupt' })
  })

  test('a lock held too long is store-unavailable, and one released in time is waited for', async () => {
    const store = await create()
    await store.commit(fresh('a', 1))
    const impatient = await reopen({ busyTimeoutMs: 50 })
    const patient = await reopen({ busyTimeoutMs: 5000 })
    const holder = driver.open(path, { readOnly: false })
    holder.all('BEGIN IMMEDIATE')
    const waiting = patient.commit(fresh('b', 1))
    await expect(impatient.commit(fresh('c', 1))).rejects.toMatchObject({
      code: 'store-unavailable',
      retry: true,
      message: expect.stringContaining('locked'),
    })
    holder.all('COMMIT')
    holder.close()
    await expect(waiting).resolves.toMatchObject({ sequence: 2 })
  })

  test('what others commit is seen by a store that waits for a lock, and by one that gave up', async () => {
    const store = await create()
    await store.commit(fresh('a', 1))
    const impatient = await reopen({ busyTimeoutMs: 20 })
    const patient = await reopen({ busyTimeoutMs: 5000 })
    const holder = driver.open(path, { readOnly: false })
    holder.all('BEGIN IMMEDIATE')
    const waiting = patient.commit(fresh('b', 1))
    await expect(impatient.commit(fresh('c', 1))).rejects.toMatchObject({ code: 'store-unavailable' })
    for (const of of [impatient, patient]) expect(await of.read(['a'])).toHaveLength(1)
    holder.all("UPDATE administered SET revision = 7 WHERE id = 'a'")
    holder.all('COMMIT')
    for (const of of [impatient, patient]) expect(await of.read(['a'])).toMatchObject([{ revision: 7 }])
    holder.all("UPDATE administered SET revision = 8 WHERE id = 'a'")
    for (const of of [impatient, patient]) expect(await of.read(['a'])).toMatchObject([{ revision: 8 }])
    holder.close()
    await waiting
  })

  test('a store that cannot be written still reads, and says why it does not commit', async () => {
    await (await create()).commit(fresh('a', 1))
    const readOnly = onOpen(driver, (connection) => connection.all('PRAGMA query_only = 1'))
    const store = await reopen({ driver: readOnly })
    expect(await store.read(['a'])).toHaveLength(1)
    await expect(store.commit(fresh('b', 1))).rejects.toMatchObject({
      code: 'store-unavailable',
      message: expect.stringContaining('read-only'),
    })
  })

  test('a full disk loses nothing, and the store goes on when there is room', async () => {
    let connection: SqliteConnection | undefined
    const full = onOpen(driver, (opened) => {
      connection = opened
    })
    const store = kept(await SqliteStore.create(path, { driver: full }))
    await store.commit(fresh('a', 1))
    connection?.all('PRAGMA max_page_count = 6')
    const big = commitOf({ put: [{ id: 'big', revision: 1, bytes: new Uint8Array(60_000) }] })
    await expect(store.commit(big)).rejects.toMatchObject({
      code: 'store-unavailable',
      message: expect.stringContaining('full'),
    })
    expect(await store.list('administered', '', '', 10)).toHaveLength(1)
    connection?.all('PRAGMA max_page_count = 1000')
    await expect(store.commit(big)).resolves.toMatchObject({ sequence: 2 })
  })

  test('a database deleted or replaced while it is open is noticed before a key is committed to nowhere', async () => {
    const store = await create()
    await store.commit(fresh('a', 1))
    await store.close()
    copyFileSync(path, `${path}.backup`)
    const running = await reopen()
    await running.commit(fresh('b', 1))
    renameSync(path, `${path}.moved`)
    await expect(running.commit(fresh('c', 1))).rejects.toMatchObject({ code: 'store-unavailable' })
    rmSync(`${path}-wal`, { force: true })
    rmSync(`${path}-shm`, { force: true })
    renameSync(`${path}.backup`, path)
    expect(await running.read(['a', 'b'])).toMatchObject([{ id: 'a' }])
  })

  test('watch tells of commits of another connection', async () => {
    const store = await create()
    await store.commit(fresh('a', 1))
    const other = await reopen()
    const stop = new AbortController()
    const sequences = store.watch(stop.signal)[Symbol.asyncIterator]()
    const { sequence } = await other.commit(fresh('b', 1))
    expect(await sequences.next()).toEqual({ done: false, value: sequence })
    stop.abort()
    expect(await sequences.next()).toMatchObject({ done: true })
  })

  test('a long row of calls gives way to timers, and to what another process commits', async () => {
    const store = await create()
    await store.commit(fresh('a', 1))
    const other = await reopen()
    const stop = new AbortController()
    const told = store.watch(stop.signal)[Symbol.asyncIterator]().next()
    const heard = { sequence: 0, ticks: 0 }
    void told.then(({ value }) => {
      heard.sequence = value ?? -1
    })
    const timer = setInterval(() => heard.ticks++, 5)
    const { sequence } = await other.commit(fresh('b', 1))
    for (const end = performance.now() + 600; performance.now() < end; ) await store.read(['a'])
    clearInterval(timer)
    stop.abort()
    expect(heard.sequence).toBe(sequence)
    expect(heard.ticks).toBeGreaterThan(5)
  })

  test('a page costs the same wherever it begins', async () => {
    const store = await create()
    const id = (number: number): string => `key/${String(number).padStart(6, '0')}`
    for (let batch = 0; batch < 40; batch++) {
      const put = Array.from({ length: 1_000 }, (_, i) => ({ id: id(1_000 * batch + i), revision: 1, bytes: bytes(1) }))
      await store.commit(commitOf({ put }))
    }
    const timed = async (after: string): Promise<number> => {
      const times: number[] = []
      for (let i = 0; i < 30; i++) {
        const start = performance.now()
        expect(await store.list('administered', 'key/', after, 10)).toHaveLength(10)
        times.push(performance.now() - start)
      }
      return times.sort((a, b) => a - b)[15] as number
    }
    // What walks over all that comes before takes a hundred times as long.
    expect(await timed(id(39_000))).toBeLessThan(10 * (await timed('')))
  })

  test('after close everything is `closed`', async () => {
    const store = await create()
    await store.close()
    await store.close()
    await expect(store.read(['a'])).rejects.toMatchObject({ code: 'closed' })
    await expect(store.commit(fresh('a', 1))).rejects.toMatchObject({ code: 'closed' })
    expect(() => store.watch(new AbortController().signal)).toThrow(expect.objectContaining({ code: 'closed' }))
  })

  function change(driver: SqliteDriver, sql: string): void {
    const connection = driver.open(path, { readOnly: false })
    connection.all(sql)
    connection.close()
  }
})

test('node:sqlite is used where this Node has it', () => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const has = major > 22 || (major === 22 && minor >= 13)
  expect(defaultDriver().name).toBe(has ? 'node:sqlite' : 'libsql')
})

test('processes of different Nodes, so of different SQLites, share one store and lose no commit', {
  timeout: 120_000,
}, async () => {
  const store = kept(await SqliteStore.create(path))
  const zero = new Uint8Array(4)
  await store.commit(
    commitOf({
      put: [{ id: 'counter', revision: 1, bytes: zero }],
      append: [{ log: 'store', position: 0, bytes: zero }],
    }),
  )
  const script = fileURLToPath(new URL('./counting-process.mjs', import.meta.url))
  const run = promisify(execFile)
  const other = process.version.startsWith('v24.') ? 20 : 24
  const outputs = await Promise.all([
    run(process.execPath, [script, path, '100']),
    run('npm', ['exec', '--yes', `--package=node@${other}`, '--', 'node', script, path, '100']),
  ])
  expect(outputs.map(({ stdout }) => stdout.trim())).toEqual([process.version, expect.stringMatching(`^v${other}\\.`)])
  expect(outputs.map(({ stderr }) => stderr).join('')).not.toContain('ExperimentalWarning')
  expect(await store.read(['counter'])).toMatchObject([{ revision: 201, bytes: bytes(0, 0, 0, 200) }])
  expect(await store.list('log', 'log/store/', '', 1000)).toHaveLength(201)
})

function kept(store: SqliteStore): SqliteStore {
  open.push(store)
  return store
}

/** The driver, with something done to each connection that may write. */
function onOpen(driver: SqliteDriver, use: (connection: SqliteConnection) => void): SqliteDriver {
  return {
    name: driver.name,
    open(path, options) {
      const connection = driver.open(path, options)
      if (!options.readOnly) use(connection)
      return connection
    },
  }
}
