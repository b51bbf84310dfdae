import { createHash, pbkdf2Sync } from 'node:crypto'
import { expect, test } from 'vitest'
import { percentileRows } from '../../src/harness/percentiles.ts'

test('single calls are timed by mitata where they take microseconds', async () => {
  const data = Buffer.alloc(4096)
  const run = () => createHash('sha256').update(data).digest()
  const rows = await percentileRows({ name: 'hash', subjects: [{ name: 'sha256', run, verify: () => true }] })
  expect(rows.map((row) => [row.work, row.unit])).toEqual([
    ['hash, single calls (mitata)', 'µs'],
    ['hash, 99th percentile (mitata)', 'µs'],
  ])
  expect(rows[1]!.median).toBeGreaterThanOrEqual(rows[0]!.median)
})

test('single calls are timed by benny where they take milliseconds, and standard output stays ours', async () => {
  const { log } = console
  const run = () => pbkdf2Sync('password', 'salt', 300_000, 32, 'sha256')
  const rows = await percentileRows({ name: 'derive', subjects: [{ name: 'pbkdf2', run, verify: () => true }] })
  expect(rows).toMatchObject([{ work: 'derive, single calls (benny)', subject: 'pbkdf2', unit: 'ms' }])
  expect(rows[0]!.median).toBeGreaterThan(10)
  expect(console.log).toBe(log)
}, 30_000)
