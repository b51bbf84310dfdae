export { type Argon2idOptions, argon2id } from './argon2id.ts'
export { scrypt } from './scrypt.ts'
export { createWasmKeySlots, type WasmKeySlotsOptions } from './wasm-key-slots.ts'
export { createWasmPrimitives, type WasmPrimitives } from './wasm-primitives.ts'
