import type { KeySlots, Primitives } from '@kms/core'
import { createNativeKeySlots, createNativePrimitives } from '@kms/node'

/** An implementation of the algorithms and of the key slots, to run every vector on. */
export interface Backend {
  readonly name: string
  readonly primitives: Primitives
  readonly slots: KeySlots
}

/** Every backend there is. */
export function backends(): readonly Backend[] {
  return [{ name: 'native', primitives: createNativePrimitives(), slots: createNativeKeySlots() }]
}
