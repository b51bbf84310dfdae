export type { RandomFill } from './salts.ts'
export { createWasmKeySlots, type WasmKeySlotsOptions } from './wasm-key-slots.ts'
export { createWasmPrimitives, type WasmPrimitives } from './wasm-primitives.ts'
