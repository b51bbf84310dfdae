// Algorithms and key slots without the rules that keep their use safe. Prefer `Kms`.

export type { DeterministicKeySlots } from './crypto/key-slots.ts'
export {
  createWasmKeySlots,
  createWasmPrimitives,
  type RandomFill,
  type WasmKeySlotsOptions,
  type WasmPrimitives,
} from './crypto/wasm/index.ts'
