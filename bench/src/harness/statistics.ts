/** The middle value; the mean of the two middle ones of an even count. @throws RangeError for no values. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** Linear interpolation between order statistics (type 7 of Hyndman and Fan 1996). `p` from 0 to 1. */
export function quantile(values: readonly number[], p: number): number {
  if (values.length === 0) throw new RangeError('no values')
  const sorted = [...values].sort((a, b) => a - b)
  const position = (sorted.length - 1) * p
  const below = Math.floor(position)
  const low = sorted[below]!
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!
  return low + (high - low) * (position - below)
}

/** The distance between the quartiles: how far apart the middle half of the values lies. */
export function interquartileRange(values: readonly number[]): number {
  return quantile(values, 0.75) - quantile(values, 0.25)
}

/** A median with the interval that holds the true one. */
export interface Estimate {
  readonly median: number
  readonly low: number
  readonly high: number
}

/**
 * The median with its distribution-free interval of at least 95 % (the sign test's, Conover, Practical Nonparametric
 * Statistics §3.2): the order statistics between which the true median lies, whatever the distribution. A neighbour that
 * takes the processor for one round moves a mean and its t interval, but not this one.
 * With fewer than 6 values no interval has 95 %: it is then unbounded, and no target can be met by it.
 */
export function estimate(values: readonly number[]): Estimate {
  const sorted = [...values].sort((a, b) => a - b)
  const n = sorted.length
  let tail = 0.5 ** n
  let term = tail
  let rank = 0
  // P(Binomial(n, 1/2) ≤ rank) is the chance that the true median lies below the order statistic `rank + 1`.
  while (tail <= 0.025) {
    rank++
    term = (term * (n - rank + 1)) / rank
    tail += term
  }
  return {
    median: median(values),
    low: rank === 0 ? Number.NEGATIVE_INFINITY : sorted[rank - 1]!,
    high: rank === 0 ? Number.POSITIVE_INFINITY : sorted[n - rank]!,
  }
}

/**
 * How many times as fast `ours` is as `theirs`, from times of the same rounds: above 1 where ours is faster.
 * Paired, because what slows a machine down for a while slows both down.
 */
export function speedRatio(ours: readonly number[], theirs: readonly number[]): Estimate {
  if (ours.length !== theirs.length) throw new RangeError('rounds do not pair up')
  return estimate(ours.map((time, round) => theirs[round]! / time))
}

/** By how much `ours` takes longer than `theirs`, from times of the same rounds, paired as in `speedRatio`. */
export function excess(ours: readonly number[], theirs: readonly number[]): Estimate {
  if (ours.length !== theirs.length) throw new RangeError('rounds do not pair up')
  return estimate(ours.map((time, round) => time - theirs[round]!))
}
