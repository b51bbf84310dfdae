import type { Machine } from './machine.ts'
import type { Timing } from './measure.ts'
import { type Estimate, excess, interquartileRange, median, speedRatio } from './statistics.ts'

/** One figure: how long one call of a subject takes, or how large something is. */
export interface Row {
  readonly work: string
  readonly subject: string
  readonly median: number
  /** The distance between the quartiles, in the same unit. */
  readonly spread: number
  readonly unit: 'µs' | 'ms' | 'KiB' | 'MiB' | 'bytes' | 'a second'
}

/** What was aimed at, and what came out. `measured` is null where the part is not built yet: such a target is not met. */
export interface Target {
  readonly work: string
  /** The subject the ratio is to, or the unit of a bound on a figure of our own. */
  readonly against: string
  readonly atLeast?: number
  readonly atMost?: number
  readonly measured: number | null
  /** The 95 % interval of `measured`, where it is a ratio. */
  readonly interval?: readonly [number, number]
  /** Whether the whole interval is on the right side: its lower end reaches `atLeast`, its upper end `atMost`. */
  readonly met: boolean
}

/** The JSON of every bench. */
export interface Report {
  readonly name: string
  readonly machine: Machine
  readonly rows: readonly Row[]
  readonly targets: readonly Target[]
  /** Work that could not be measured, and why. */
  readonly notes: readonly string[]
}

/** A bound: exactly one of the two. */
export type Bound =
  | { readonly atLeast: number; readonly atMost?: never }
  | { readonly atMost: number; readonly atLeast?: never }

/** Turns the timings of one piece of work into rows. */
export function timingRows(work: string, timings: readonly Timing[]): Row[] {
  return timings.map(({ subject, times }) => rowOf(work, subject, median(times), interquartileRange(times)))
}

/** A row from nanoseconds: microseconds below 10 ms, milliseconds above. */
export function rowOf(work: string, subject: string, nanoseconds: number, spread: number): Row {
  const milliseconds = nanoseconds >= 1e7
  const scale = milliseconds ? 1e6 : 1e3
  return {
    work,
    subject,
    median: round(nanoseconds / scale),
    spread: round(spread / scale),
    unit: milliseconds ? 'ms' : 'µs',
  }
}

/**
 * A target on speed: how many times as fast as `against` `ours` is.
 * @throws Error if `timings` hold no subject of one of the names
 */
export function speedTarget(
  work: string,
  timings: readonly Timing[],
  ours: string,
  against: string,
  bound: Bound,
): Target {
  return ratioTarget(work, against, bound, speedRatio(timesOf(timings, ours), timesOf(timings, against)))
}

/** A target on time: how many times as long as `against` `ours` takes. */
export function timeTarget(
  work: string,
  timings: readonly Timing[],
  ours: string,
  against: string,
  bound: Bound,
): Target {
  return ratioTarget(work, against, bound, speedRatio(timesOf(timings, against), timesOf(timings, ours)))
}

/** A target on what a call costs beyond what it is made of: by how many microseconds `ours` takes longer than `against`. */
export function excessTarget(
  work: string,
  timings: readonly Timing[],
  ours: string,
  against: string,
  bound: Bound,
): Target {
  const { median, low, high } = excess(timesOf(timings, ours), timesOf(timings, against))
  return ratioTarget(work, `µs over ${against}`, bound, { median: median / 1e3, low: low / 1e3, high: high / 1e3 })
}

/** A target on a figure of our own, such as a size; without an interval, where the figure does not vary. */
export function figureTarget(work: string, unit: string, bound: Bound, figure: number | Estimate): Target {
  if (typeof figure !== 'number') return ratioTarget(work, unit, bound, figure)
  const met = bound.atLeast === undefined ? figure <= bound.atMost : figure >= bound.atLeast
  return { work, against: unit, ...bound, measured: round(figure), met }
}

/** A target whose part is not there yet. */
export function missedTarget(work: string, against: string, bound: Bound): Target {
  return { work, against, ...bound, measured: null, met: false }
}

function ratioTarget(work: string, against: string, bound: Bound, { median, low, high }: Estimate): Target {
  const met = bound.atLeast === undefined ? high <= bound.atMost : low >= bound.atLeast
  return { work, against, ...bound, measured: round(median), interval: [round(low), round(high)], met }
}

function timesOf(timings: readonly Timing[], subject: string): readonly number[] {
  const timing = timings.find((candidate) => candidate.subject === subject)
  if (timing === undefined) throw new Error(`No subject "${subject}" was timed.`)
  return timing.times
}

/** Four significant digits: more would claim a precision that no run has. */
const round = (value: number): number => Number(value.toPrecision(4))
