export { type Argon2idCost, type Argon2idOptions, argon2id } from './argon2id.ts'
export { type ScryptCost, scrypt } from './scrypt.ts'
export { createWasmKeySlots, type WasmKeySlotsOptions } from './wasm-key-slots.ts'
export { createWasmPrimitives, type WasmPrimitives } from './wasm-primitives.ts'
