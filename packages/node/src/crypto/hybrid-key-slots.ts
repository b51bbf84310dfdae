import { randomFillSync } from 'node:crypto'
import { type KeySlots, KmsError, type MessageKey, type Slot, type Suite } from '@kms/core'
import { createWasmKeySlots, poolLength, SaltPool } from '@kms/core/hazmat'
import { type BodyKey, openBody, sealBody, splitBody } from './native-body.ts'

/**
 * Bytes of message from which node:crypto's AEAD, call overhead included, beats the WASM module's, on the Node versions measured:
 * `npm run -s bench -- crossover`, whose figures are in bench/data/crossover.json, and which a test holds against this number.
 */
export const nativeFrom = 2048

export interface HybridKeySlotsOptions {
  /** Bytes of message from which node:crypto encrypts: 2,048 by default. 0 leaves the module only the derivation of keys. */
  readonly nativeFrom?: number
}

/**
 * Keys in the WASM module's slots, which alone derive; messages of `nativeFrom` bytes and more are encrypted by node:crypto with
 * the message's own key. The default backend.
 */
export function createHybridKeySlots(options: HybridKeySlotsOptions = {}): KeySlots {
  return new HybridKeySlots(createWasmKeySlots(), options.nativeFrom ?? nativeFrom)
}

class HybridKeySlots implements KeySlots {
  readonly backend = 'wasm and native'
  readonly bound: Uint8Array
  readonly #wasm: KeySlots
  readonly #nativeFrom: number
  readonly #prepared = new Map<Slot, { readonly suite: Suite; readonly header: Uint8Array }>()
  readonly #salts = new SaltPool(new Uint8Array(poolLength), randomFillSync)

  constructor(wasm: KeySlots, nativeFrom: number) {
    this.#wasm = wasm
    this.#nativeFrom = nativeFrom
    this.bound = wasm.bound
  }

  importKey(material: Uint8Array): Slot {
    return this.#wasm.importKey(material)
  }

  expand(slot: Slot, info: Uint8Array, length: number): Uint8Array {
    return this.#wasm.expand(slot, info, length)
  }

  deriveKey(slot: Slot, info: Uint8Array): Slot {
    return this.#wasm.deriveKey(slot, info)
  }

  derivePair(slot: Slot, info: Uint8Array): readonly [Slot, Slot] {
    return this.#wasm.derivePair(slot, info)
  }

  mac(slot: Slot, boundLength: number, data: Uint8Array, length: number): Uint8Array {
    return this.#wasm.mac(slot, boundLength, data, length)
  }

  prepare(slot: Slot, suite: Suite, header: Uint8Array): void {
    this.#wasm.prepare(slot, suite, header)
    this.#prepared.set(slot, { suite, header: header.slice() })
  }

  seal(slot: Slot, boundLength: number, plaintext: Uint8Array, salt?: Uint8Array): Uint8Array {
    if (plaintext.length < this.#nativeFrom) return this.#wasm.seal(slot, boundLength, plaintext, salt)
    const { suite, header } = this.#of(slot)
    const fresh = salt ?? this.#salts.takeCopy()
    return this.#withKey(slot, boundLength, fresh, (key) => sealBody(suite, header, fresh, key, plaintext))
  }

  open(slot: Slot, boundLength: number, sealed: Uint8Array): Uint8Array {
    const { suite, header } = this.#of(slot)
    if (sealed.length < header.length + this.#nativeFrom) return this.#wasm.open(slot, boundLength, sealed)
    const salt = splitBody(header, sealed).salt.slice()
    return this.#withKey(slot, boundLength, salt, (key) => openBody(suite, header.length, key, sealed))
  }

  messageKey(slot: Slot, boundLength: number, salt: Uint8Array): MessageKey {
    return this.#wasm.messageKey(slot, boundLength, salt)
  }

  release(slot: Slot): void {
    this.#wasm.release(slot)
    this.#prepared.delete(slot)
  }

  wipe(): void {
    this.#wasm.wipe()
    this.#prepared.clear()
    this.#salts.drop()
  }

  #of(slot: Slot): { readonly suite: Suite; readonly header: Uint8Array } {
    const prepared = this.#prepared.get(slot)
    if (prepared !== undefined) return prepared
    throw new KmsError('closed', 'The key is not in memory: it was released, never prepared, or is of another Kms.')
  }

  #withKey<T>(slot: Slot, boundLength: number, salt: Uint8Array, use: (key: BodyKey) => T): T {
    const { key, nonce, commitment } = this.#wasm.messageKey(slot, boundLength, salt)
    try {
      return use({ key: key.reveal(), nonce, commitment })
    } finally {
      key.wipe()
    }
  }
}
