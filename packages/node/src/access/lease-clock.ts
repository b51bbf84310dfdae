import { readFileSync } from 'node:fs'

/** The clocks of a machine, each in milliseconds. */
export interface Clocks {
  /** Never goes back; on Linux it stands still while the machine is suspended. */
  monotonic(): number
  /** Since the machine was started, suspended or not; undefined where nothing tells, as everywhere but on Linux. */
  sinceBoot(): number | undefined
  wall(): number
}

/** How often the time since boot is looked at while the wall clock has not leapt: reading it costs 10 µs. */
const lookEveryMs = 250
/** A wall clock that gains no more than this between two calls has not leapt, and a suspension that short is none. */
const toleranceMs = 1_000

/**
 * The clock that leases run on: what has passed on the monotonic one, and what it slept through. Where a suspended machine stops that
 * clock, the time since boot tells; where a host stopped a whole virtual machine, only a wall clock that leaps forward when it is set
 * right. A leap that was no pause ends a lease early, which costs a reading of the store; it never makes one longer.
 */
export function leaseClock(clocks: Clocks = systemClocks): () => number {
  let then = clocks.monotonic()
  let wallThen = clocks.wall()
  let lookedAt = then
  let asleep = sleptSoFar(clocks, then)
  let ahead = 0
  return () => {
    const now = clocks.monotonic()
    const wall = clocks.wall()
    const leapt = wall - wallThen - (now - then)
    const hasLeapt = leapt > toleranceMs
    then = now
    wallThen = wall
    if (hasLeapt || now - lookedAt > lookEveryMs) {
      lookedAt = now
      const slept = sleptSoFar(clocks, now) - asleep
      if (slept > toleranceMs) asleep += slept
      ahead += Math.max(slept > toleranceMs ? slept : 0, hasLeapt ? leapt : 0)
    }
    return now + ahead
  }
}

/** By how much the time since boot is ahead of the monotonic clock; it grows while the machine is suspended. */
const sleptSoFar = (clocks: Clocks, now: number): number => (clocks.sinceBoot() ?? now) - now

const systemClocks: Clocks = {
  monotonic: () => performance.now(),
  sinceBoot: process.platform === 'linux' ? uptime : () => undefined,
  wall: () => Date.now(),
}

/** CLOCK_BOOTTIME, to 10 ms. */
function uptime(): number | undefined {
  try {
    const seconds = Number.parseFloat(readFileSync('/proc/uptime', 'latin1'))
    return Number.isFinite(seconds) ? seconds * 1_000 : undefined
  } catch {
    return undefined
  }
}
