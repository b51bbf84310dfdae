import { describe, expect, test } from 'vitest'
import { estimate, excess, interquartileRange, median, quantile, speedRatio } from '../../src/harness/statistics.ts'

describe('statistics on known data', () => {
  test('the median is the middle value, or the mean of the two middle ones, in any order', () => {
    expect(median([9, 1, 5])).toBe(5)
    expect(median([4, 1, 3, 2])).toBe(2.5)
    expect(() => median([])).toThrow(RangeError)
  })

  test('quantiles interpolate between order statistics', () => {
    expect(quantile([1, 2, 3, 4, 5], 0.25)).toBe(2)
    expect(quantile([10, 20], 0.75)).toBe(17.5)
    expect(interquartileRange([1, 2, 3, 4, 5])).toBe(2)
  })

  // Ranks from the tables of the binomial distribution with p = 1/2.
  test.each([
    [6, 1, 6],
    [8, 1, 8],
    [10, 2, 9],
    [25, 8, 18],
    [60, 22, 39],
    [100, 40, 61],
  ])('the interval of %i values runs from the %ith to the %ith', (n, low, high) => {
    const values = Array.from({ length: n }, (_, i) => n - i)
    expect(estimate(values)).toMatchObject({ low, high })
  })

  test('five values are too few for any interval', () => {
    expect(estimate([1, 1, 1, 1, 1])).toEqual({
      median: 1,
      low: Number.NEGATIVE_INFINITY,
      high: Number.POSITIVE_INFINITY,
    })
  })

  test('an excess is the median of the differences within rounds, not of the medians', () => {
    expect(excess([12, 110, 22, 13, 14, 15], [10, 100, 20, 10, 10, 10])).toEqual({ median: 3.5, low: 2, high: 10 })
    expect(() => excess([1, 2], [1])).toThrow(RangeError)
  })

  test('the interval holds the true median in at least 95 of 100 draws', () => {
    // A linear congruential generator (Knuth, MMIX): the same draws in every run.
    let state = 42n
    const uniform = () => {
      state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn
      return Number(state >> 11n) / 2 ** 53
    }
    let held = 0
    for (let draw = 0; draw < 2_000; draw++) {
      // Skewed like times are: a floor, and a long tail. The median of -ln(u) is ln 2.
      const { low, high } = estimate(Array.from({ length: 30 }, () => 1 - Math.log(uniform())))
      if (low <= 1 + Math.LN2 && 1 + Math.LN2 <= high) held++
    }
    expect(held / 2_000).toBeGreaterThan(0.945)
  })
})

describe('speed ratios', () => {
  test('ours at half the time is twice as fast, in every round whatever the machine did', () => {
    const theirs = [10, 40, 12, 10, 11, 200, 10, 10]
    const ratio = speedRatio(
      theirs.map((time) => time / 2),
      theirs,
    )
    expect(ratio).toEqual({ median: 2, low: 2, high: 2 })
  })

  test('rounds that do not pair up are refused', () => {
    expect(() => speedRatio([1, 2], [1])).toThrow(RangeError)
  })
})
