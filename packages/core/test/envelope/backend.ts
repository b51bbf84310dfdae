import { createWasmKeySlots, createWasmPrimitives } from '../../src/crypto/wasm/index.ts'
import type { KeySlots, Primitives } from '../../src/index.ts'

/** What the envelope's tests run on; the other backend runs the same vectors in `npm run -s vectors`. */
export const primitives: Primitives = createWasmPrimitives()
export const slots: KeySlots = createWasmKeySlots()
