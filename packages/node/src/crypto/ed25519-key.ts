import { type KeyObject, verify } from 'node:crypto'
import { signEd25519, signManyEd25519, verifyEd25519 } from './ed25519-signatures.ts'
import { checkUsage, ed25519, generateOkp, importOkp, type OkpRights } from './okp-forms.ts'
import { OkpKey } from './okp-key.ts'

/** An Ed25519 key as WebCrypto shows it, and what node:crypto signs or verifies with. */
export class Ed25519Key extends OkpKey {
  readonly #key: KeyObject

  private constructor(key: KeyObject, rights: OkpRights) {
    super(ed25519, key, rights)
    this.#key = key
  }

  static generate(rights: OkpRights): { readonly privateKey: Ed25519Key; readonly publicKey: Ed25519Key } {
    const { privateKey, publicKey } = generateOkp(ed25519, rights)
    return { privateKey: new Ed25519Key(...privateKey), publicKey: new Ed25519Key(...publicKey) }
  }

  /** As `importOkp`. */
  static from(format: string, data: Uint8Array, rights: OkpRights): Ed25519Key {
    return new Ed25519Key(importOkp(ed25519, format, data, rights.usages), rights)
  }

  /** @param data is read at the call, as WebCrypto does: the caller may change or wipe it afterwards */
  async sign(data: Uint8Array): Promise<ArrayBuffer> {
    checkUsage(this, 'sign')
    return new Uint8Array(await signEd25519(this.#key, data.slice())).buffer
  }

  /** @param data is read until it resolves */
  async signMany(data: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
    checkUsage(this, 'sign')
    return signManyEd25519(this.#key, data)
  }

  /** Checks a signature without waiting. */
  verifyNow(signature: Uint8Array, data: Uint8Array): boolean {
    checkUsage(this, 'verify')
    return verify(null, data, this.#key, signature)
  }

  /** Both are read at the call. */
  async verify(signature: Uint8Array, data: Uint8Array): Promise<boolean> {
    checkUsage(this, 'verify')
    return verifyEd25519(this.#key, data.slice(), signature.slice())
  }
}
