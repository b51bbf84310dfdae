/** Milliseconds. */
export const hour = 3_600_000
export const day: number = 24 * hour
