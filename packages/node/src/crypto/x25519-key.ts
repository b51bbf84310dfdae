import { diffieHellman, type KeyObject } from 'node:crypto'
import { checkUsage, generateOkp, importOkp, type OkpRights, takenFrom, x25519 } from './okp-forms.ts'
import { OkpKey } from './okp-key.ts'

/** An X25519 key as WebCrypto shows it, and what node:crypto agrees with. OpenSSL holds the private half, and wipes it. */
export class X25519Key extends OkpKey {
  readonly #key: KeyObject

  private constructor(key: KeyObject, rights: OkpRights) {
    super(x25519, key, rights)
    this.#key = key
  }

  static generate(rights: OkpRights): { readonly privateKey: X25519Key; readonly publicKey: X25519Key } {
    const { privateKey, publicKey } = generateOkp(x25519, rights)
    return { privateKey: new X25519Key(...privateKey), publicKey: new X25519Key(...publicKey) }
  }

  /** As `importOkp`. */
  static from(format: string, data: Uint8Array, rights: OkpRights): X25519Key {
    return new X25519Key(importOkp(x25519, format, data, rights.usages), rights)
  }

  /**
   * The shared secret with a public key (RFC 7748 §6.1).
   * @param length bits, 256 or null for all
   * @throws DOMException: `OperationError` for a public key of small order, which gives zeros
   */
  deriveBits(publicKey: unknown, length: number | null): ArrayBuffer {
    checkUsage(this, 'deriveBits')
    if (!(publicKey instanceof X25519Key) || publicKey.type !== 'public') {
      throw new DOMException('X25519 agrees with a public key of X25519.', 'InvalidAccessError')
    }
    if (length !== null && length !== 256) throw new DOMException('X25519 gives 256 bits.', 'OperationError')
    try {
      return takenFrom(diffieHellman({ privateKey: this.#key, publicKey: publicKey.#key }))
    } catch {
      throw new DOMException('The public key gives no shared secret.', 'OperationError')
    }
  }
}
