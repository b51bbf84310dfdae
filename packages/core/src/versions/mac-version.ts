import type { Hash, Primitives } from '../crypto/primitives.ts'
import { KmsError } from '../errors.ts'
import type { Secret } from '../secret.ts'
import type { VersionInMemory } from './version-in-memory.ts'

/** The hash of an HMAC spec. */
const hashes: Readonly<Record<string, Hash>> = { 'hmac-256': 'SHA-256', 'hmac-384': 'SHA-384', 'hmac-512': 'SHA-512' }

/** A version of a key of purpose `mac` in memory: HMAC (RFC 2104). */
export class MacVersion implements VersionInMemory {
  readonly version: number
  readonly slotsHeld = 0
  readonly #hash: Hash
  readonly #material: Secret
  readonly #primitives: Primitives

  /** @param material as long as the hash; the version takes it over. @throws `unsupported` for a spec of a newer release */
  constructor(version: number, spec: string, material: Secret, primitives: Primitives) {
    const hash = Object.hasOwn(hashes, spec) ? hashes[spec] : undefined
    if (hash === undefined) throw new KmsError('unsupported', `This release has no macs of spec ${spec}. Upgrade.`)
    this.version = version
    this.#hash = hash
    this.#material = material
    this.#primitives = primitives
  }

  mac(data: Uint8Array): Uint8Array {
    return this.#primitives.hmac(this.#hash, this.#material.reveal(), data)
  }

  /** Whether a mac, whole, is this version's over `data`. In constant time. */
  fits(mac: Uint8Array, data: Uint8Array): boolean {
    return this.#primitives.equal(this.mac(data), mac)
  }

  release(): void {
    this.#material.wipe()
  }
}
