/** A version of a key in memory, whatever its purpose. */
export interface VersionInMemory {
  readonly version: number
  /** Slots that it holds. */
  readonly slotsHeld: number
  /** Wipes it. */
  release(): void
}
