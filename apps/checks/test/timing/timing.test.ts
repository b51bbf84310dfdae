import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { verdict } from '../../src/timing/judge.ts'
import type { Run } from '../../src/timing/measure.ts'
import { leakOf } from '../../src/timing/welch.ts'

const main = fileURLToPath(new URL('../../dist/timing/main.js', import.meta.url))

/** Numbers below 1 that are the same in every run (Marsaglia, "Xorshift RNGs", 2003). */
function numbers(seed: number): () => number {
  let x = seed
  return () => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return (x >>> 0) / 2 ** 32
  }
}

/** Times around 1000 with a long tail, the second class's longer by `shift`. */
function samples(count: number, shift: number): { times: Float64Array; classes: Uint8Array } {
  const next = numbers(7)
  const classes = Uint8Array.from({ length: count }, () => Number(next() < 0.5))
  const times = Float64Array.from(classes, (of) => {
    const interrupted = next() < 0.02 ? 50_000 * next() : 0
    return 1000 + 20 * (next() + next() + next()) + interrupted + of * shift
  })
  return { times, classes }
}

const leak = (count: number, shift: number): number => {
  const { times, classes } = samples(count, shift)
  return leakOf(times, classes).t
}

test('Welch’s t is that of the textbook', () => {
  const times = Float64Array.from([...Array(200).keys()])
  // Means 99 and 100; both samples have the variance 4·(100² − 1)/12·100/99.
  const t = leakOf(
    times,
    Uint8Array.from(times, (i) => i % 2),
  ).t
  expect(t).toBeCloseTo(1 / Math.sqrt((2 * ((4 * 9999) / 12) * (100 / 99)) / 100), 10)
})

test('classes that take the same time are not told apart, whatever interrupts them', () => {
  expect(Math.abs(leak(100_000, 0))).toBeLessThan(4.5)
})

test('a difference of a thousandth is found in spite of interruptions that hide it from the mean', () => {
  expect(leak(100_000, 1)).toBeGreaterThan(4.5)
  const { times, classes } = samples(100_000, 1)
  const mean = (of: number): number => {
    const own = times.filter((_, i) => classes[i] === of)
    return own.reduce((sum, time) => sum + time, 0) / own.length
  }
  expect(leakOf(times, classes).difference).toBeLessThan(1.5)
  expect(Math.abs(mean(1) - mean(0))).toBeGreaterThan(1.5)
})

test('a difference without any spread is certain, and no difference is none', () => {
  const classes = Uint8Array.from({ length: 400 }, (_, i) => i & 1)
  expect(leakOf(Float64Array.from(classes), classes).t).toBe(Number.POSITIVE_INFINITY)
  expect(leakOf(new Float64Array(400).fill(3), classes).t).toBe(0)
})

const runs = (ts: readonly number[], difference = 1): Run[] =>
  ts.map((t) => ({ leak: { t, difference, median: 0 }, difference, time: 1000 }))

test.each([
  ['one run over the bound is not the median', [1, 2, 9, -1, 3], false, undefined, true],
  ['a negative t counts as its size', [-6, -7, -8, 1, 1], false, undefined, false],
  ['what leaks must be far over it', [60, 49, 48, 70, 20], true, undefined, false],
  ['and is, when it is', [60, 80, 48, 70, 20], true, undefined, true],
  ['a difference that is allowed', [9, 9, 9, 9, 9], false, 0.0025, true],
  ['one that is more than allowed', [9, 9, 9, 9, 9], false, 0.0005, false],
] as const)('%s', (_, ts, leaky, within, good) => {
  expect(verdict(runs(ts), leaky, within).good).toBe(good)
})

test('both pieces of leaky code are found', { timeout: 300_000 }, () => {
  const args = [main, '--only', 'leaky', '--measurements', '20000']
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect(stdout.trim().split('\n').at(-1)).toBe('2 passed, 0 failed')
  expect(status).toBe(0)
})

test.each([[['--measurements', '100']], [['--measurements', 'x']], [['--what']], [['more']]])(
  'usage is explained for %j',
  (args) => {
    expect(spawnSync(process.execPath, [main, ...args]).status).toBe(2)
  },
)

test('a name that no target has is a failure', () => {
  expect(spawnSync(process.execPath, [main, '--only', 'nothing']).status).toBe(1)
})
