import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { nativeFrom } from '../../src/crypto/hybrid-key-slots.ts'
import { nativeHashesFrom, nativeFrom as nativeMacsFrom } from '../../src/crypto/hybrid-primitives.ts'

interface Measured {
  readonly machine: { readonly node: string; readonly date: string }
  readonly crossovers: readonly {
    readonly work: string
    /** How many times as fast native is: median, and the ends of its interval. */
    readonly ratios: readonly { readonly size: number; readonly native: readonly [number, number, number] }[]
  }[]
}

const file = new URL('../../../../bench/data/crossover.json', import.meta.url)
const measured = JSON.parse(readFileSync(file, 'utf8')) as readonly Measured[]
const works = measured.flatMap(({ machine, crossovers }) =>
  crossovers.map(({ work, ratios }) => ({ node: machine.node, work, ratios })),
)

/** What the wrong side of a number between sizes may cost: the crossover differs by Node version, and there is one number. */
const tolerated = 1.25

test('crossovers are measured on the oldest and on the newest Node that is supported for long', () => {
  expect(measured.map(({ machine }) => Number.parseInt(machine.node, 10))).toEqual(expect.arrayContaining([20, 24]))
})

test.each(works.filter(({ work }) => work.startsWith('envelope')))(
  'Node $node, $work: messages are encrypted where it is faster',
  ({ ratios }) => {
    for (const { size, native } of ratios) {
      const [median, low, high] = native
      expect(size < nativeFrom ? median : 1 / median, `${size} bytes`).toBeLessThan(tolerated)
      // Away from the crossover there is no doubt about it.
      if (size <= nativeFrom / 4) expect(high, `${size} bytes`).toBeLessThan(1)
      if (size >= nativeFrom * 4) expect(low, `${size} bytes`).toBeGreaterThan(1)
    }
  },
)

test.each(works.filter(({ work }) => work.startsWith('HMAC')))(
  'Node $node, $work: what is left to native crypto is faster there',
  ({ ratios }) => {
    const left = ratios.filter(({ size }) => size >= nativeMacsFrom)
    expect(left.length).toBeGreaterThan(0)
    for (const { native } of left) expect(native[1]).toBeGreaterThan(1)
  },
)

test.each(works.filter(({ work }) => work.startsWith('SHA')))(
  'Node $node, $work: short inputs are hashed where it is faster',
  ({ ratios }) => {
    for (const { size, native } of ratios.filter(({ size }) => size < nativeHashesFrom)) {
      expect(native[0], `${size} bytes`).toBeLessThan(tolerated)
      if (size <= nativeHashesFrom / 4) expect(native[2], `${size} bytes`).toBeLessThan(1)
    }
  },
)
