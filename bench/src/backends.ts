import type { KeySlots, Primitives } from '@kms/core'
import { createNativeKeySlots, createNativePrimitives } from '@kms/node'

/** The two backends, as the benches compare them. */
export interface Backend {
  readonly primitives: Primitives
  slots(): KeySlots
}

/** The WASM module; undefined as long as it is not built. */
export const wasmBackend: Backend | undefined = undefined

/** node:crypto alone. */
export const nativeBackend: Backend = { primitives: createNativePrimitives(), slots: createNativeKeySlots }
