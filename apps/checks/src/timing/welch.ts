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

/** Welch's t between two classes of measurements, of those under a threshold. */
class CroppedTest {
  readonly #limit: number
  readonly #classes = [new Moments(), new Moments()] as const

  constructor(limit: number) {
    this.#limit = limit
  }

  add(of: 0 | 1, x: number): void {
    if (x <= this.#limit) this.#classes[of].add(x)
  }

  get t(): number {
    const [a, b] = this.#classes
    if (a.count < 100 || b.count < 100) return 0
    const error = Math.sqrt(a.error + b.error)
    return error === 0 ? 0 : (a.mean - b.mean) / error
  }

  /** How much longer the second class takes. */
  get difference(): number {
    return this.#classes[1].mean - this.#classes[0].mean
  }
}

/**
 * Whether two classes take the same time (Reparaz, Balasch and Verbauwhede, "Dude, is my code constant time?", DATE 2017, §3):
 * t over all measurements and over those below some percentiles, since what interrupts a measurement only makes it longer.
 */
export class LeakTest {
  readonly #tests: readonly CroppedTest[]

  /** @param calibration measurements of both classes, taken before, from which the percentiles come */
  constructor(calibration: readonly number[]) {
    const sorted = [...calibration].sort((a, b) => a - b)
    const at = (part: number): number => sorted[Math.floor(part * (sorted.length - 1))] ?? 0
    const limits = [0.5, 0.75, 0.9, 0.95, 0.99].map(at)
    this.#tests = [...limits, Number.POSITIVE_INFINITY].map((limit) => new CroppedTest(limit))
  }

  add(of: 0 | 1, x: number): void {
    for (const test of this.#tests) test.add(of, x)
  }

  /** The worst of the tests. */
  get worst(): { readonly t: number; readonly difference: number } {
    return this.#tests.reduce((worst, test) => (Math.abs(test.t) > Math.abs(worst.t) ? test : worst))
  }
}
