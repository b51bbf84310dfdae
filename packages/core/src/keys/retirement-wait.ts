/** Part of the lease that is waited for beyond it: clocks of different machines do not run equally fast. */
const leaseMargin = 1.1

/** Milliseconds after a commit for which other processes may still act on what was before it (contents-v1 §Leases and last-seen state). */
export const settledAfter = (lease: number): number => Math.ceil(lease * leaseMargin)
