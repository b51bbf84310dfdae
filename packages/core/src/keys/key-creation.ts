import type { Change } from '../access/authority.ts'
import { toText } from '../encoding/text.ts'
import type { KeyPurpose } from '../specs/key-purposes.ts'
import { isPair, type KeySpecName, type PurposeAndSpec, purposeAndSpec } from '../specs/key-specs.ts'
import { checkName, checkText } from '../store/names.ts'
import { nameId } from '../store/record-ids.ts'
import { requestSubject } from '../store/request-subject.ts'
import { type GivenMaterial, type ReadGivenOptions, readGiven, specOfGiven } from '../versions/given-material.ts'
import { keyCheck } from '../versions/material.ts'
import { FreshMaterial } from '../versions/new-version.ts'
import { type ChangeOptions, type KeyChanges, reasonOf } from './key-changes.ts'
import type { KeyInfo } from './key-info.ts'
import { refuseKnownMaterial } from './known-material.ts'
import { type GivenVersion, keyExists, type NewKey, newKey } from './new-key.ts'
import { type PolicyOptions, policyOf, standardPolicy } from './rotation-policy.ts'

export interface CreateKeyOptions extends ChangeOptions, PolicyOptions {
  /** What it is for, and does alone: `encrypt` unless given. */
  readonly purpose?: KeyPurpose
  /** What sort of key: the standard one of its purpose unless given (`keySpecs`). */
  readonly spec?: KeySpecName
  /** Whether `kms.keys.export` may give it out; false unless given, and for good. */
  readonly exportable?: boolean
  readonly description?: string
}

export interface ImportKeyOptions extends CreateKeyOptions, ReadGivenOptions {
  /** How the material was made, for people: up to 200 bytes. */
  readonly method?: string
}

/** `kms.keys.create`. */
export async function createKey(changes: KeyChanges, name: string, options: CreateKeyOptions): Promise<KeyInfo> {
  return make(changes, 'key.create', name, options, purposeAndSpec(options.purpose, options.spec), undefined)
}

/** `kms.keys.import`. Bytes that are given are wiped, whatever comes of it. */
export async function importKey(
  changes: KeyChanges,
  name: string,
  given: GivenMaterial,
  options: ImportKeyOptions,
): Promise<KeyInfo> {
  const { environment, authority } = changes.ring
  const { method = 'given', password, ...rest } = options
  const reading = password === undefined ? {} : { password }
  const checkedMethod = checkName(method, 'A method')
  try {
    authority.checkAdministers()
    const use = await useOf(changes, given, rest, reading)
    const { secret, publicKey } = await readGiven(environment, use, given, reading)
    try {
      return await make(changes, 'key.import', name, rest, use, { secret, publicKey, method: checkedMethod })
    } finally {
      secret.wipe()
    }
  } finally {
    if (given instanceof Uint8Array) given.fill(0)
  }
}

/** Of a private key that nobody says the spec of, its own. */
async function useOf(
  { ring }: KeyChanges,
  given: GivenMaterial,
  { purpose, spec }: CreateKeyOptions,
  reading: ReadGivenOptions,
): Promise<PurposeAndSpec> {
  const standard = purposeAndSpec(purpose, spec)
  if (spec !== undefined || !isPair(standard.spec)) return standard
  return purposeAndSpec(purpose, await specOfGiven(ring.environment, given, reading))
}

async function make(
  changes: KeyChanges,
  operation: 'key.create' | 'key.import',
  name: string,
  options: CreateKeyOptions,
  use: PurposeAndSpec,
  given: GivenVersion | undefined,
): Promise<KeyInfo> {
  const { ring } = changes
  const { environment, access, authority } = ring
  const checked = checkName(name)
  const description = checkText(options.description ?? '', 'A description')
  const policy = policyOf(options, standardPolicy, environment.wall())
  const exportable = options.exportable === true
  const reason = reasonOf(options)
  // No key has the empty id and the number 0: by this check value a request knows its material, and nobody else anything.
  const material = given && toText(keyCheck(environment, given.secret, { key: nilUuid, number: 0 }))
  const subject = requestSubject(environment.primitives, checked, {
    ...policy,
    ...use,
    exportable,
    description,
    reason,
    material,
    method: given?.method,
  })
  const claim = nameId(environment.primitives, access.record.ring, checked)
  const fresh = new FreshMaterial()
  let made: NewKey | undefined
  const build = async (claimed: readonly unknown[]): Promise<Change> => {
    if (claimed.length > 0) throw keyExists(checked)
    if (given !== undefined) await refuseKnownMaterial(ring, { key: '', made: 0, name: checked }, given.secret)
    made = await newKey(ring, { name: checked, description, policy, use, exportable, reason, given, fresh })
    return { reason, records: [made.claim, made.key, made.version] }
  }
  await authority.commit(operation, subject, options.requestId, build, () => [claim]).finally(() => fresh.wipe())
  // A request that was done before made a key that is not this one.
  const info =
    made === undefined || options.requestId !== undefined
      ? await changes.whole(checked)
      : changes.info(made.key, [made.version])
  changes.onChange(operation, info.name, info.id, info.primary ?? undefined)
  return info
}

const nilUuid = '00000000-0000-0000-0000-000000000000'
