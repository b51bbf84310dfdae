import { agreeInfo } from '../envelope/labels.ts'
import { KmsError } from '../errors.ts'
import { sharedSecret } from '../key-pairs/agreement.ts'
import { type PublicKeyForm, readPublicKeyForm } from '../key-pairs/public-key-forms.ts'
import type { LoadedKey } from '../keys/loaded-key.ts'
import { Secret } from '../secret.ts'
import { parseVersionLabel, versionLabel } from '../store/version-number.ts'
import type { PairVersion } from '../versions/pair-version.ts'
import type { HandleSource } from './handle-source.ts'
import { HeldKey } from './held-key.ts'
import { KeyHandle } from './key-handle.ts'

export interface AgreeOptions {
  /** What the key is for, up to 1,024 bytes, or text as UTF-8: both sides say the same. */
  readonly info: Uint8Array | string
  /** Bytes, 16 to 64; 32 unless given. */
  readonly length?: number
  /** The version to agree with, a label or number; the primary unless given. */
  readonly version?: string | number
}

/** A key that both sides have now, and by which version of ours. */
export interface AgreedKey {
  /** The caller's to wipe. */
  readonly key: Secret
  readonly version: string
}

/**
 * A key of purpose `agree`: it agrees on keys with others. From `kms.use(name, { purpose: 'agree' })`. What is sealed to it with HPKE,
 * `kms.recipient` seals and `kms.opener` opens.
 */
export class AgreementKey extends KeyHandle<PairVersion> {
  readonly #held: HeldKey<PairVersion>

  /** Use `kms.use`. */
  constructor(source: HandleSource, key: LoadedKey<PairVersion>) {
    const held = new HeldKey(source, key)
    super(held)
    this.#held = held
  }

  /**
   * A key that whoever has the other public key's private half computes, too: X25519 or ECDH (SP 800-56A rev. 3 §6.2.2, both keys static), HKDF with
   * SHA-512 (RFC 5869) over the shared secret, both public keys and what it is for. **It says nothing of who is on the other side unless you
   * know whose the public key is, and it has no forward secrecy**: the exchange of `@kms/core/exchange` has both.
   * @param peer the other's public key, of the same spec: PEM, JWK, DER
   * @throws `invalid-argument` for a key of another spec, that is none, or that everybody knows the secret of; `no-primary-version`, `key-disabled`, and what a
   * version's state refuses; `unsupported` for X-Wing, which only seals; `store-unavailable`, `closed`
   */
  async agree(peer: PublicKeyForm, { info, length = 32, version }: AgreeOptions): Promise<AgreedKey> {
    if (this.spec === 'x-wing') {
      throw new KmsError(
        'unsupported',
        'X-Wing seals and does not agree: kms.recipient and kms.opener do that. Take x25519 to agree.',
      )
    }
    // A copy: the caller may change its own while this waits.
    const bytes =
      typeof info === 'string' ? new TextEncoder().encode(info) : info instanceof Uint8Array ? info.slice() : undefined
    if (bytes === undefined || bytes.length > 1_024) {
      throw new KmsError('invalid-argument', 'What a key is for has up to 1,024 bytes.')
    }
    if (!Number.isInteger(length) || length < 16 || length > 64) {
      throw new KmsError('invalid-argument', 'An agreed key has 16 to 64 bytes.')
    }
    const other = readPublicKeyForm(peer)
    if (other.spec !== this.spec) {
      throw new KmsError(
        'invalid-argument',
        `The other's public key is of ${other.spec}, "${this.name}" of ${this.spec}.`,
      )
    }
    const named = version === undefined ? undefined : parseVersionLabel(version)
    return this.#held.toldWhenDone(
      'agree',
      async () => {
        const own = await this.#version(named)
        const { primitives, crypto } = this.#held.source
        const secret = await sharedSecret(await own.half(), this.spec, other.spki, crypto)
        try {
          const label = agreeInfo(own.publicKey, other.spki, bytes, length)
          const key = primitives.hkdf('SHA-512', secret.reveal(), new Uint8Array(0), label, length)
          return { key: Secret.take(key), version: versionLabel(own.version) }
        } finally {
          secret.wipe()
        }
      },
      named,
    )
  }

  async #version(named: number | undefined): Promise<PairVersion> {
    await this.#held.ready()
    const { key, source } = this.#held
    const version = await this.#held.loaded(named)
    source.uses(key, version.version).open()
    return version
  }
}
