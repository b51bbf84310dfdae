import { expect, test } from 'vitest'
import { type LastSeen, memoryLastSeen } from '../../src/index.ts'
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
