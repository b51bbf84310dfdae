import type { WebCrypto } from '../crypto/web-crypto.ts'
import { KmsError } from '../errors.ts'
import type { PairPurpose } from '../key-pairs/pair-algorithms.ts'
import { type ImportedHalf, importPrivateHalf } from '../key-pairs/pair-halves.ts'
import type { Secret } from '../secret.ts'
import type { VersionInMemory } from './version-in-memory.ts'

export interface PairVersionParts {
  readonly version: number
  readonly purpose: PairPurpose
  readonly spec: string
  /** SubjectPublicKeyInfo in DER; of X-Wing as HPKE serialises it. */
  readonly publicKey: Uint8Array
  readonly crypto: WebCrypto
}

/** A version of a key whose material is a pair, in memory. Its private half is brought into WebCrypto when it is first used. */
export class PairVersion implements VersionInMemory {
  readonly version: number
  readonly slotsHeld = 0
  readonly publicKey: Uint8Array
  readonly #parts: PairVersionParts
  readonly #open: () => Secret
  #material: Secret | undefined
  #half: Promise<ImportedHalf> | undefined
  #released = false

  /**
   * @param open opens the material, PKCS#8 in DER, of X-Wing its seed, when it is first needed: whoever verifies has no need of it. The version takes it
   * over
   */
  constructor(parts: PairVersionParts, open: () => Secret) {
    this.version = parts.version
    this.publicKey = parts.publicKey
    this.#parts = parts
    this.#open = open
  }

  /** The private half as WebCrypto has it. @throws `closed`, `unsupported` where the platform lacks the algorithm */
  half(): Promise<ImportedHalf> {
    if (this.#released) throw new KmsError('closed', 'The key was released.')
    const { purpose, spec, crypto } = this.#parts
    if (this.#half !== undefined) return this.#half
    const half = importPrivateHalf(this.material, purpose, spec, crypto)
    this.#half = half
    // What failed once may work the next time.
    half.catch(() => {
      if (this.#half === half) this.#half = undefined
    })
    return half
  }

  /** Its material, for what WebCrypto does not do. Not a copy, and the version's to wipe. @throws `closed`, `not-permitted`, `store-corrupt` */
  get material(): Secret {
    if (this.#released) throw new KmsError('closed', 'The key was released.')
    this.#material ??= this.#open()
    return this.#material
  }

  release(): void {
    this.#released = true
    this.#half = undefined
    this.#material?.wipe()
  }
}
