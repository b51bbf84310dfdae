import { KmsError } from '../errors.ts'
import { type ChangeOptions, type KeyChange, type KeyChanges, reasonOf, withVersion } from '../keys/key-changes.ts'
import type { KeyRecord, RotationRecord, VersionRecord } from '../store/records.ts'
import { nextNumber, parseVersionLabel, versionLabel } from '../store/version-number.ts'
import { FreshMaterial, generateVersion } from '../versions/new-version.ts'
import { newRotation } from './new-rotation.ts'
import { checkNotRevoked } from './revocation.ts'
import type { RotationRecords } from './rotation-records.ts'
import { selfTest } from './self-test.ts'
import { abandoned, mayActivate } from './step-changes.ts'

export interface RotateOptions extends ChangeOptions {
  /** A pre-active version to rotate to, by label or number, such as an imported one; a new one unless given. */
  readonly to?: string | number
  /** `request` unless given; `schedule`, or an incident's id. */
  readonly trigger?: string
  /** Moves the primary without waiting until every process has the new version: those that have not load it when they meet it. */
  readonly urgent?: boolean
  /** Says that no person asks for it: a key without a primary is then left as it is. */
  readonly unattended?: boolean
}

/** Step 1 of a rotation, or the one that is under way: its record. */
export async function begin(
  changes: KeyChanges,
  rotations: RotationRecords,
  name: string,
  options: RotateOptions,
): Promise<RotationRecord> {
  const { environment, access, authority, records } = changes.ring
  const { to, trigger = 'request', urgent = false, unattended = false, ...rest } = options
  const number = to === undefined ? 0 : parseVersionLabel(to)
  const rotation = globalThis.crypto.randomUUID()
  const requestId = rest.requestId ?? globalThis.crypto.randomUUID()
  const fresh = new FreshMaterial()
  let joined: RotationRecord | undefined
  /** As it was tested: where another process was first elsewhere in the ring, it is what it was, and trying again takes no longer than a commit. */
  let tested: VersionRecord | undefined

  const build = async (key: KeyRecord): Promise<KeyChange> => {
    joined = undefined
    const under = key.rotation === '' ? undefined : await rotations.rotating(key, key.rotation)
    checkNotRevoked(key, await records.primary(key), unattended)
    const time = environment.wall()
    if (under !== undefined && mayActivate(under.to)) {
      if (number !== 0 && number !== under.rotation.to) throw isUnderWay(key, under.rotation)
      joined = under.rotation
      // A request of the caller's is recorded, so that it joins the same one however often it is repeated.
      const { revision } = joined
      const others = rest.requestId === undefined ? [] : [{ ...joined, revision: revision + 1 }]
      return { key, versions: [], others, outcome: joined.rotation }
    }
    const useless = under && abandoned(under.rotation, under.to, { time, by: environment.caller })
    const given = number === 0 ? undefined : await waiting(key, number)
    const made = nextNumber(key.newest, authority.head.record.incarnation)
    const of = { key, number: made, time, reason: reasonOf(rest), state: 'pre-active' } as const
    const version = given ?? (tested?.number === made ? tested : await generateVersion(environment, access, of, fresh))
    if (version !== tested) await selfTest(environment, access, version)
    tested = version
    const record = newRotation(environment, key, {
      rotation,
      to: version.number,
      trigger,
      reason: reasonOf(rest),
      step: 'distribute',
      transitionUntil: 0,
    })
    return {
      key: { ...(given === undefined ? withVersion(key, made) : key), rotation },
      versions: given === undefined ? [version] : [],
      others: useless === undefined ? [record] : [record, useless],
      outcome: rotation,
    }
  }

  /** The version named, if a rotation can lead to it. */
  async function waiting(key: KeyRecord, of: number): Promise<VersionRecord> {
    const [version] = (await records.namedVersions(key, [of])) as [VersionRecord]
    if (version.state === 'pre-active') return version
    throw new KmsError(
      'invalid-transition',
      `Version ${versionLabel(of)} of "${key.name}" is ${version.state}; a rotation leads to one that is pre-active.`,
    )
  }

  const { id } = await changes
    .change('rotation.generate', name, { ...rest, requestId }, build, {
      to: versionText(number),
      trigger,
      urgent,
    })
    .finally(() => fresh.wipe())
  // It may have been committed by an earlier call.
  const recorded = await authority.outcomeOf(requestId)
  if (recorded !== undefined) return rotations.read(id, recorded)
  if (joined !== undefined) return joined
  throw new KmsError('store-corrupt', 'The record of that request is missing. Restore a backup.')
}

const versionText = (number: number): string => (number === 0 ? '' : versionLabel(number))

const isUnderWay = (key: KeyRecord, { to, rotation }: RotationRecord): KmsError =>
  new KmsError(
    'conflict',
    `A rotation of "${key.name}" to version ${versionLabel(to)} is under way. Wait for it, or take it back: kms rotation rollback ${rotation}.`,
    { keyIds: [key.key], retry: false },
  )
