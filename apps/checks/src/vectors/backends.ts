import type { KeySlots, Primitives } from '@kms/core'
import { createWasmKeySlots, createWasmPrimitives } from '@kms/core/hazmat'
import { backendParts } from '@kms/node'

/** An implementation of the algorithms, of the key slots and of WebCrypto, to run every vector on. */
export interface Backend {
  readonly name: string
  readonly primitives: Primitives
  readonly slots: KeySlots
  /** For key pairs. */
  readonly crypto: typeof globalThis.crypto
}

/** Every backend there is: with the module the platform's WebCrypto object, with node:crypto the one for Node. */
export function backends(): readonly Backend[] {
  return [
    { name: 'wasm', primitives: createWasmPrimitives(), slots: createWasmKeySlots(), crypto: globalThis.crypto },
    { name: 'native', ...backendParts('native') },
  ]
}
