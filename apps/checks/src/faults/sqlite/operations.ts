/** What a writer does: pairs of a key made and the same key rotated. Planned, so that whoever looks later knows what was under way. */
export interface Operation {
  readonly kind: 'create' | 'rotate'
  readonly key: string
}

/** @param number 1 for a run's first operation */
export function planned(run: number, number: number): Operation {
  const pair = Math.ceil(number / 2)
  return { kind: number % 2 === 1 ? 'create' : 'rotate', key: `key ${run}.${pair}` }
}

/** One line of a writer's acknowledgements: an operation that it was told is done, and what it sealed with the result. */
export interface Acknowledgement extends Operation {
  readonly operation: number
  /** Of the new version. */
  readonly version: string
  readonly plaintext: string
  /** In its text form. */
  readonly envelope: string
}

export const sealedUnder = (operation: Operation): { key: string; context: { test: string } } => ({
  key: operation.key,
  context: { test: 'faults' },
})
