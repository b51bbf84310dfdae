import { type KeySlots, KmsError, type Primitives } from '@kms/core'
import { createWasmKeySlots, createWasmPrimitives } from '@kms/core/hazmat'
import { createHybridKeySlots } from './crypto/hybrid-key-slots.ts'
import { createHybridPrimitives } from './crypto/hybrid-primitives.ts'
import { createNativeKeySlots } from './crypto/native-key-slots.ts'
import { createNativePrimitives } from './crypto/native-primitives.ts'

/** What encrypts: `auto` takes WASM for small messages and node:crypto for the rest; `native` is node:crypto alone. */
export type Backend = 'auto' | 'wasm' | 'native'

/** The primitives and slots of a backend. */
export function backendParts(backend: Backend = 'auto'): { readonly primitives: Primitives; readonly slots: KeySlots } {
  switch (backend) {
    case 'auto':
      return { primitives: createHybridPrimitives(), slots: createHybridKeySlots() }
    case 'wasm':
      return { primitives: createWasmPrimitives(), slots: createWasmKeySlots() }
    case 'native':
      return { primitives: createNativePrimitives(), slots: createNativeKeySlots() }
    default:
      throw new KmsError('invalid-argument', 'The backend is auto, wasm or native.')
  }
}
