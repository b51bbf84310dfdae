import { plaintextBytes } from '../encoding/plaintext.ts'
import { fromText } from '../encoding/text.ts'
import { KmsError } from '../errors.ts'
import { type ImportedHalf, importPublicHalf } from '../key-pairs/pair-halves.ts'
import { type Claim, type SignatureForm, signatureFits } from '../key-pairs/verify.ts'
import type { LoadedKey, VersionStanding } from '../keys/loaded-key.ts'
import { requireBytes } from '../refusals.ts'
import { type DigestedData, digestOf } from '../signatures/digest.ts'
import { decodeSignatureFile, statementBytes } from '../signatures/signature-file.ts'
import { checkProcesses, isPreActive } from '../specs/version-states.ts'
import { parseVersionLabel, versionLabel } from '../store/version-number.ts'
import type { PairVersion } from '../versions/pair-version.ts'
import type { HandleSource } from './handle-source.ts'
import { HeldKey } from './held-key.ts'
import { KeyHandle } from './key-handle.ts'

/** A genuine signature: which version made it, and what is known of that version since. */
export interface SignatureVerification {
  /** The label of the version. */
  readonly version: string
  /**
   * Since when others may have had the private half: a signature that was not seen before that time may be theirs. Null unless the version was
   * compromised.
   */
  readonly compromisedSince: Date | null
  /** Whether the private half was destroyed: nothing new is signed with it. */
  readonly destroyed: boolean
}

export interface VerifyOptions {
  /** `raw` unless given. */
  readonly form?: SignatureForm
  /** The version that made it, where that is known: a label or number. Every version is tried unless given. */
  readonly version?: string | number
}

type Standing = VersionStanding<PairVersion>

/**
 * The public halves of a key of purpose `sign`, of all its versions: retired ones verify on, and so do destroyed ones, whose private half alone is
 * gone. From `kms.use(name, { purpose: 'verify' })`.
 */
export class SignatureVerifier extends KeyHandle<PairVersion> {
  readonly #held: HeldKey<PairVersion>
  /** Public halves that were brought into WebCrypto, by what is recorded of their versions. */
  readonly #halves = new WeakMap<Standing, Promise<ImportedHalf>>()

  /** Use `kms.use`. */
  constructor(source: HandleSource, key: LoadedKey<PairVersion>) {
    const held = new HeldKey(source, key)
    super(held)
    this.#held = held
  }

  /**
   * Verifies a signature over data as a whole.
   * @param data bytes, or text as UTF-8
   * @returns which version made it, and whether that was compromised since. **Look at `compromisedSince`**
   * @throws `authentication-failed` if no version made it; `key-disabled` if a disabled one did, or one that is to be destroyed; `no-primary-version` if one did
   * that was never active; `version-lost`,
   * `invalid-argument`, `unsupported`, `store-unavailable`, `closed`
   */
  async verify(
    signature: Uint8Array,
    data: Uint8Array | string,
    { form = 'raw', version }: VerifyOptions = {},
  ): Promise<SignatureVerification> {
    requireBytes(signature, 'The signature')
    // Copies: the caller may change its own while this waits.
    const own = signature.slice()
    const given = plaintextBytes(data)
    requireBytes(given, 'The data')
    const bytes = given.slice()
    const named = version === undefined ? undefined : parseVersionLabel(version)
    return this.#verify(own, bytes, form, named)
  }

  /**
   * Verifies a `.sig` file over data of any length, in bounded memory.
   * @param file what `signFile` gave @param data bytes, or their parts one after another
   * @throws as `verify`; `malformed`, `no-matching-key` for a file of another key, and what `data` throws
   */
  async verifyFile(file: string, data: DigestedData): Promise<SignatureVerification> {
    const { signature, ...statement } = decodeSignatureFile(file)
    const { key, spec, version, digest } = statement
    const number = parseVersionLabel(version)
    return this.#verify(signature, statementBytes(statement), 'raw', number, async () => {
      if (key !== this.id || spec !== this.spec) {
        throw new KmsError('no-matching-key', `The signature file is of key ${key}, not of "${this.name}".`, {
          keyIds: [key],
        })
      }
      const { primitives } = this.#held.source
      if (!primitives.equal(await digestOf(data, primitives), digest)) throw notIts(this.name)
    })
  }

  #verify(
    signature: Uint8Array,
    data: Uint8Array,
    form: SignatureForm,
    named: number | undefined,
    before: () => Promise<void> = async () => {},
  ): Promise<SignatureVerification> {
    return this.#held.toldWhenDone(
      'verify',
      async () => {
        await this.#held.ready()
        await before()
        const { key, source } = this.#held
        const claim = { spec: this.spec, signature, form, data }
        const first = await this.#search(claim, named, new Set())
        if (first.found !== undefined && !isBehind(key, first.found)) return this.#verified(first.found)
        // A version that came, or became active, a moment ago: another process may know of it before this one does.
        await source.renew()
        const { found } = first.found === undefined ? await this.#search(claim, named, first.tried) : first
        if (found === undefined) throw notIts(this.name)
        return this.#verified(found)
      },
      named,
    )
  }

  /** The version that made a signature, among those not tried yet. */
  async #search(
    claim: Omit<Claim, 'half'>,
    named: number | undefined,
    tried: ReadonlySet<number>,
  ): Promise<{ readonly found: number | undefined; readonly tried: ReadonlySet<number> }> {
    const { key, source } = this.#held
    if (named === undefined) await source.loadAll(key)
    else await source.lookUp(key, named)
    const all = candidates(key, named).filter(([number]) => !tried.has(number))
    for (const [number, standing] of all) {
      const half = await this.#half(standing)
      if (await signatureFits({ ...claim, half }, source.crypto)) return { found: number, tried }
    }
    return { found: undefined, tried: new Set(all.map(([number]) => number)) }
  }

  #half(standing: Standing): Promise<ImportedHalf> {
    let half = this.#halves.get(standing)
    if (half === undefined) {
      half = importPublicHalf(fromText(standing.publicKey), 'sign', this.spec, this.#held.source.crypto)
      this.#halves.set(standing, half)
    }
    return half
  }

  #verified(number: number): SignatureVerification {
    const standing = this.#held.key.versions.get(number)
    if (standing === undefined) throw notIts(this.name)
    const { state, scheduled, compromisedSince } = standing
    const refused = scheduled || state === 'suspended' || state === 'pre-active'
    if (refused) {
      this.#held.source.uses(this.#held.key, number).refuse()
      checkProcesses(standing, this.name, versionLabel(number))
    }
    this.#held.source.uses(this.#held.key, number).open()
    return {
      version: versionLabel(number),
      compromisedSince: compromisedSince === 0 ? null : new Date(compromisedSince),
      destroyed: state === 'destroyed',
    }
  }
}

/** Whether a version that signed is not active yet, as far as is known here. */
function isBehind(key: LoadedKey<PairVersion>, number: number): boolean {
  const standing = key.versions.get(number)
  return standing === undefined || isPreActive(standing)
}

/** The versions that may have signed, the primary first, then the newest. */
function candidates(key: LoadedKey<PairVersion>, named: number | undefined): readonly (readonly [number, Standing])[] {
  if (named === undefined) {
    const rank = ([number]: readonly [number, Standing]): number => Number(number === key.primaryNumber)
    return [...key.versions].reverse().sort((a, b) => rank(b) - rank(a))
  }
  const standing = key.versions.get(named)
  return standing === undefined ? [] : [[named, standing]]
}

const notIts = (name: string): KmsError =>
  new KmsError('authentication-failed', `The signature is not of "${name}" over this data.`)
