import { type ReceivedKey, type ReceiveOptions, receiveKey } from '../distribution/receive.ts'
import { type SendOptions, type SentKey, sendKey } from '../distribution/send.ts'
import { toHex } from '../encoding/bytes.ts'
import { fromText } from '../encoding/text.ts'
import { formatUuid, parseUuid } from '../encoding/uuid.ts'
import type { Opener } from '../envelope/recipient.ts'
import { KmsError } from '../errors.ts'
import type { PairPurpose } from '../key-pairs/pair-algorithms.ts'
import { publicFingerprint } from '../key-pairs/public-fingerprint.ts'
import { type PublicKeyForms, publicKeyForms } from '../key-pairs/public-key-forms.ts'
import { type Distribution, distributionsOf } from '../keys/distributions.ts'
import { asAsked } from '../keys/existing-key.ts'
import type { KeyToCreate } from '../keys/key-batch.ts'
import type { ChangeOptions, KeyChange, KeyChanges } from '../keys/key-changes.ts'
import { type CreateKeyOptions, createKey, type ImportKeyOptions, importKey } from '../keys/key-creation.ts'
import { type ExportToRecipients, type ExportUnderPassword, exportKey } from '../keys/key-export.ts'
import type { KeyInfo, VersionInfo } from '../keys/key-info.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { type CreatedKey, type CreateManyOptions, createMany } from '../keys/many-keys.ts'
import { noPrimaryVersion } from '../keys/refusals.ts'
import { renameKey } from '../keys/rename-key.ts'
import { type PolicyOptions, policyOf } from '../keys/rotation-policy.ts'
import { type ImportOptions, importVersion } from '../keys/version-import.ts'
import {
  type DestroyOptions,
  type Retirement,
  VersionTransitions,
  type WithCopies,
} from '../keys/version-transitions.ts'
import type { KeyPurpose } from '../specs/key-purposes.ts'
import { purposeVerbs } from '../specs/key-specs.ts'
import type { VersionState } from '../specs/version-states.ts'
import { checkName, checkText } from '../store/names.ts'
import { keyId, keyPrefix } from '../store/record-ids.ts'
import type { KeyRecord, VersionRecord } from '../store/records.ts'
import { parseVersionLabel, versionLabel } from '../store/version-number.ts'
import { type KeyUsage, keyUsage } from '../usage/key-usage.ts'
import type { GivenMaterial } from '../versions/given-material.ts'

/** The public half of a version, and what is known of that version. */
export interface VersionPublicKey extends PublicKeyForms {
  /** 32 hexadecimal digits, which people compare and envelopes name it by. */
  readonly fingerprint: string
  /** The label of the version. */
  readonly version: string
  readonly state: VersionState
  /** Since when others may have had the private half; null unless the version is compromised. */
  readonly compromisedSince: Date | null
}

/**
 * The keys of the open ring: making them, and what their versions may do. Each change is one signed, logged commit.
 * All calls throw `not-permitted` without the right to administer, `store-unavailable`, `store-corrupt`,
 * `store-rolled-back`, `conflict` after many attempts, and `invalid-argument`.
 */
export class KeyAdministration {
  readonly #ring: KeyRing
  readonly #changes: KeyChanges
  readonly #transitions: VersionTransitions

  readonly #rotate: (name: string, options: ChangeOptions) => Promise<KeyInfo>

  readonly #opener: (name: string) => Promise<Opener>

  /** Use `kms.keys`. */
  constructor(
    changes: KeyChanges,
    rotate: (name: string, options: ChangeOptions) => Promise<KeyInfo>,
    opener: (name: string) => Promise<Opener>,
  ) {
    this.#rotate = rotate
    this.#opener = opener
    this.#ring = changes.ring
    this.#changes = changes
    this.#transitions = new VersionTransitions(changes)
  }

