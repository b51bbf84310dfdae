/** Part of the lease that is waited for beyond it: clocks of different machines do not run equally fast. */
const leaseMargin = 1.1

/** Milliseconds after a commit for which other processes may still act on what was before it (store-format §Leases are reads). */
export const settledAfter = (lease: number): number => Math.ceil(lease * leaseMargin)
