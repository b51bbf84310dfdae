import { type KeySlots, KmsError, type Primitives } from '@kms/core'
import { createWasmKeySlots, createWasmPrimitives } from '@kms/core/hazmat'
import { createHybridKeySlots } from './crypto/hybrid-key-slots.ts'
import { createHybridPrimitives } from './crypto/hybrid-primitives.ts'
import { createNativeKeySlots } from './crypto/native-key-slots.ts'
import { createNativePrimitives } from './crypto/native-primitives.ts'
import { createNodeWebCrypto } from './crypto/web-crypto.ts'

/** What encrypts: `auto` takes WASM for small messages and node:crypto for the rest; `native` is node:crypto alone. */
export type Backend = 'auto' | 'wasm' | 'native'

export interface BackendParts {
  readonly primitives: Primitives
  readonly slots: KeySlots
  /** For signatures: the same Ed25519 on every Node, whose own is experimental up to 22 and says so on stderr. */
  readonly crypto: Crypto
}

/** The primitives and slots of a backend, and the WebCrypto object that signs beside each. */
export function backendParts(backend: Backend = 'auto'): BackendParts {
  const crypto = nodeWebCrypto()
  switch (backend) {
    case 'auto':
      return { primitives: createHybridPrimitives(), slots: createHybridKeySlots(), crypto }
    case 'wasm':
      return { primitives: createWasmPrimitives(), slots: createWasmKeySlots(), crypto }
    case 'native':
      return { primitives: createNativePrimitives(), slots: createNativeKeySlots(), crypto }
    default:
      throw new KmsError('invalid-argument', 'The backend is auto, wasm or native.')
  }
}

type Crypto = typeof globalThis.crypto

let webCrypto: Crypto | undefined

/** The one WebCrypto object of this process. */
export function nodeWebCrypto(): Crypto {
  webCrypto ??= createNodeWebCrypto()
  return webCrypto
}
