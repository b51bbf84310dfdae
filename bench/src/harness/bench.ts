import type { Effort } from './measure.ts'
import type { Report } from './report.ts'

/** What the command line asked of a bench. */
export interface BenchOptions {
  readonly effort: Effort
  /** Whether only to show that it works. */
  readonly quick: boolean
  /** Rounds and bytes asked for on the command line. */
  readonly rounds?: number
  readonly size?: number
  /** Keys that a store is filled with, and the file that it stays in; a temporary one unless given. */
  readonly keys?: number
  readonly store?: string
  /** Whether single calls are timed too, by mitata and benny, for percentiles. */
  readonly percentiles: boolean
  /** Where a bench that keeps data writes it; nothing is written without it. */
  readonly output?: string
}

/** One question, asked by `npm run -s bench -- NAME`. */
export interface Bench {
  readonly name: string
  run(options: BenchOptions): Promise<Report>
}
