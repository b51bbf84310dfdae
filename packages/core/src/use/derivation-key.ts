import { KmsError } from '../errors.ts'
import type { LoadedKey } from '../keys/loaded-key.ts'
import type { Secret } from '../secret.ts'
import { checkName } from '../store/names.ts'
import { parseVersionLabel, versionLabel } from '../store/version-number.ts'
import type { DerivationVersion } from '../versions/derivation-version.ts'
import type { HandleSource } from './handle-source.ts'
import { HeldKey } from './held-key.ts'
import { KeyHandle } from './key-handle.ts'

export interface DeriveOptions {
  /** Bytes, 16 to 64; 32 unless given. */
  readonly length?: number
  /** The version to derive from again, a label or number: what another version gives is another key. The primary unless given. */
  readonly version?: string | number
}

/** A key that was derived, and from which version: who wants it again must name both. */
export interface DerivedKey {
  /** The caller's to wipe. */
  readonly key: Secret
  readonly version: string
}

/**
 * A master key of purpose `derive` in memory, from which keys are derived by what they are for, synchronously. From
 * `kms.use(name, { purpose: 'derive' })`. It works until its lease ends, as an `EncryptionKey` does.
 */
export class DerivationKey extends KeyHandle<DerivationVersion> {
  readonly #held: HeldKey<DerivationVersion>

  /** Use `kms.use`. */
  constructor(source: HandleSource, key: LoadedKey<DerivationVersion>) {
    const held = new HeldKey(source, key)
    super(held)
    this.#held = held
  }

  /**
   * Derives the key for one purpose: HKDF-Expand with HMAC-SHA-512 (RFC 5869 §2.3) over key, version, length and purpose. The same
   * again give the same key, in any process; none of them tells anything of another.
   * @param purpose what the key is for and does alone, 1 to 200 bytes, such as `encryption` or `tenant 42 signing`
   * @throws `lease-expired`, `no-primary-version`, `key-disabled`, `version-not-loaded`, what its state refuses, `invalid-argument`, `closed`
   */
  derive(purpose: string, { length = 32, version }: DeriveOptions = {}): DerivedKey {
    const checked = checkName(purpose, 'A purpose')
    if (checked.startsWith('kms1')) throw new KmsError('invalid-argument', 'A purpose does not begin with "kms1".')
    if (!Number.isInteger(length) || length < 16 || length > 64) {
      throw new KmsError('invalid-argument', 'A derived key has 16 to 64 bytes.')
    }
    const named = version === undefined ? undefined : parseVersionLabel(version)
    return this.#held.told(
      'derive',
      () => {
        this.#held.check()
        const from = named === undefined ? this.#held.key.protecting() : this.#held.version(named)
        const uses = this.#held.source.uses(this.#held.key, from.version)
        if (named === undefined) uses.seal()
        else uses.open()
        return { key: from.derive(checked, length), version: versionLabel(from.version) }
      },
      named,
    )
  }

  /** Brings a version into memory. @throws `version-lost`, and what its state refuses; `store-unavailable` */
  async load(version: string | number): Promise<void> {
    this.#held.checkReleased()
    await this.#held.source.load(this.#held.key, parseVersionLabel(version))
  }

  /** Starts a new lease by reading the store. @throws `store-unavailable`, `store-rolled-back`, `key-not-found`, `closed` */
  renew(): Promise<void> {
    return this.#held.renew()
  }
}
