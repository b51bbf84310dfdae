import { execFile } from 'node:child_process'
import { copyFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Root, Warning } from '@kms/core'
import { keyRoot, passwordRoot } from '@kms/core'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { encryptedLength, recipientLengths } from '../src/index.ts'
import { Kms } from '../src/kms.ts'
import { temporaryFolder } from './folder.ts'

const at = temporaryFolder()
const root = (): Root => keyRoot(Uint8Array.from({ length: 32 }, (_, i) => 13 * i + 200))
const context = { table: 'users', row: '7' }
const under = { key: 'user-data', context }
let url: string

beforeEach(() => {
  url = `sqlite:${at('app.keys')}`
  // No test leaves anything in the state folder of whoever runs it.
  vi.stubEnv('XDG_STATE_HOME', at('state'))
})
afterEach(() => vi.unstubAllEnvs())

/** A store with one key, closed, and an envelope. */
async function sealed(backend?: 'auto' | 'native' | 'wasm'): Promise<string> {
  await using kms = await Kms.create(url, { root: root(), ...(backend === undefined ? {} : { backend }) })
  await kms.keys.create('user-data')
  return await kms.encryptText('hello', under)
}

test('what was encrypted opens after closing, in a store for its owner alone', async () => {
  const envelope = await sealed()
  expect(statSync(at('app.keys')).mode & 0o777).toBe(0o600)
  expect(readdirSync(at()).filter((name) => !/^app\.keys(-wal|-shm)?$/.test(name))).toEqual(['state'])
  await using kms = await Kms.open(url, { root: root() })
  expect(await kms.decryptText(envelope, under)).toBe('hello')
  const key = await kms.use('user-data')
  expect(key.openText(key.sealText('more', context), context)).toBe('more')
})

test.each(['auto', 'native', 'wasm'] as const)(
  'a store and envelopes made with backend %s open with every backend',
  async (backend) => {
    const envelope = await sealed(backend)
    for (const other of ['auto', 'native', 'wasm'] as const) {
      await using kms = await Kms.open(url, { root: root(), backend: other })
      expect(await kms.decryptText(envelope, under)).toBe('hello')
    }
  },
)

test('a password opens, a wrong one does not', async () => {
  const kms = await Kms.create(url, { root: passwordRoot('correct horse battery staple') })
  await kms.close()
  await using again = await Kms.open(url, { root: passwordRoot('correct horse battery staple') })
  expect(again.info.administersStore).toBe(true)
  await expect(Kms.open(url, { root: passwordRoot('correct horse battery stable') })).rejects.toMatchObject({
    code: 'authentication-failed',
  })
})

test('a store opened with the wrong root is left in peace, and opens with the right one', async () => {
  await sealed()
  const wrong = keyRoot(globalThis.crypto.getRandomValues(new Uint8Array(32)))
  await expect(Kms.open(url, { root: wrong })).rejects.toMatchObject({
    code: expect.stringMatching(/^(authentication-failed|no-matching-key)$/),
  })
  await using kms = await Kms.open(url, { root: root() })
  expect((await kms.doctor()).filter(({ status }) => status === 'fail')).toEqual([])
})

test('the fingerprint in the URL must be the store’s', async () => {
  await sealed()
  const kms = await Kms.open(url, { root: root() })
  const { fingerprint } = kms.info
  await kms.close()
  const other = fingerprint.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))
  await using again = await Kms.open(`${url}?fingerprint=${fingerprint}`, { root: root() })
  expect(again.info.fingerprint).toBe(fingerprint)
  await expect(Kms.open(`${url}?fingerprint=${other}`, { root: root() })).rejects.toMatchObject({ name: 'KmsError' })
})

test('creating where a store is, and opening where none is, say so', async () => {
  await sealed()
  await expect(Kms.create(url, { root: root() })).rejects.toMatchObject({ code: 'store-exists' })
  await expect(Kms.open(`${url}.none`, { root: root() })).rejects.toMatchObject({ code: 'store-not-found' })
  await expect(Kms.open('memory:', { root: root() })).rejects.toMatchObject({ code: 'store-not-found' })
  await expect(Kms.open('postgres://host/db', { root: root() })).rejects.toMatchObject({ code: 'invalid-argument' })
})

