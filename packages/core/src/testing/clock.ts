/** A clock that stands still until it is put forward: the parts of a `Kms` that tell time. */
export interface TestClock {
  readonly wall: () => number
  readonly monotonic: () => number
  /** Puts the clock forward by as much, and takes no time. */
  readonly pause: (milliseconds: number) => Promise<void>
  /** Lets so many milliseconds pass, on both clocks. */
  advance(milliseconds: number): void
  /** Sets the wall clock forward, or back, alone: what a wrong clock or a careless administrator does. */
  jump(milliseconds: number): void
}

/**
 * Makes a clock for tests: `Kms.create({ ...parts, ...testClock() })`. Timers (renewing leases in the background, watching a store) go on
 * in real time.
 * @param start of the wall clock; 2026-01-01 unless given
 */
export function testClock(start: Date = new Date('2026-01-01T00:00:00Z')): TestClock {
  let passed = 0
  let ahead = 0
  return {
    wall: () => start.getTime() + passed + ahead,
    monotonic: () => passed,
    async pause(milliseconds) {
      passed += milliseconds
    },
    advance(milliseconds) {
      passed += milliseconds
    },
    jump(milliseconds) {
      ahead += milliseconds
    },
  }
}
