import type { KeySlots, Slot } from '../crypto/key-slots.ts'
import { deriveInfo } from '../envelope/labels.ts'
import { Secret } from '../secret.ts'
import type { VersionInMemory } from './version-in-memory.ts'

/** A version of a key of purpose `derive` in memory: a master key from which others are derived by what they are for. */
export class DerivationVersion implements VersionInMemory {
  readonly version: number
  readonly slotsHeld = 1
  readonly #slots: KeySlots
  readonly #material: Slot
  readonly #keyId: Uint8Array

  /** @param material a slot with its 32 bytes, which it takes over */
  constructor(version: number, keyId: Uint8Array, slots: KeySlots, material: Slot) {
    this.version = version
    this.#keyId = keyId
    this.#slots = slots
    this.#material = material
  }

  /** HKDF-Expand with HMAC-SHA-512 (RFC 5869 §2.3) over which key, version, length and purpose (contents-v1 §Derived keys). */
  derive(purpose: string, length: number): Secret {
    const info = deriveInfo(this.#keyId, this.version, length, purpose)
    return Secret.take(this.#slots.expand(this.#material, info, length))
  }

  release(): void {
    this.#slots.release(this.#material)
  }
}
