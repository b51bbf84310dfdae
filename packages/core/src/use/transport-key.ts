import { KmsError } from '../errors.ts'
import { importPublicHalf } from '../key-pairs/pair-halves.ts'
import { decryptOaep, encryptOaep } from '../key-pairs/rsa-oaep.ts'
import type { LoadedKey } from '../keys/loaded-key.ts'
import { Secret } from '../secret.ts'
import { parseVersionLabel, versionLabel } from '../store/version-number.ts'
import type { PairVersion } from '../versions/pair-version.ts'
import type { HandleSource } from './handle-source.ts'
import { HeldKey } from './held-key.ts'
import { KeyHandle } from './key-handle.ts'

/** A key on its way, and which version opens it. */
export interface TransportedKey {
  readonly bytes: Uint8Array
  readonly version: string
}

/**
 * A key of purpose `transport`: keys come to it with RSA-OAEP. From `kms.use(name, { purpose: 'transport' })`. It is no recipient of envelopes: `unwrapKey` would
 * open them, without the checks and the audit of `kms.decrypt`.
 * @deprecated RSA key transport has no forward secrecy: whoever gets the private key later opens all that was ever sent. It is here for old systems; take
 * `agree` with HPKE, or the exchange of `@kms/core/exchange`.
 */
export class TransportKey extends KeyHandle<PairVersion> {
  readonly #held: HeldKey<PairVersion>

  /** Use `kms.use`. */
  constructor(source: HandleSource, key: LoadedKey<PairVersion>) {
    const held = new HeldKey(source, key)
    super(held)
    this.#held = held
  }

  /**
   * Wraps a key for the primary version: RSA-OAEP (RFC 8017 §7.1) with SHA-256, MGF1 with SHA-256 and an empty label. Whoever has the public key
   * does the same: it says nothing of who did it.
   * @param key 16 to 64 bytes; stays the caller's
   * @throws `no-primary-version`, `key-disabled`, `invalid-argument`, `store-unavailable`, `closed`
   */
  wrapKey(key: Secret): Promise<TransportedKey> {
    return this.#held.toldWhenDone('wrapKey', async () => {
      await this.#held.ready()
      if (!(key instanceof Secret) || !isTransported(key)) {
        throw new KmsError('invalid-argument', 'A key to be wrapped is a Secret of 16 to 64 bytes.')
      }
      const { key: held, source } = this.#held
      const { publicKey, version } = held.protecting()
      const other = await importPublicHalf(publicKey, 'transport', this.spec, source.crypto)
      const bytes = await encryptOaep(other, key.reveal(), source.crypto)
      source.uses(held, version).seal()
      return { bytes, version: versionLabel(version) }
    })
  }

  /**
   * Unwraps a key of 16 to 64 bytes that was wrapped with RSA-OAEP and SHA-256. All failures are one, another length too, so that nobody learns of the padding
   * (Manger's attack).
   * @param options.version which version it was wrapped for, a label or number; the primary unless given
   * @returns the key, the caller's to wipe
   * @throws `authentication-failed`, `no-primary-version`, and what a version's state refuses; `store-unavailable`, `closed`
   */
  async unwrapKey(bytes: Uint8Array, { version }: { readonly version?: string | number } = {}): Promise<Secret> {
    const named = version === undefined ? undefined : parseVersionLabel(version)
    return this.#held.toldWhenDone(
      'unwrapKey',
      async () => {
        await this.#held.ready()
        const { key, source } = this.#held
        const own = await this.#held.loaded(named)
        const half = await own.half()
        source.uses(key, own.version).open()
        const unwrapped = await decryptOaep(half, bytes, source.crypto)
        if (unwrapped !== undefined && isTransported(unwrapped)) return unwrapped
        unwrapped?.wipe()
        throw new KmsError(
          'authentication-failed',
          `That was not wrapped for version ${versionLabel(own.version)} of "${this.name}".`,
        )
      },
      named,
    )
  }
}

/** Whether keys of that length are transported: 16 to 64 bytes. */
const isTransported = ({ length }: Secret): boolean => length >= 16 && length <= 64
