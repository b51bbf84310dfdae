import type { RandomBytes } from '../crypto/random-bytes.ts'
import { KmsError } from '../errors.ts'
import { Secret } from '../secret.ts'
import type { PurposeAndSpec } from '../specs/key-specs.ts'
import { keyId, nameId } from '../store/record-ids.ts'
import type { KeyRecord, NameRecord, VersionRecord } from '../store/records.ts'
import { versionNumber } from '../store/version-number.ts'
import type { Material } from '../versions/material.ts'
import { type FreshMaterial, generateVersion, sealVersion } from '../versions/new-version.ts'
import type { KeyRing } from './key-ring.ts'
import type { PolicyFields } from './rotation-policy.ts'

/** What a key is made of, checked. */
export interface NewKeyParts {
  /** A UUID; a new one unless given. */
  readonly id?: string
  readonly name: string
  readonly description: string
  readonly policy: PolicyFields
  readonly use: PurposeAndSpec
  readonly exportable: boolean
  readonly reason: string
  /** Material that was made elsewhere; new one from the platform's CSPRNG unless given. */
  readonly given?: GivenVersion | undefined
  /** The new one, where the commit may be tried again. */
  readonly fresh?: FreshMaterial
  /** Where random bytes come from: the platform, unless given. */
  readonly random?: RandomBytes
}

/** Material that was made elsewhere, tested, and how. Its secret stays the caller's. */
export interface GivenVersion extends Material {
  readonly method: string
}

/** A new key's records: its name, which must not be taken, itself, and its first version, which is its primary. */
export interface NewKey {
  readonly claim: NameRecord
  readonly key: KeyRecord
  readonly version: VersionRecord
}

/** Makes a key's records. @throws `unsupported` where the platform lacks the algorithm of a pair */
export async function newKey({ environment, access, authority }: KeyRing, spec: NewKeyParts): Promise<NewKey> {
  const { store, ring } = access.record
  const {
    id: key = globalThis.crypto.randomUUID(),
    name,
    description,
    policy,
    use,
    exportable,
    reason,
    given,
    fresh,
    random,
  } = spec
  const number = versionNumber(authority.head.record.incarnation, 1)
  const time = environment.wall()
  const record: KeyRecord = {
    kind: 'key',
    id: keyId(ring, key),
    revision: 1,
    store,
    ring,
    key,
    name,
    ...use,
    exportable,
    description,
    created: time,
    by: environment.caller,
    ...policy,
    primary: number,
    primarySince: time,
    rotation: '',
    transitions: 0,
    newest: [number],
    made: 1,
  }
  const id = nameId(environment.primitives, ring, name)
  const claim: NameRecord = { kind: 'name', id, revision: 1, store, ring, key, name }
  const of = { key: record, number, time, reason, state: 'active', random } as const
  const version =
    given === undefined
      ? await generateVersion(environment, access, of, fresh)
      : sealVersion(
          environment,
          access,
          { secret: Secret.copy(given.secret.reveal()), publicKey: given.publicKey },
          { ...of, origin: 'imported', method: given.method },
        )
  return { claim, key: record, version }
}

export const keyExists = (name: string): KmsError =>
  new KmsError('key-exists', `The name "${name}" is taken. Names stay reserved: choose another.`)
