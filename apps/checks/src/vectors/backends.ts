import type { KeySlots, Primitives } from '@kms/core'
import { createWasmKeySlots, createWasmPrimitives } from '@kms/core/hazmat'
import { createNativeKeySlots, createNativePrimitives } from '@kms/node'

/** An implementation of the algorithms and of the key slots, to run every vector on. */
export interface Backend {
  readonly name: string
  readonly primitives: Primitives
  readonly slots: KeySlots
}

/** Every backend there is. */
export function backends(): readonly Backend[] {
  return [
    { name: 'wasm', primitives: createWasmPrimitives(), slots: createWasmKeySlots() },
    { name: 'native', primitives: createNativePrimitives(), slots: createNativeKeySlots() },
  ]
}
