/** The steps of a rotation (requirement R3), in their order. What `kms rotation` and the docs print. */
export const rotationSteps = {
  generate: 'a new version is made, pre-active, and tested; the old one stays in use',
  distribute: 'every process that holds the key has the new version in memory',
  'dual-operation': 'the new version protects new data; the old one opens what it sealed, until the transition ends',
  're-encrypt': 'data of the old version is written anew',
  retire: 'the old version protects nothing any more, anywhere: leases that could name it have ended',
  destroy: 'the old version is destroyed, once nothing stands under it',
} as const

export type RotationStep = keyof typeof rotationSteps

/** The step under way, or how it ended. */
export type RotationStanding = RotationStep | 'done' | 'rolled-back'

/** Whether the primary has not moved yet. */
export const hasBegun = (step: string): boolean => step === 'generate' || step === 'distribute'

/** Whether there is nothing left to do. */
export const hasEnded = (step: string): boolean => step === 'done' || step === 'rolled-back'

/** What stands in the way of the steps that a later release takes. */
export const waitsForCensus =
  'This release does not count what stands under a version: the old one goes on opening it, and is not destroyed.'
