import { KmsError } from '../errors.ts'
import type { HeadRecord } from '../store/records.ts'

const hour = 3_600_000

/** Times that are written down, to hold a clock against. */
export interface WrittenTimes {
  /** When the last thing was done, by whoever did it. */
  readonly last: number
  /** How long usually passes between two of them, milliseconds; 0 if that is not known yet. */
  readonly usualGap: number
}

/** How often something is written to a ring's log, from its head. */
export function usualTimes({ created }: { readonly created: number }, head: HeadRecord): WrittenTimes {
  return { last: head.time, usualGap: Math.max(1, (head.time - created) / head.size) }
}

/**
 * Refuses to act on a clock that may have jumped: one that is more than an hour behind what was written last, or that says that ten
 * times the usual time has passed, and more than an hour (store-format §Leases are reads).
 * @param what is not done, for the message
 * @throws `clock-implausible`
 */
export function checkClock(now: number, { last, usualGap }: WrittenTimes, what: string): void {
  const passed = now - last
  const behind = passed < -hour
  const ahead = usualGap > 0 && passed > Math.max(hour, 10 * usualGap)
  if (!behind && !ahead) return
  const says = new Date(now).toISOString()
  throw new KmsError(
    'clock-implausible',
    behind
      ? `This machine's clock says ${says}, before ${new Date(last).toISOString()}, when something was last done. ${what} Set the clock.`
      : `This machine's clock says ${says}; the last was done on ${new Date(last).toISOString()}, and usually less than a tenth of that passes. ${what} If the clock is right, say so once: acceptClock, or --accept-clock.`,
  )
}
