/** One way to do a piece of work. What `run` returns is kept, so that no compiler can drop the call. */
export interface Subject {
  readonly name: string
  /** Does the work once. A promise is awaited, and its cost is part of the time, as it is for its users. */
  run(): unknown
  /** Checks what one `run` returned. Called before anything is timed, and once more after the last round. */
  verify(result: unknown): boolean | Promise<boolean>
}

/** Subjects that do the same, to be compared. */
export interface Work {
  readonly name: string
  readonly subjects: readonly Subject[]
}
