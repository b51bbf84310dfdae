import type { KeySlots, Primitives } from '@kms/core'
import { createWasmKeySlots, createWasmPrimitives } from '@kms/core/hazmat'
import { createNativeKeySlots, createNativePrimitives } from '@kms/node'

/** One of the two backends that the benches compare. */
export interface Backend {
  readonly primitives: Primitives
  slots(): KeySlots
}

/** The WASM module. */
export const wasmBackend: Backend = { primitives: createWasmPrimitives(), slots: createWasmKeySlots }

/** node:crypto alone. */
export const nativeBackend: Backend = { primitives: createNativePrimitives(), slots: createNativeKeySlots }
