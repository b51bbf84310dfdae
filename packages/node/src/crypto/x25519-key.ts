import { diffieHellman, type KeyObject, type webcrypto } from 'node:crypto'
import { checkUsage, exportOkp, generateOkp, importOkp, type OkpRights, takenFrom, x25519 } from './okp-forms.ts'

/** An X25519 key as WebCrypto shows it, and what node:crypto agrees with. OpenSSL holds the private half, and wipes it. */
export class X25519Key implements webcrypto.CryptoKey {
  readonly algorithm = { name: 'X25519' }
  readonly extractable: boolean
  readonly usages: webcrypto.KeyUsage[]
  readonly #key: KeyObject

  private constructor(key: KeyObject, { extractable, usages }: OkpRights) {
    this.#key = key
    this.extractable = extractable
    this.usages = [...usages]
  }

  static generate(rights: OkpRights): { readonly privateKey: X25519Key; readonly publicKey: X25519Key } {
    const { privateKey, publicKey } = generateOkp(x25519, rights)
    return { privateKey: new X25519Key(...privateKey), publicKey: new X25519Key(...publicKey) }
  }

  /** As `importOkp`. */
  static from(format: string, data: Uint8Array, rights: OkpRights): X25519Key {
    return new X25519Key(importOkp(x25519, format, data, rights.usages), rights)
  }

  get type(): webcrypto.KeyType {
    return this.#key.type as webcrypto.KeyType
  }

  /** As `exportOkp`. */
  export(format: string): ArrayBuffer {
    return exportOkp(x25519, this.#key, this.extractable, format)
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
