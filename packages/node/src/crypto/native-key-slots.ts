import { createHmac, randomFillSync } from 'node:crypto'
import type { KeySlots, MessageKey, Slot, Suite } from '@kms/core'
import { KmsError, Secret } from '@kms/core'
import { poolLength, SaltPool } from '@kms/core/hazmat'
import { deriveBodyKey, openBody, saltLength, sealBody, splitBody } from './native-body.ts'

const boundRoom = 65_542
const slotLimit = 1_000_000

/** What is held of a slot. `suite` and `header` are set by `prepare`. */
interface Held {
  /** 32 bytes. */
  readonly key: Uint8Array
  suite: Suite | undefined
  header: Uint8Array
}

// One counter for the whole process: a handle of one instance is never a handle of another.
let lastSlot = 0

/**
 * `KeySlots` over node:crypto alone. Material is held in buffers of its own, outside V8's moving heap, and zeroed by `release`. A
 * `KeyObject` would keep it until the next garbage collection, and a memory dump showed it long after.
 */
export function createNativeKeySlots(): KeySlots {
  return new NativeKeySlots()
}

class NativeKeySlots implements KeySlots {
  readonly backend = 'native'
  readonly bound: Uint8Array = new Uint8Array(boundRoom)
  readonly #slots = new Map<Slot, Held>()
  readonly #salts = new SaltPool(new Uint8Array(poolLength), randomFillSync)

  importKey(material: Uint8Array): Slot {
    if (!(material instanceof Uint8Array) || material.length !== 32) {
      throw new KmsError('invalid-argument', 'Key material has 32 bytes.')
    }
    if (this.#slots.size >= slotLimit)
      throw new KmsError('limit-exceeded', `There are ${slotLimit} keys in memory already.`)
    const slot = ++lastSlot as Slot
    // An ArrayBuffer named explicitly is never on the moving heap, as small typed arrays may be.
    const key = new Uint8Array(new ArrayBuffer(32))
    key.set(material)
    this.#slots.set(slot, { key, suite: undefined, header: new Uint8Array(0) })
    material.fill(0)
    return slot
  }

  expand(slot: Slot, info: Uint8Array, length: number): Uint8Array {
    const { key } = this.#held(slot)
    if (!Number.isInteger(length) || length < 1 || length > 64) {
      throw new KmsError('invalid-argument', 'A slot expands to 1 to 64 bytes.')
    }
    const block = createHmac('sha512', key).update(info).update(Uint8Array.of(1)).digest()
    const output = new Uint8Array(new ArrayBuffer(length))
    output.set(block.subarray(0, length))
    block.fill(0)
    return output
  }

  deriveKey(slot: Slot, info: Uint8Array): Slot {
    return this.importKey(this.expand(slot, info, 32))
  }

  derivePair(slot: Slot, info: Uint8Array): readonly [Slot, Slot] {
    const both = this.expand(slot, info, 64)
    try {
      const first = this.importKey(both.subarray(0, 32))
      try {
        return [first, this.importKey(both.subarray(32))]
      } catch (error) {
        this.release(first)
        throw error
      }
    } finally {
      both.fill(0)
    }
  }

  mac(slot: Slot, boundLength: number, data: Uint8Array, length: number): Uint8Array {
    const { key } = this.#held(slot)
    if (!Number.isInteger(length) || length < 1 || length > 64) {
      throw new KmsError('invalid-argument', 'A mac has 1 to 64 bytes.')
    }
    const digest = createHmac('sha512', key).update(this.#bound(boundLength)).update(data).digest()
    const mac = new Uint8Array(length)
    mac.set(digest.subarray(0, length))
    digest.fill(0)
    return mac
  }

  prepare(slot: Slot, suite: Suite, header: Uint8Array): void {
    const held = this.#held(slot)
    if (suite !== 1 && suite !== 2) throw new KmsError('unsupported', `There is no suite ${String(suite)} here.`)
    held.suite = suite
    held.header = header.slice()
  }

  seal(slot: Slot, boundLength: number, plaintext: Uint8Array, salt: Uint8Array = this.#salts.takeCopy()): Uint8Array {
    const { key, suite, header } = this.#prepared(slot)
    const message = deriveBodyKey(key, suite, requireSalt(salt), this.#bound(boundLength))
    try {
      return sealBody(suite, header, salt, message, plaintext)
    } finally {
      message.key.fill(0)
    }
  }

  open(slot: Slot, boundLength: number, sealed: Uint8Array): Uint8Array {
    const { key, suite, header } = this.#prepared(slot)
    const message = deriveBodyKey(key, suite, splitBody(header, sealed).salt, this.#bound(boundLength))
    try {
      return openBody(suite, header.length, message, sealed)
    } finally {
      message.key.fill(0)
    }
  }

  messageKey(slot: Slot, boundLength: number, salt: Uint8Array): MessageKey {
    const { key, suite } = this.#prepared(slot)
    const message = deriveBodyKey(key, suite, requireSalt(salt), this.#bound(boundLength))
    const copy = { key: Secret.copy(message.key), nonce: message.nonce.slice(), commitment: message.commitment }
    message.key.fill(0)
    return copy
  }

  release(slot: Slot): void {
    this.#held(slot).key.fill(0)
    this.#slots.delete(slot)
  }

  wipe(): void {
    for (const { key } of this.#slots.values()) key.fill(0)
    this.#slots.clear()
    this.#salts.drop()
  }

  #held(slot: Slot): Held {
    const held = this.#slots.get(slot)
    if (held === undefined)
      throw new KmsError('closed', 'The key is not in memory: it was released, or is of another Kms.')
    return held
  }

  #prepared(slot: Slot): Held & { suite: Suite } {
    const held = this.#held(slot)
    if (held.suite === undefined) throw new KmsError('invalid-argument', 'The slot was not prepared for a suite.')
    return held as Held & { suite: Suite }
  }

  #bound(length: number): Uint8Array {
    if (!Number.isInteger(length) || length < 0 || length > boundRoom) {
      throw new KmsError('invalid-argument', `What is bound has 0 to ${boundRoom} bytes.`)
    }
    return this.bound.subarray(0, length)
  }
}

function requireSalt(salt: Uint8Array): Uint8Array {
  if (salt.length !== saltLength) throw new KmsError('invalid-argument', `A salt has ${saltLength} bytes.`)
  return salt
}
