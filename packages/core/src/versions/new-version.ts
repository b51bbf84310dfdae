import { contentContexts } from '../access/content-contexts.ts'
import type { Environment } from '../access/environment.ts'
import type { RingAccess } from '../access/ring-access.ts'
import { freshBytes, type RandomBytes } from '../crypto/random-bytes.ts'
import { toText } from '../encoding/text.ts'
import { hedgeLength } from '../envelope/salts.ts'
import { generatePair } from '../key-pairs/generate-pair.ts'
import { Secret } from '../secret.ts'
import { isPair, keySpecEntry, type PurposeAndSpec } from '../specs/key-specs.ts'
import { versionId } from '../store/record-ids.ts'
import type { KeyRecord, VersionRecord } from '../store/records.ts'
import { keyCheck, type Material } from './material.ts'

/** What a new version's record says, beside its material. */
export interface NewVersion {
  readonly key: Pick<KeyRecord, 'key' | 'purpose' | 'spec' | 'exportable'>
  readonly number: number
  readonly time: number
  readonly reason: string
  /** `active`: the primary from now on. */
  readonly state: 'pre-active' | 'active'
  /** Where random bytes come from: the platform, unless given. */
  readonly random?: RandomBytes | undefined
}

const nothing = new Uint8Array(0)

/** Material from the platform's CSPRNG. @throws `unsupported` where the platform lacks the algorithm of a pair */
async function generateMaterial(
  environment: Environment,
  { purpose, spec }: PurposeAndSpec,
  random: RandomBytes = freshBytes,
): Promise<Material> {
  if (isPair(spec)) {
    const { material, publicKey } = await generatePair({ purpose: purpose as 'sign', spec }, environment.crypto)
    return { secret: material, publicKey }
  }
  return { secret: Secret.take(random(keySpecEntry(spec).bits / 8)), publicKey: nothing }
}

/**
 * Material for one new version, made once however many attempts its commit takes: an RSA pair takes seconds, in which others commit. Wiped by whoever made it.
 */
export class FreshMaterial {
  #made: Promise<Material> | undefined

  /** A copy, for whoever seals it. @throws as `generateMaterial` */
  async copy(environment: Environment, use: PurposeAndSpec): Promise<Material> {
    this.#made ??= generateMaterial(environment, use)
    const { secret, publicKey } = await this.#made
    return { secret: Secret.copy(secret.reveal()), publicKey }
  }

  wipe(): void {
    this.#made?.then(
      ({ secret }) => secret.wipe(),
      () => {},
    )
  }
}

/**
 * A new version's record with material from the platform's CSPRNG, sealed to the ring.
 * @param fresh where the commit may be tried again
 * @throws as `generateMaterial`
 */
export async function generateVersion(
  environment: Environment,
  access: RingAccess,
  of: NewVersion,
  fresh?: FreshMaterial,
): Promise<VersionRecord> {
  const use = of.key as PurposeAndSpec
  const material = await (fresh?.copy(environment, use) ?? generateMaterial(environment, use, of.random))
  return sealVersion(environment, access, material, { ...of, origin: 'generated', method: "the platform's CSPRNG" })
}

/** A version's record with given material, which is wiped. */
export function sealVersion(
  environment: Environment,
  access: RingAccess,
  { secret, publicKey }: Material,
  of: NewVersion & Pick<VersionRecord, 'origin' | 'method'>,
): VersionRecord {
  const { store, ring } = access.record
  const { number, time, reason, state, origin, method, random = freshBytes } = of
  const { key, purpose, spec, exportable } = of.key
  const context = contentContexts.version({ store, ring, key, version: number, purpose, spec, origin, exportable })
  const { primitives } = environment
  try {
    return {
      kind: 'version',
      id: versionId(ring, key, number),
      revision: 1,
      store,
      ring,
      key,
      number,
      purpose,
      spec,
      state,
      previousState: '',
      primaryFrom: state === 'active' ? time : 0,
      primaryUntil: 0,
      compromisedSince: 0,
      destruction: [],
      material: toText(access.sealing.sealHedged(primitives, secret.reveal(), context, random(hedgeLength))),
      publicKey: toText(publicKey),
      check: toText(keyCheck(environment, secret, { key, number })),
      created: time,
      changed: time,
      by: environment.caller,
      reason,
      origin,
      method,
      exportable,
      bits: keySpecEntry(spec).bits,
    }
  } finally {
    secret.wipe()
  }
}
