import { KmsError } from '../errors.ts'
import { importPublicHalf } from '../key-pairs/pair-halves.ts'
import { decryptOaep, encryptOaep } from '../key-pairs/rsa-oaep.ts'
import type { HandleSource } from '../keys/handle-source.ts'
import { HeldKey } from '../keys/held-key.ts'
import type { LoadedKey } from '../keys/loaded-key.ts'
import { parseVersionLabel, versionLabel } from '../keys/version-number.ts'
import { Secret } from '../secret.ts'
import type { PairVersion } from './pair-version.ts'

/** A key on its way, and which version opens it. */
export interface TransportedKey {
  readonly bytes: Uint8Array
  readonly version: string
}

/**
 * A key of purpose `transport`: keys come to it with RSA-OAEP. From `kms.use(name, { purpose: 'transport' })`. It is no recipient of envelopes: `receive` would
 * open them, without the checks and the audit of `kms.decrypt`.
 * @deprecated RSA key transport has no forward secrecy: whoever gets the private key later opens all that was ever sent. It is here for old systems; take
 * `agree` with HPKE, or the exchange of `@kms/core/exchange`.
 */
export class TransportKey {
  readonly #held: HeldKey<PairVersion>

  /** Use `kms.use`. */
  constructor(source: HandleSource, key: LoadedKey<PairVersion>) {
    this.#held = new HeldKey(source, key)
  }

  get name(): string {
    return this.#held.key.name
  }

  /** UUID in lower case. */
  get id(): string {
    return this.#held.key.id
  }

  /** `rsa-2048`, `rsa-3072` or `rsa-4096`. */
  get spec(): string {
    return this.#held.key.spec
  }

  /** The label of the version that keys are sent to now; null if there is none. */
  get version(): string | null {
    return this.#held.primaryLabel
  }

  /**
   * Encrypts a key to the primary version: RSA-OAEP (RFC 8017 §7.1) with SHA-256, MGF1 with SHA-256 and an empty label. Whoever has the public key
   * does the same: it says nothing of who sent it.
   * @param key 16 to 64 bytes; stays the caller's
   * @throws `no-primary-version`, `key-disabled`, `invalid-argument`, `store-unavailable`, `closed`
   */
  send(key: Secret): Promise<TransportedKey> {
    return this.#held.toldWhenDone('send', async () => {
      await this.#held.ready()
      if (!(key instanceof Secret) || !isSent(key)) {
        throw new KmsError('invalid-argument', 'A key that is sent is a Secret of 16 to 64 bytes.')
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
   * Opens a key of 16 to 64 bytes that was sent with RSA-OAEP and SHA-256. All failures are one, another length too, so that nobody learns of the padding
   * (Manger's attack).
   * @param options.version which version it was sent to, a label or number; the primary unless given
   * @returns the key, the caller's to wipe
   * @throws `authentication-failed`, `no-primary-version`, and what a version's state refuses; `store-unavailable`, `closed`
   */
  async receive(bytes: Uint8Array, { version }: { readonly version?: string | number } = {}): Promise<Secret> {
    const named = version === undefined ? undefined : parseVersionLabel(version)
    return this.#held.toldWhenDone(
      'receive',
      async () => {
        await this.#held.ready()
        const { key, source } = this.#held
        const own = named === undefined ? key.protecting() : await this.#held.loadedVersion(named)
        const half = await own.half()
        source.uses(key, own.version).open()
        const received = await decryptOaep(half, bytes, source.crypto)
        if (received !== undefined && isSent(received)) return received
        received?.wipe()
        throw new KmsError(
          'authentication-failed',
          `That was not sent to version ${versionLabel(own.version)} of "${this.name}".`,
        )
      },
      named,
    )
  }

  /** Gives the key back; the last handle's release wipes it. Releasing twice is no error. */
  release(): void {
    this.#held.release()
  }

  [Symbol.dispose](): void {
    this.release()
  }
}

/** Whether keys of that length are sent: 16 to 64 bytes. */
const isSent = ({ length }: Secret): boolean => length >= 16 && length <= 64
