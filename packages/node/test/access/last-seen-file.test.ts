import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import { LastSeenFile } from '../../src/access/last-seen-file.ts'
import { LockFile } from '../../src/access/lock-file.ts'
import { stateFolder } from '../../src/state-folder.ts'
import { temporaryFolder } from '../folder.ts'

const at = temporaryFolder()
const seen = (epoch: number, root = `root ${epoch}`) => ({ epoch, root, size: epoch, frontier: [root] })
const lastSeen = (warnings: string[] = []): LastSeenFile =>
  new LastSeenFile({ folder: at('state', 'last-seen'), onWarning: (message) => warnings.push(message) })

test('what was seen is there in the next run, in a file for its owner alone [C-58]', async () => {
  expect(await lastSeen().read('abc')).toBeNull()
  await lastSeen().write('abc', { logs: { store: seen(7) } })
  expect(await lastSeen().read('abc')).toEqual({ logs: { store: seen(7) } })
  expect(await lastSeen().read('abd')).toBeNull()
  expect(statSync(at('state', 'last-seen', 'abc.json')).mode & 0o777).toBe(0o600)
  const written: unknown = JSON.parse(readFileSync(at('state', 'last-seen', 'abc.json'), 'utf8'))
  expect(written).toEqual({ logs: { store: { epoch: 7, frontier: ['root 7'], root: 'root 7', size: 7 } } })
})

test('a larger epoch is never taken back, log by log', async () => {
  await lastSeen().write('abc', { logs: { store: seen(7), 'ring-a': seen(3) } })
  await lastSeen().write('abc', { logs: { store: seen(6), 'ring-a': seen(4), 'ring-b': seen(1) } })
  expect(await lastSeen().read('abc')).toEqual({ logs: { store: seen(7), 'ring-a': seen(4), 'ring-b': seen(1) } })
})

test('processes that write at the same time lose nothing', async () => {
  const processes = Array.from({ length: 12 }, () => lastSeen())
  await Promise.all(
    processes.flatMap((process, i) => [
      process.write('abc', { logs: { [`ring-${i}`]: seen(i + 1), store: seen(i + 1) } }),
      process.write('abc', { logs: { [`ring-${i}`]: seen(i) } }),
    ]),
  )
  const state = await lastSeen().read('abc')
  expect(state?.logs.store).toEqual(seen(12))
  for (let i = 0; i < processes.length; i++) expect(state?.logs[`ring-${i}`]).toEqual(seen(i + 1))
  expect(readdirSync(at('state', 'last-seen'))).toEqual(['abc.json', 'lock'])
})

test('clocks that are a year wrong are no reason to take the lock from a process that holds it', async () => {
  const now = Date.now()
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => now + (Math.random() - 0.5) * 6e10)
  const processes = Array.from({ length: 12 }, () => lastSeen())
  await Promise.all(processes.map((process, i) => process.write('abc', { logs: { [`ring-${i}`]: seen(i + 1) } })))
  clock.mockRestore()
  expect(Object.keys((await lastSeen().read('abc'))?.logs ?? {})).toHaveLength(12)
})

test('a process that is killed while it writes holds nobody up', async () => {
  const script = fileURLToPath(new URL('./writing-process.mjs', import.meta.url))
  const warnings: string[] = []
  for (let epoch = 1; epoch <= 6; epoch++) {
    const writer = spawn(process.execPath, [script, at('state', 'last-seen')], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(writer.stdout, 'data')
    await new Promise((resolve) => setTimeout(resolve, epoch))
    writer.kill('SIGKILL')
    await once(writer, 'close')
    await lastSeen(warnings).write('abc', { logs: { store: seen(epoch) } })
    expect((await lastSeen(warnings).read('abc'))?.logs.store).toEqual(seen(epoch))
  }
  expect(warnings).toEqual([])
}, 60_000)

test.each(['', '{', '[]', '{"logs":[]}', '{"logs":{"store":{"epoch":"7","root":"x"}}}', '{"logs":{"store":7}}'])(
  'a file of %j is an error that says what to do, and stays as it is',
  async (contents) => {
    mkdirSync(at('state', 'last-seen'), { recursive: true })
    const path = at('state', 'last-seen', 'abc.json')
    writeFileSync(path, contents)
    const file = lastSeen()
    const refused = { code: 'file-unavailable', message: expect.stringContaining(`remove ${path}`) }
    await expect(file.read('abc')).rejects.toMatchObject(refused)
    await expect(file.write('abc', { logs: { store: seen(1) } })).rejects.toMatchObject(refused)
    expect(readFileSync(path, 'utf8')).toBe(contents)
    rmSync(path)
    await file.write('abc', { logs: { store: seen(1) } })
    expect(await file.read('abc')).toEqual({ logs: { store: seen(1) } })
  },
)

test('a file that cannot be read is an error, too: what it says of other logs is not lost by a write', async () => {
  mkdirSync(at('state', 'last-seen', 'abc.json'), { recursive: true })
  const file = lastSeen()
  await expect(file.read('abc')).rejects.toMatchObject({ code: 'file-unavailable' })
  await expect(file.write('abc', { logs: { store: seen(1) } })).rejects.toMatchObject({ code: 'file-unavailable' })
})

test('a lock that another process holds for ten seconds is an error, and nothing is written', async () => {
  await lastSeen().write('abc', { logs: { store: seen(1) } })
  const other = new LockFile(at('state', 'last-seen', 'lock'))
  await other.holding(0, async () => {
    let now = 0
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => {
      now += 3_000
      return now
    })
    const written = lastSeen().write('abc', { logs: { store: seen(2) } })
    await expect(written).rejects.toMatchObject({ code: 'file-unavailable', message: expect.stringContaining('lock') })
    clock.mockRestore()
  })
  expect(await lastSeen().read('abc')).toEqual({ logs: { store: seen(1) } })
  await lastSeen().write('abc', { logs: { store: seen(2) } })
  expect(await lastSeen().read('abc')).toEqual({ logs: { store: seen(2) } })
})

test('a state folder that cannot be made is a warning, given once', async () => {
  writeFileSync(at('state'), 'a file where the folder should be')
  chmodSync(at('state'), 0o600)
  const warnings: string[] = []
  const file = lastSeen(warnings)
  await file.write('abc', { logs: { store: seen(1) } })
  await file.write('abc', { logs: { store: seen(2) } })
  expect(await file.read('abc')).toBeNull()
  expect(warnings).toEqual([expect.stringContaining('rolled back')])
})

test('a fingerprint cannot name a file elsewhere', async () => {
  await lastSeen().write('../../x/y:z', { logs: { store: seen(1) } })
  expect(readdirSync(at('state', 'last-seen')).sort()).toEqual(['%2e%2e%2f%2e%2e%2fx%2fy%3az.json', 'lock'])
})

test('the state folder follows XDG_STATE_HOME, where it is absolute', () => {
  if (process.platform === 'linux') {
    expect(stateFolder({ XDG_STATE_HOME: '/var/state' })).toBe('/var/state/kms')
    expect(stateFolder({ XDG_STATE_HOME: 'relative' })).toMatch(/\.local\/state\/kms$/)
  }
  expect(stateFolder()).toMatch(/kms$/)
})
