import type { Run } from './measure.ts'

/** Of |t|, the median of the runs: below where the time must not depend on the secret, above where it does. */
export const constantBelow = 4.5
export const leakyAbove = 50

/** What the runs over one target say together; medians. */
export interface Verdict {
  readonly good: boolean
  readonly t: number
  /** Nanoseconds a call. */
  readonly difference: number
  readonly time: number
}

/**
 * @param leaky whether the target is one that must be found
 * @param within what the classes may differ by, as a part of a call's time, where t is above; nothing unless given
 */
export function verdict(runs: readonly Run[], leaky: boolean, within = 0): Verdict {
  const t = median(runs.map(({ leak }) => Math.abs(leak.t)))
  const time = median(runs.map((run) => run.time))
  const difference = median(runs.map((run) => Math.abs(run.difference)))
  const good = leaky ? t > leakyAbove : t < constantBelow || difference < within * time
  return { good, t, difference, time }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}