test('a creation that failed leaves nothing in the way of the next', async () => {
  await expect(Kms.create(url, { root: root(), lease: 1 })).rejects.toMatchObject({ code: 'invalid-argument' })
  await using kms = await Kms.create(url, { root: root() })
  expect(kms.info.ring.name).toBe('default')
})

test('two processes that create the same store get one', async () => {
  const outcomes = await Promise.allSettled([Kms.create(url, { root: root() }), Kms.create(url, { root: root() })])
  const made = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
  expect(made).toHaveLength(1)
  expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { name: 'KmsError' } })
  for (const kms of made) await kms.close()
  await using kms = await Kms.open(url, { root: root() })
  expect((await kms.doctor()).filter(({ status }) => status === 'fail')).toEqual([])
})

test('a database put back to an older state is noticed by the next process, until that is accepted', async () => {
  await sealed()
  copyFileSync(at('app.keys'), at('backup'))
  const kms = await Kms.open(url, { root: root() })
  await kms.keys.rotate('user-data')
  const lost = await kms.encryptText('sealed after the backup', under)
  await kms.close()
  for (const suffix of ['', '-wal', '-shm']) rmSync(at(`app.keys${suffix}`), { force: true })
  copyFileSync(at('backup'), at('app.keys'))
  await expect(Kms.open(url, { root: root() })).rejects.toMatchObject({ code: 'store-rolled-back' })
  const restored = await Kms.open(url, { root: root(), acceptRestore: 'disk died' })
  await expect(restored.decryptText(lost, under)).rejects.toMatchObject({ code: 'version-lost' })
  await restored.close()
  await using again = await Kms.open(url, { root: root() })
  expect(again.info.incarnation).toBeGreaterThan(0)
})

test('a state folder that cannot be written is a warning, no failure', async () => {
  vi.stubEnv('XDG_STATE_HOME', '/dev/null')
  const warnings: Warning[] = []
  await using kms = await Kms.create(url, { root: root(), onWarning: (warning) => warnings.push(warning) })
  await kms.keys.create('user-data')
  expect(warnings.map(({ code }) => code)).toContain('state-folder-unwritable')
})

test('an ephemeral store is there at once and leaves nothing', async () => {
  const warnings: Warning[] = []
  await using kms = await Kms.ephemeral({ onWarning: (warning) => warnings.push(warning) })
  await kms.keys.create('user-data')
  expect(await kms.decryptText(await kms.encryptText('hello', under), under)).toBe('hello')
  expect(readdirSync(at())).toEqual([])
  expect(warnings).toEqual([])
})

test('a process that forgets to close ends all the same, and says nothing', { timeout: 60_000 }, async () => {
  await sealed()
  const script = fileURLToPath(new URL('./forgetful-process.mjs', import.meta.url))
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [script, url], { timeout: 30_000 })
  expect(stdout).toBe('sealed\n')
  expect(stderr).toBe('')
})

test('what a process made that forgets to close is remembered: the store of before is noticed', {
  timeout: 60_000,
}, async () => {
  await sealed()
  copyFileSync(at('app.keys'), at('before'))
  const script = fileURLToPath(new URL('./forgetful-process.mjs', import.meta.url))
  await promisify(execFile)(process.execPath, [script, url], { timeout: 30_000 })
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${at('app.keys')}${suffix}`, { force: true })
  copyFileSync(at('before'), at('app.keys'))
  await expect(Kms.open(url, { root: root() })).rejects.toMatchObject({ code: 'store-rolled-back' })
})

test('a creation that is refused leaves nothing beside the store that is there', async () => {
  await sealed()
  // On Node 20 libsql leaves its log beside the store however it is closed, and this shows nothing.
  const before = readdirSync(at())
  await expect(Kms.create(url, { root: root() })).rejects.toMatchObject({ code: 'store-exists' })
  expect(readdirSync(at())).toEqual(before)
})

test('how long an envelope to recipients will be is known before', async () => {
  await using kms = await Kms.ephemeral()
  await kms.keys.create('user-data')
  const to = await kms.recipient('user-data')
  const envelope = await kms.encrypt('hello', { to: [to, to], context })
  expect(envelope).toHaveLength(encryptedLength(5, [recipientLengths.key, recipientLengths.key]))
})