  /**
   * Makes a key with its first version, which is its primary.
   * @param name 1 to 200 bytes, unique in the ring for good
   * @throws `key-exists`
   */
  create(name: string, options: CreateKeyOptions = {}): Promise<KeyInfo> {
    return createKey(this.#changes, name, options)
  }

  /**
   * Makes many keys, each as `create` does, up to 100 in one signed and logged commit: several times as fast. Give it some thousand at
   * a time; a call that was interrupted is repeated with `ifAbsent`.
   * @returns one outcome for each, in their order: the key, or why it was not made (`key-exists`, `invalid-argument`). What fails for all, such as
   * `aborted`, `store-unavailable` or `conflict`, is the outcome of each that was not reached
   * @throws `not-permitted`, `invalid-argument` for what is no array or a reason that is too long
   */
  createMany(specs: readonly KeyToCreate[], options: CreateManyOptions = {}): Promise<readonly CreatedKey[]> {
    return createMany(this.#changes, specs, options)
  }

  /** The key of that name, made if there is none. Safe to call at every start. @throws `invalid-argument` for one that is there and something else */
  async ensure(name: string, options: CreateKeyOptions = {}): Promise<KeyInfo> {
    return asAsked(await this.#ensured(name, options), options)
  }

  async #ensured(name: string, options: CreateKeyOptions): Promise<KeyInfo> {
    try {
      return await this.show(name)
    } catch (error) {
      if (!(error instanceof KmsError) || error.code !== 'key-not-found') throw error
    }
    try {
      return await this.create(name, options)
    } catch (error) {
      // Another process was first.
      if (error instanceof KmsError && error.code === 'key-exists') return this.show(name)
      throw error
    }
  }

  /** A key with all its versions. @throws `key-not-found` */
  async show(name: string): Promise<KeyInfo> {
    return this.#changes.whole(checkName(name))
  }

  /**
   * `show`, of the key that an envelope names.
   * @param id UUID, as `inspect` and the errors' `keyIds` give it
   * @throws `key-not-found`
   */
  async showById(id: string): Promise<KeyInfo> {
    const checked = formatUuid(parseUuid(id))
    await this.#ring.authority.refresh()
    const { record } = await this.#ring.records.byId(checked)
    return this.#changes.info(record, await this.#ring.records.allVersions(record))
  }

  /**
   * How often the versions of a key sealed and opened, and who sealed lately, by all processes together. The counts are approximate:
   * each process writes down what it counted a second after its first use, and then every ten seconds.
   * @throws `key-not-found`
   */
  async usage(name: string): Promise<KeyUsage> {
    const checked = checkName(name)
    const { authority, records, usage } = this.#ring
    await authority.refresh()
    const { record } = await records.byName(checked)
    await usage.flush()
    return keyUsage(record, await usage.read(record.key), usage.session)
  }

  /**
   * Keys in the order of their ids, with their newest versions.
   * @param options.after the id of the last key of the page before
   * @param options.limit 1 to 1,000; 100 by default
   */
  async list(options: { readonly after?: string; readonly limit?: number } = {}): Promise<readonly KeyInfo[]> {
    const { environment, access, authority } = this.#ring
    const { ring } = access.record
    const after = options.after === undefined ? '' : keyId(ring, options.after)
    const page = await environment.store.list('administered', keyPrefix(ring), after, options.limit ?? 100)
    const keys = await Promise.all(page.map(async (stored) => (await authority.open('key', stored)).record))
    const versions = await this.#ring.records.newestOfMany(keys)
    return keys.map((key, at) => this.#changes.info(key, versions[at] ?? []))
  }

  /** Replaces a key's description. @throws `key-not-found` */
  describe(name: string, description: string, options: ChangeOptions = {}): Promise<KeyInfo> {
    const text = checkText(description, 'A description')
    const build = (key: KeyRecord): KeyChange => ({
      key: key.description === text ? key : { ...key, description: text },
      versions: [],
    })
    return this.#changes.change('key.describe', name, options, build, { description: text })
  }

  /**
   * Changes a key's policy; what is not given stays.
   * @throws `key-not-found`, `invalid-argument` for what is out of range or over the profile's ceiling
   */
  setPolicy(name: string, policy: PolicyOptions & ChangeOptions): Promise<KeyInfo> {
    const { reason, requestId, ...options } = policy
    const change = { ...(reason !== undefined && { reason }), ...(requestId !== undefined && { requestId }) }
    return this.#changes.change(
      'key.policy',
      name,
      change,
      (key) => {
        const { profile, rotationDays, processingDays, transitionDays } = key
        const before = { profile, rotationDays, processingDays, transitionDays }
        const after = policyOf(options, before, this.#ring.environment.wall())
        const same = JSON.stringify(after) === JSON.stringify(before)
        return { key: same ? key : { ...key, ...after }, versions: [] }
      },
      { policy: JSON.stringify(Object.entries(options).sort()) },
    )
  }

  /**
   * Gives a key another name; its id, and what it sealed, stay. The old name stays reserved.
   * @throws `key-not-found`, `key-exists`
   */
  rename(name: string, to: string, options: ChangeOptions = {}): Promise<KeyInfo> {
    return renameKey(this.#changes, name, to, options)
  }

  /**
   * Makes a new version and makes it the primary, once every process that holds the key has it (`kms.rotations`). The old one stays
   * active until the transition ends or it is retired, and goes on opening what it sealed.
   * @throws `key-not-found`, `limit-exceeded` after 65,535 versions
   */
  rotate(name: string, options: ChangeOptions = {}): Promise<KeyInfo> {
    return this.#rotate(name, options)
  }

  /**
   * Makes a key of material that was made elsewhere, its first version and primary. What others can guess or compute is refused: short, constant or
   * patterned bytes, text, hashes of common passwords, published keys, RSA keys that can be factored; and halves that are not one pair.
   * @param material raw bytes of a symmetric key, or a JWK of `oct`; of a pair its private half as PKCS#8 (DER or PEM, also under `password`) or JWK. Bytes
   * are wiped
   * @param options.spec of a private key its own unless given
   * @throws `key-exists`, `invalid-argument` for what is none of that spec and for material that another version of the ring has, `weak-key` with the reason,
   * `version-compromised`, `authentication-failed` for a wrong password, `unsupported`
   */
  import(name: string, material: GivenMaterial, options: ImportKeyOptions = {}): Promise<KeyInfo> {
    return importKey(this.#changes, name, material, options)
  }

  /**
   * Gives out a version of a key that was made `exportable`: sealed to recipients, or a private key as PKCS#8 under a password. It is logged before it is given
   * out, as `key.export` with its reason.
   * @returns with `to` an envelope of data, its plaintext the raw bytes or PKCS#8 in DER; with `password` the text of a PEM block
   * @throws `key-not-found`, `not-permitted` for a key that was not made exportable, `no-primary-version`, `version-lost`, what a version's state refuses,
   * `invalid-argument` for a password of a symmetric key
   */
  export(name: string, options: ExportToRecipients): Promise<Uint8Array>
  export(name: string, options: ExportUnderPassword): Promise<string>
  export(name: string, options: ExportToRecipients | ExportUnderPassword): Promise<Uint8Array | string> {
    return exportKey(this.#changes, name, options)
  }

  /**
   * Adds a version with material made elsewhere. It is pre-active: `kms.rotations.rotate(name, { to })` makes it the primary.
   * @param material as `import` takes it, of the key's spec; bytes are wiped
   * @returns the key, and the label of the version; of a request that was done before, that of then
   * @throws `key-not-found`, and as `import`
   */
  importVersion(
    name: string,
    material: GivenMaterial,
    options: ImportOptions = {},
  ): Promise<{ readonly key: KeyInfo; readonly version: string }> {
    return importVersion(this.#changes, name, material, options)
  }

  /**
   * Seals versions of a key that was created exportable to a recipient whose public key was verified, signed by whoever sends it. Who
   * got which version is recorded before this returns: a crash in between leaves a record without a package, never a package without a record.
   * @returns the package, which may go over any channel, and what was recorded
   * @throws `key-not-found`, `not-permitted` for a key that was not created exportable, `authentication-failed` for a fingerprint that is not the
   * public key's or a certificate that is not as it must be, `version-lost`, `no-primary-version`, `unsupported` for a kem that this platform
   * lacks, and what a version's state refuses
   */
  send(name: string, options: SendOptions): Promise<SentKey> {
    return sendKey(this.#ring, name, options)
  }

  /**
   * Whom versions of a key were sent to, the youngest sending first.
   * @throws `key-not-found`
   */
  async distributions(name: string): Promise<readonly Distribution[]> {
    const checked = checkName(name)
    await this.#ring.authority.refresh()
    return distributionsOf(this.#ring, await this.#ring.records.idOf(checked))
  }

  /**
   * Takes a key that `send` sealed for this ring: from one of the accepted senders, for the purpose, environment and classification that are asked for.
   * It keeps its id and its versions their numbers, so that what the sender sealed opens here, and the reverse; versions that are made here get
   * numbers that the sender gives to none. A key that the same sender sent before gets the versions that it has not: what protects at the sender is pre-active
   * here until `rotate` leads to it.
   * @param envelope its bytes
   * @throws `authentication-failed` for another sender or changed bytes, `no-matching-key` for a package to somebody else, `not-permitted` for
   * one that is for something else, and for a version that may not be passed on of a key that may, `key-exists` for a name or an id that is taken and where all versions are here, `weak-key`, `version-compromised` for material that was
   * compromised here, `invalid-argument` for material that another version has and for halves that do not belong together, `malformed`, `unsupported`
   */
  receive(envelope: Uint8Array, options: ReceiveOptions): Promise<ReceivedKey> {
    return receiveKey(this.#changes, envelope, options, this.#opener)
  }

  /**
   * One version of a key: the primary, or the one named.
   * @throws `key-not-found`, `version-lost`, `no-primary-version`
   */
  async version(name: string, version?: string | number): Promise<VersionInfo> {
    const { record, version: found } = await this.#versionOf(name, version)
    return this.#changes.info(record, [found]).versions[0] as VersionInfo
  }

  /**
   * The public half of a version of a key that signs, agrees or transports, in the forms that others read, and its fingerprint: 32
   * hexadecimal digits, which people compare and envelopes name it by. It may go anywhere; but
   * **look at `state`**: nobody should rely on one that is compromised or disabled.
   * @param version its label or number; the primary unless given
   * @throws `key-not-found`, `version-lost`, `no-primary-version`; `invalid-argument` for keys that are no pairs
   */
  async publicKey(name: string, version?: string | number): Promise<VersionPublicKey> {
    const { record, version: found } = await this.#versionOf(name, version)
    if (found.publicKey === '') {
      throw new KmsError(
        'invalid-argument',
        `"${record.name}" has no public half: it is a key to ${purposeVerbs[record.purpose as KeyPurpose]}.`,
      )
    }
    const { purpose, spec, name: comment } = record
    const label = versionLabel(found.number)
    const { state, compromisedSince } = this.#changes.info(record, [found]).versions[0] as VersionInfo
    const spki = fromText(found.publicKey)
    const fingerprint = toHex(await publicFingerprint(purpose as PairPurpose, spec, spki))
    return {
      ...publicKeyForms({ spec, spki }, `${comment}/${label}`),
      fingerprint,
      version: label,
      state,
      compromisedSince,
    }
  }

  async #versionOf(
    name: string,
    version: string | number | undefined,
  ): Promise<{ readonly record: KeyRecord; readonly version: VersionRecord }> {
    const checked = checkName(name)
    const number = version === undefined ? undefined : parseVersionLabel(version)
    await this.#ring.authority.refresh()
    const { record } = await this.#ring.records.byName(checked)
    if (number === undefined && record.primary === 0) throw noPrimaryVersion(checked, record.key)
    const [found] = await this.#ring.records.namedVersions(record, [number ?? record.primary])
    return { record, version: found as VersionRecord }
  }

  /**
   * Retires a version: it protects no new data and goes on opening old data. Processes that hold a lease may seal under it for
   * `settledAfterMs` more. Warns (`sealed-lately`) of processes that sealed under it within the hour, and names them in `sealedBy`.
   * @param version its label (`3`, `r5f2a.3`) or number as shown
   * @throws `key-not-found`, `version-lost`, `invalid-transition`
   */
  retire(name: string, version: string | number, options: ChangeOptions = {}): Promise<Retirement> {
    return this.#transitions.retire(name, version, options)
  }

  /**
   * Disables a version, or all that are in use: it neither encrypts nor decrypts until it is enabled. Other processes notice
   * within a second, at the latest when their lease ends.
   * @throws `key-not-found`, `version-lost`, `invalid-transition`
   */
  disable(name: string, version?: string | number, options: ChangeOptions = {}): Promise<KeyInfo> {
    return this.#transitions.disable(name, version, options)
  }

  /**
   * Enables a disabled version, or all: each goes back to the state it had.
   * @throws `key-not-found`, `version-lost`, `invalid-transition`
   */
  enable(name: string, version?: string | number, options: ChangeOptions = {}): Promise<KeyInfo> {
    return this.#transitions.enable(name, version, options)
  }

  /**
   * Marks a version as known to others, or all that are in use, for good: it neither encrypts nor decrypts, and `kms.reencrypt` alone
   * opens with it. If it was the primary, the key has none until it is rotated.
   * @param options.since when that may have begun; now unless given
   * @throws `key-not-found`, `version-lost`, `invalid-transition`
   */
  compromise(
    name: string,
    version?: string | number,
    options: ChangeOptions & { readonly since?: Date } = {},
  ): Promise<WithCopies> {
    return this.#transitions.compromise(name, version, options)
  }

  /**
   * Destroys a version: its material is gone from the store and from memory. Of keys that encrypt, one that never was the primary; of keys that sign, the
   * private half, and the public one verifies on; of others, with a `declaration` that nothing needs it. With `waitDays` it is
   * scheduled, nothing opens with it meanwhile, and a second call carries it out when its time has come.
   * @returns the key, and whom the version was sent to: their copies are not destroyed by it
   * @throws `key-not-found`, `version-lost`, `census-required`, `invalid-transition`, `invalid-argument`, `clock-implausible`
   */
  destroy(name: string, version: string | number, options: DestroyOptions = {}): Promise<WithCopies> {
    return this.#transitions.destroy(name, version, options)
  }

  /** Takes back a scheduled destruction; the version's state is what it was. @throws `key-not-found`, `version-lost` */
  cancelDestruction(name: string, version: string | number, options: ChangeOptions = {}): Promise<KeyInfo> {
    return this.#transitions.cancelDestruction(name, version, options)
  }
}
