/** Count, mean and sum of squared deviations of a growing sample (Welford 1962). */
class Moments {
  count = 0
  mean = 0
  #squares = 0

  add(x: number): void {
    this.count++
    const difference = x - this.mean
    this.mean += difference / this.count
    this.#squares += difference * (x - this.mean)
  }

  /** Of the mean: the sample's variance over its count. */
  get error(): number {
    return this.#squares / (this.count - 1) / this.count
  }
}

/** What tells two classes of measurements apart. */
export interface Leak {
  /** Welch's t, the worst of the cropped tests. */
  readonly t: number
  /** How much longer the second class takes, in that test. */
  readonly difference: number
  /** Of both classes together. */
  readonly median: number
}

/** Percentiles: what interrupts a measurement only makes it longer, so that tests over the shorter ones see more. */
const crops = [0.5, 0.75, 0.9, 0.95, 0.99, 1]
const fewest = 100

/**
 * Whether two classes take the same time (Reparaz, Balasch and Verbauwhede, "Dude, is my code constant time?", DATE 2017, §3): Welch's t
 * over all measurements, and over those up to some percentiles of both classes together.
 * @param times in any unit
 * @param classes 0 or 1 for each
 */
export function leakOf(times: Float64Array, classes: Uint8Array): Leak {
  const sorted = times.slice().sort()
  const at = (part: number): number => sorted[Math.floor(part * (sorted.length - 1))] ?? 0
  const tests = crops.map((part) => test(times, classes, at(part)))
  const worst = tests.reduce((one, other) => (Math.abs(other.t) > Math.abs(one.t) ? other : one))
  return { ...worst, median: at(0.5) }
}

function test(times: Float64Array, classes: Uint8Array, limit: number): { t: number; difference: number } {
  const [a, b] = [new Moments(), new Moments()]
  for (let i = 0; i < times.length; i++) {
    const time = times[i] as number
    if (time > limit) continue
    if (classes[i] === 0) a.add(time)
    else b.add(time)
  }
  const difference = b.mean - a.mean
  if (a.count < fewest || b.count < fewest) return { t: 0, difference }
  const error = Math.sqrt(a.error + b.error)
  // Without any spread a difference is certain.
  const t = error > 0 ? difference / error : difference === 0 ? 0 : Math.sign(difference) * Number.POSITIVE_INFINITY
  return { t, difference }
}
