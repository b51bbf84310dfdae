import type { Signer } from '../crypto/signing.ts'
import { plaintextBytes } from '../encoding/plaintext.ts'
import { KmsError } from '../errors.ts'
import { derSignature, ecdsaLength } from '../key-pairs/der-signature.ts'
import { signWith } from '../key-pairs/sign.ts'
import type { SignatureForm } from '../key-pairs/verify.ts'
import type { LoadedKey } from '../keys/loaded-key.ts'
import { requireBytes } from '../refusals.ts'
import { type DigestedData, digestOf } from '../signatures/digest.ts'
import { protocolLabel } from '../signatures/protocol-label.ts'
import { encodeSignatureFile, statementBytes } from '../signatures/signature-file.ts'
import { signerOf } from '../signatures/signer.ts'
import { versionLabel } from '../store/version-number.ts'
import type { PairVersion } from '../versions/pair-version.ts'
import type { HandleSource } from './handle-source.ts'
import { HeldKey } from './held-key.ts'
import { KeyHandle } from './key-handle.ts'

export interface SignOptions {
  /** `raw` unless given. */
  readonly form?: SignatureForm
}

/** A signature, and which version made it. */
export interface MadeSignature {
  readonly signature: Uint8Array
  readonly version: string
}

/**
 * A key of purpose `sign`: it signs, and does nothing else. From `kms.use(name, { purpose: 'sign' })`. Its calls are asynchronous and renew the
 * lease themselves, so that keys held elsewhere can take its place.
 */
export class SignatureKey extends KeyHandle<PairVersion> {
  readonly #held: HeldKey<PairVersion>

  /** Use `kms.use`. */
  constructor(source: HandleSource, key: LoadedKey<PairVersion>) {
    const held = new HeldKey(source, key)
    super(held)
    this.#held = held
  }

  /**
   * Signs data as a whole with the primary version: Ed25519 (RFC 8032), ECDSA or RSA-PSS (FIPS 186-5), as its spec says (`keySpecs`).
   * @param data bytes, or text as UTF-8. What begins with `kms1/` is kept for what this system signs itself
   * @returns the signature: 64 bytes of Ed25519; r ‖ s or DER of ECDSA; the modulus's length of RSA
   * @throws `no-primary-version`, `key-disabled`, `invalid-argument`, `unsupported` where the platform lacks the algorithm, `store-unavailable`, `closed`
   */
  async sign(data: Uint8Array | string, options: SignOptions = {}): Promise<Uint8Array> {
    return (await this.signed(data, options)).signature
  }

  /** `sign`, with the label of the version that made it. Throws as `sign` does. */
  async signed(data: Uint8Array | string, { form = 'raw' }: SignOptions = {}): Promise<MadeSignature> {
    // A copy: the caller may change its own while this waits.
    const given = plaintextBytes(data)
    requireBytes(given, 'The data')
    const bytes = given.slice()
    if (form === 'der' && ecdsaLength(this.spec) === undefined) {
      throw new KmsError('invalid-argument', `Signatures of ${this.spec} have one form: leave out "der".`)
    }
    if (protocolLabel(bytes)) {
      throw new KmsError(
        'invalid-argument',
        'Data that begins with "kms1/" is signed by this system alone: put something before it.',
      )
    }
    const { signature, version } = await this.#sign(() => bytes)
    return { signature: form === 'der' ? derSignature(signature) : signature, version: versionLabel(version) }
  }

  /**
   * Signs data of any length, in bounded memory, and gives what a `.sig` file holds: a text that names key, version and SHA-512 of the data, signed
   * (contents-v1 §Signature files). `verifyFile` of the verifier reads it.
   * @param data bytes, or their parts one after another
   * @throws as `sign`, and what `data` throws
   */
  async signFile(data: DigestedData): Promise<string> {
    const digest = await digestOf(data, this.#held.source.primitives)
    const { id, spec } = this
    let statement = { key: id, spec, version: '', digest }
    const { signature } = await this.#sign((version) => {
      statement = { ...statement, version: versionLabel(version) }
      return statementBytes(statement)
    })
    return encodeSignatureFile(statement, signature)
  }

  /**
   * The version that signs now as a signer of messages (`kms.encrypt` with `from`) and of the exchange protocol; it stays that version.
   * @returns a signer, which throws as `sign`, and `conflict` once another version signs
   * @throws `unsupported` for keys other than Ed25519 and P-256, `no-primary-version`, `key-disabled`
   */
  signer(): Signer {
    this.#held.checkReleased()
    const { version, publicKey } = this.#held.key.protecting()
    return signerOf(this.spec, publicKey, async (data) => {
      const own = data.slice()
      return (await this.#sign(() => own, version)).signature
    })
  }

  /** @param only the version that must sign; the primary unless given */
  #sign(
    data: (version: number) => Uint8Array,
    only?: number,
  ): Promise<{ readonly signature: Uint8Array; readonly version: number }> {
    return this.#held.toldWhenDone(
      'sign',
      async () => {
        await this.#held.ready()
        const primary = this.#held.key.protecting()
        if (only !== undefined && primary.version !== only) {
          throw new KmsError(
            'conflict',
            `Version ${versionLabel(only)} of "${this.name}" signs no more, since it was rotated: call key.signer() again.`,
            { retry: false },
          )
        }
        const half = await primary.half()
        const signature = await signWith(half, data(primary.version), this.#held.source.crypto)
        this.#held.source.uses(this.#held.key, primary.version).seal()
        return { signature, version: primary.version }
      },
      only,
    )
  }
}
