// Algorithms and key slots without the rules that keep their use safe. Prefer `Kms`.
export {
  createWasmKeySlots,
  createWasmPrimitives,
  type RandomFill,
  type WasmKeySlotsOptions,
  type WasmPrimitives,
} from './crypto/wasm/index.ts'
