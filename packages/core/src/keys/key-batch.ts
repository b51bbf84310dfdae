import { RandomSupply } from '../crypto/random-bytes.ts'
import { hedgeLength } from '../envelope/salts.ts'
import { KmsError } from '../errors.ts'
import type { KeyPurpose } from '../specs/key-purposes.ts'
import { type KeySpecName, purposeAndSpec } from '../specs/key-specs.ts'
import type { StoredRecord } from '../store/key-store.ts'
import { checkName, checkText } from '../store/names.ts'
import { signRecords } from '../store/signed-record.ts'
import type { KeyRing } from './key-ring.ts'
import { neighbouringIds, randomOfCommon, randomOfId } from './neighbouring-ids.ts'
import { type NewKey, newKey } from './new-key.ts'
import { type PolicyOptions, policyOf, standardPolicy } from './rotation-policy.ts'

/** A key to be made. */
export interface KeyToCreate extends PolicyOptions {
  /** 1 to 200 bytes, unique in the ring for good. */
  readonly name: string
  /** What it is for, and does alone: `encrypt` unless given. */
  readonly purpose?: KeyPurpose
  /** What sort of key: the standard one of its purpose unless given. */
  readonly spec?: KeySpecName
  /** Whether `kms.keys.export` may give it out; false unless given, and for good. */
  readonly exportable?: boolean
  readonly description?: string
}

/** Random bytes of a key: its id, its material, and those that the salt of the material's envelope is made of. */
const randomOfKey = randomOfId + 32 + hedgeLength

/** Its name, itself, and its first version. */
const recordsOfKey = 3

/** Keys that are made, and then signed, in one go. */
const sliceKeys = 20
const slicesAhead = 2

/** One key on its way: what refused it, or its records. Neither for the second of a name. */
interface Unsigned {
  readonly name: string
  readonly refused?: KmsError
  readonly key?: NewKey
}

export interface Candidate extends Omit<Unsigned, 'key'> {
  readonly made?: { readonly key: NewKey; readonly signed: readonly StoredRecord[] }
}

/** What the keys of a batch have in common while they are made. */
interface SharedByBatch {
  readonly nextId: () => string
  /** Of those before. */
  readonly names: Set<string>
  readonly random: RandomSupply
}

/** Keys on their way into one commit. */
export interface KeyBatch {
  readonly specs: readonly KeyToCreate[]
  /** That of the version numbers. */
  readonly incarnation: number
  readonly candidates: readonly Candidate[]
}

/** Makes keys and signs their records: what goes into one commit. @throws `unsupported` where the platform lacks the algorithm of a pair */
export async function prepareBatch(ring: KeyRing, specs: readonly KeyToCreate[], reason: string): Promise<KeyBatch> {
  const { authority } = ring
  const { incarnation } = authority.head.record
  const random = new RandomSupply(randomOfCommon + specs.length * randomOfKey)
  try {
    const shared = { nextId: neighbouringIds(random.take), names: new Set<string>(), random }
    const slices: Promise<readonly Candidate[]>[] = []
    for (let at = 0; at < specs.length; at += sliceKeys) {
      const made = await Promise.all(specs.slice(at, at + sliceKeys).map((spec) => make(ring, spec, shared, reason)))
      // Threads sign some slices while the next one is made here, and the store is heard in between.
      await slices[slices.length - slicesAhead]
      const signed = sign(ring, made)
      // What fails is seen when it is waited for.
      signed.catch(() => {})
      slices.push(signed)
    }
    return { specs, incarnation, candidates: (await Promise.all(slices)).flat() }
  } finally {
    random.wipe()
  }
}

/** A key's records, or what refuses it. */
async function make(
  ring: KeyRing,
  spec: KeyToCreate,
  { nextId, names, random }: SharedByBatch,
  reason: string,
): Promise<Unsigned> {
  try {
    if (typeof spec !== 'object' || spec === null) {
      throw new KmsError('invalid-argument', 'A key to be made is an object with a name.')
    }
    const name = checkName(spec.name)
    // The second of a name meets the first, as it would in a commit of its own.
    if (names.has(name)) return { name }
    const policy = policyOf(spec, standardPolicy, ring.environment.wall())
    const use = purposeAndSpec(spec.purpose, spec.spec)
    const description = checkText(spec.description ?? '', 'A description')
    names.add(name)
    const exportable = spec.exportable === true
    const key = await newKey(ring, {
      id: nextId(),
      random: random.take,
      name,
      description,
      policy,
      use,
      exportable,
      reason,
    })
    return { name, key }
  } catch (error) {
    if (!(error instanceof KmsError)) throw error
    return { name: nameOf(spec), refused: error }
  }
}

async function sign({ authority }: KeyRing, slice: readonly Unsigned[]): Promise<readonly Candidate[]> {
  const signing = authority.checkAdministers()
  const records = slice.flatMap(({ key }) => (key === undefined ? [] : [key.claim, key.key, key.version]))
  const signed = await signRecords(records, signing)
  let at = 0
  return slice.map(({ key, ...candidate }) => {
    if (key === undefined) return candidate
    at += recordsOfKey
    return { ...candidate, made: { key, signed: signed.slice(at - recordsOfKey, at) } }
  })
}

/** As it was given, whatever that was. */
export const nameOf = (spec: KeyToCreate | null | undefined): string => String(spec?.name ?? '')
