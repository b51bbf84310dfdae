import { plaintextBytes } from '../encoding/plaintext.ts'
import { KmsError } from '../errors.ts'
import type { LoadedKey } from '../keys/loaded-key.ts'
import { requireBytes } from '../refusals.ts'
import { protocolLabel } from '../signatures/protocol-label.ts'
import { parseVersionLabel, versionLabel } from '../store/version-number.ts'
import type { MacVersion } from '../versions/mac-version.ts'
import type { HandleSource } from './handle-source.ts'
import { HeldKey } from './held-key.ts'
import { KeyHandle } from './key-handle.ts'

/** What verified, and with which version. */
export interface MacVerification {
  /** The label of the version that made it. */
  readonly version: string
}

export interface MacVerifyOptions {
  /** The version that made it, where that is known: a label or number. Each one in memory is tried unless given. */
  readonly version?: string | number
}

/**
 * A key of purpose `mac` in memory: HMAC (RFC 2104, FIPS 198-1), synchronously. From `kms.use(name, { purpose: 'mac' })`.
 * It works until its lease ends, as an `EncryptionKey` does.
 */
export class MacKey extends KeyHandle<MacVersion> {
  readonly #held: HeldKey<MacVersion>

  /** Use `kms.use`. */
  constructor(source: HandleSource, key: LoadedKey<MacVersion>) {
    const held = new HeldKey(source, key)
    super(held)
    this.#held = held
  }

  /**
   * Authenticates a message with the primary version.
   * @param data bytes, or text as UTF-8, whole. The mac does not say what it is for: begin the message with that. What begins with `kms1/` is kept for
   * what this system computes itself (envelope v1 §Labels)
   * @returns 32, 48 or 64 bytes, as long as the hash
   * @throws `lease-expired`, `no-primary-version`, `key-disabled`, `invalid-argument`, `closed`
   */
  mac(data: Uint8Array | string): Uint8Array {
    return this.#held.told('mac', () => {
      this.#held.check()
      const mac = this.#held.key.protecting().mac(messageBytes(data))
      this.#held.key.primaryUses.seal()
      return mac
    })
  }

  /**
   * Verifies a mac, whole, with the versions in memory, the primary first: the newest 64, and those that `load` or `loadAll` brought.
   * @returns with which version it fits
   * @throws `authentication-failed` if none fits; `version-not-loaded` and what its state refuses for a version that was named; `lease-expired`,
   * `invalid-argument`, `closed`
   */
  verify(mac: Uint8Array, data: Uint8Array | string, { version }: MacVerifyOptions = {}): MacVerification {
    const named = version === undefined ? undefined : parseVersionLabel(version)
    return this.#held.told(
      'verify',
      () => {
        this.#held.check()
        requireBytes(mac, 'The mac')
        const bytes = messageBytes(data)
        const candidates = named === undefined ? this.#held.key.readable() : [this.#held.version(named)]
        const made = candidates.find((one) => one.fits(mac, bytes))
        if (made === undefined) throw notIts(this.name)
        this.#held.source.uses(this.#held.key, made.version).open()
        return { version: versionLabel(made.version) }
      },
      named,
    )
  }

  /** Brings a version into memory. @throws `version-lost`, and what its state refuses; `store-unavailable` */
  async load(version: string | number): Promise<void> {
    this.#held.checkReleased()
    await this.#held.source.load(this.#held.key, parseVersionLabel(version))
  }

  /** Brings all versions that may process into memory, for macs of versions older than the newest 64. @throws `limit-exceeded` for some two thousand; `store-unavailable`, `closed` */
  async loadAll(): Promise<void> {
    await this.#held.ready()
    await this.#held.source.loadAll(this.#held.key)
  }

  /** Starts a new lease by reading the store. @throws `store-unavailable`, `store-rolled-back`, `key-not-found`, `closed` */
  renew(): Promise<void> {
    return this.#held.renew()
  }
}

function messageBytes(data: Uint8Array | string): Uint8Array {
  const bytes = plaintextBytes(data)
  requireBytes(bytes, 'The message')
  if (!protocolLabel(bytes)) return bytes
  throw new KmsError('invalid-argument', 'A message does not begin with "kms1/": put something before it.')
}

const notIts = (name: string): KmsError =>
  new KmsError(
    'authentication-failed',
    `The mac is not of "${name}" over this message, or of a version that is not in memory.`,
  )
