import { expect, test } from 'vitest'
import { KmsError, type LastSeen, memoryLastSeen } from '../../src/index.ts'
import { codeOf, newKms, openKms, rewrite } from '../kms/memory-kms.ts'

// When a process remembers what it saw of a store, for those that begin after it.

/** A last-seen state that takes its time, as a file that is synced does. */
function slowLastSeen(): { lastSeen: LastSeen; writes: () => number } {
  const memory = memoryLastSeen()
  let writes = 0
  let writing = 0
  const lastSeen: LastSeen = {
    read: (fingerprint) => memory.read(fingerprint),
    async write(...what) {
      writes++
      if (++writing > 1) throw new Error('Two writes at once.')
      await new Promise((resolve) => setTimeout(resolve, 150))
      await memory.write(...what)
      writing--
    },
  }
  return { lastSeen, writes: () => writes }
}

test('many changes are written together, one write at a time, the newest always', async () => {
  const { lastSeen, writes } = slowLastSeen()
  const warnings: string[] = []
  const { kms, store } = await newKms({ lastSeen, onWarning: ({ code }) => warnings.push(code) })
  const before = writes()
  for (let i = 0; i < 50; i++) await kms.keys.create(`k${i}`)
  const copy = await rewrite(store, 'none', (bytes) => bytes)
  await kms.keys.create('last')
  await kms.close()
  expect(writes() - before).toBeLessThan(25)
  expect(warnings).toEqual(['single-root'])
  expect(await codeOf(() => openKms(copy, { lastSeen }))).toBe('store-rolled-back')
})

test('writes that nobody waits for are a quarter of a second apart, and one for whom somebody waits is not', async () => {
  const memory = memoryLastSeen()
  const writes: number[] = []
  const lastSeen: LastSeen = {
    read: (fingerprint) => memory.read(fingerprint),
    write(...what) {
      writes.push(performance.now())
      return memory.write(...what)
    },
  }
  const { kms } = await newKms({ lastSeen })
  await kms.keys.create('waited')
  const before = writes.length
  for (const end = performance.now() + 600; performance.now() < end; ) await kms.keys.create(crypto.randomUUID())
  const pauses = writes.slice(before).map((time, i) => time - (writes[before + i - 1] as number))
  expect(pauses.length).toBeGreaterThanOrEqual(1)
  // A timer may be a little early.
  expect(Math.min(...pauses)).toBeGreaterThan(230)
  await kms.keys.disable('waited')
  expect(performance.now() - (writes.at(-1) as number)).toBeLessThan(100)
  await kms.close()
})

test('what a process opens with, and each change of what was there, is remembered before the call returns', async () => {
  const { kms, store } = await newKms()
  const created = await rewrite(store, 'none', (bytes) => bytes)
  await kms.keys.create('k')
  const { lastSeen } = slowLastSeen()
  const process = await openKms(store, { lastSeen })
  expect(await codeOf(() => openKms(created, { lastSeen }))).toBe('store-rolled-back')
  const before = await rewrite(store, 'none', (bytes) => bytes)
  await process.keys.disable('k')
  expect(await codeOf(() => openKms(before, { lastSeen }))).toBe('store-rolled-back')
  await process.close()
})

test('what cannot be remembered is an error of a change, which was made, and a warning otherwise', async () => {
  const memory = memoryLastSeen()
  const broken = { now: false }
  const lastSeen: LastSeen = {
    read: (fingerprint) => memory.read(fingerprint),
    async write(...what) {
      if (broken.now) throw new KmsError('file-unavailable', 'Another process holds the lock.')
      await memory.write(...what)
    },
  }
  const { kms, store } = await newKms({ lastSeen })
  await kms.keys.create('k')
  await kms.close()
  const created = await rewrite(store, 'none', (bytes) => bytes)
  broken.now = true
  const warnings: string[] = []
  const process = await openKms(store, { lastSeen, onWarning: ({ code }) => warnings.push(code) })
  await process.encrypt('x', { key: 'k', context: { a: 'b' } })
  const requestId = crypto.randomUUID()
  const disable = (): Promise<unknown> => process.keys.disable('k', undefined, { requestId })
  for (let i = 0; i < 2; i++) {
    const error = await disable().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'file-unavailable',
      message: expect.stringContaining('was made'),
      retry: false,
    })
  }
  expect(warnings).toContain('last-seen-unwritten')
  expect((await process.keys.show('k')).versions).toMatchObject([{ state: 'suspended' }])
  broken.now = false
  await disable()
  expect(await codeOf(() => openKms(created, { lastSeen }))).toBe('store-rolled-back')
  broken.now = true
  await process.close()
})
