import { Kms, keyRoot, MemoryStore } from '@kms/core'
import { expect, test } from 'vitest'
import { type Clocks, leaseClock } from '../../src/access/lease-clock.ts'
import { backendParts } from '../../src/backend.ts'

const year = 365 * 86_400_000

/** A machine whose clocks are moved by hand. */
function machine(): Clocks & { pass(ms: number): void; suspend(ms: number): void; setWall(ms: number): void } {
  let [monotonic, boot, wall] = [5_000, 90_000, 1_800_000_000_000]
  return {
    monotonic: () => monotonic,
    // As /proc/uptime has it.
    sinceBoot: () => Math.round(boot / 10) * 10,
    wall: () => wall,
    pass(ms) {
      monotonic += ms
      boot += ms
      wall += ms
    },
    suspend(ms) {
      boot += ms
      wall += ms
    },
    setWall(ms) {
      wall += ms
    },
  }
}

test('it runs as the monotonic clock does, and never back', () => {
  const clocks = machine()
  const now = leaseClock(clocks)
  const start = now()
  let last = start
  for (let i = 1; i <= 2_000; i++) {
    clocks.pass(7.3)
    expect(now()).toBeGreaterThanOrEqual(last)
    last = now()
  }
  expect(last - start).toBeCloseTo(2_000 * 7.3, 5)
})

test.each([40_000, 3_600_000, 30 * 86_400_000])('a suspension of %d ms has passed at the next look', (ms) => {
  const clocks = machine()
  const now = leaseClock(clocks)
  const start = now()
  clocks.pass(1)
  clocks.suspend(ms)
  expect(now() - start).toBeGreaterThan(ms - 20)
  expect(now() - start).toBeLessThan(ms + 20)
})

test('a suspension is seen within a quarter of a second where the wall clock stayed behind', () => {
  const clocks = machine()
  const now = leaseClock(clocks)
  const start = now()
  clocks.suspend(60_000)
  clocks.setWall(-60_000)
  clocks.pass(251)
  expect(now() - start).toBeGreaterThan(60_000)
})

test('a wall clock that leaps forward ends leases, one that is set back changes nothing, and nothing lengthens them', () => {
  const clocks = machine()
  const now = leaseClock(clocks)
  const start = now()
  clocks.setWall(-year)
  clocks.pass(1_000)
  expect(now() - start).toBe(1_000)
  clocks.setWall(year)
  expect(now() - start).toBe(1_000 + year)
  clocks.pass(1_000)
  expect(now() - start).toBe(2_000 + year)
})

test('a machine that tells no time since boot runs on the others', () => {
  const clocks = machine()
  const now = leaseClock({ ...clocks, sinceBoot: () => undefined })
  const start = now()
  clocks.pass(900)
  expect(now() - start).toBe(900)
  clocks.setWall(50_000)
  expect(now() - start).toBe(50_900)
})

test('a handle does not go on with a lease that ran out while its machine was suspended', async () => {
  const clocks = machine()
  const root = keyRoot(crypto.getRandomValues(new Uint8Array(32)))
  const parts = { ...backendParts(), store: new MemoryStore(), monotonic: leaseClock(clocks) }
  await using kms = await Kms.create({ ...parts, roots: [root], lease: 30_000 })
  await kms.keys.create('k')
  const key = await kms.use('k')
  const context = { table: 'users' }
  clocks.pass(20_000)
  key.seal('x', context)
  clocks.suspend(3_600_000)
  expect(() => key.seal('x', context)).toThrow(expect.objectContaining({ code: 'lease-expired' }))
  await key.renew()
  key.seal('x', context)
})

test('this machine’s own clocks agree', async () => {
  const now = leaseClock()
  const [start, begun] = [now(), performance.now()]
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(Math.abs(now() - start - (performance.now() - begun))).toBeLessThan(20)
})
