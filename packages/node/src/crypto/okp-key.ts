import type { KeyObject, webcrypto } from 'node:crypto'
import { exportOkp, type OkpAlgorithm, type OkpRights } from './okp-forms.ts'

/** A key of RFC 8410 as WebCrypto shows it. OpenSSL holds a private half, and wipes it. */
export abstract class OkpKey implements webcrypto.CryptoKey {
  readonly algorithm: { readonly name: OkpAlgorithm['name'] }
  readonly extractable: boolean
  readonly usages: webcrypto.KeyUsage[]
  readonly #of: OkpAlgorithm
  readonly #key: KeyObject

  protected constructor(of: OkpAlgorithm, key: KeyObject, { extractable, usages }: OkpRights) {
    this.algorithm = { name: of.name }
    this.#of = of
    this.#key = key
    this.extractable = extractable
    this.usages = [...usages]
  }

  get type(): webcrypto.KeyType {
    return this.#key.type as webcrypto.KeyType
  }

  /** As `exportOkp`. */
  export(format: string): ArrayBuffer {
    return exportOkp(this.#of, this.#key, this.extractable, format)
  }
}
