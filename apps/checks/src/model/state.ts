import { type VersionState, versionStates } from '@kms/core'

// A state of the model is an array of whole numbers, each a record or a part of a process, so that millions of them can be copied and
// compared. For each key a block of six: the key's record, its three versions', and those of the rotations to versions 2 and 3. Then for
// each process its clocks and, for each key, what it sees of it; the incident; and the change that a slow administrator has under way.

/** Versions of a key. */
export const versionsOfKey = 3
/** For how many ticks of time a lease lasts: whoever reads in one tick may act until the end of the next. */
export const lease = 1
/** What a retirement waits: the lease and a tenth, in whole ticks. One less is too short (a planted defect). */
export const wait = 2

const blockLength = 6
const processes = 2

/** The part of a word that a field has. */
interface Field {
  readonly shift: number
  readonly mask: number
}

type Layout<T extends string> = Readonly<Record<T, Field>>

function layout<T extends string>(bits: Readonly<Record<T, number>>): Layout<T> {
  let shift = 0
  const fields = {} as Record<T, Field>
  for (const [name, width] of Object.entries(bits) as [T, number][]) {
    fields[name] = { shift, mask: 2 ** width - 1 }
    shift += width
  }
  return fields
}

export const get = (word: number, { shift, mask }: Field): number => (word >>> shift) & mask
export const set = (word: number, { shift, mask }: Field, value: number): number =>
  (word & ~(mask << shift)) | (value << shift)

/** `rotation`: the version that the rotation under way leads to. */
export const keyFields: Layout<'primary' | 'rotation'> = layout({ primary: 2, rotation: 2 })
export const versionFields: Layout<
  | 'state'
  | 'previous'
  | 'protects'
  | 'scheduled'
  | 'tested'
  | 'wasRetired'
  | 'wasCompromised'
  | 'reached'
  | 'left'
  | 'settled'
> = layout({
  /** In `stateNames`. */
  state: 3,
  previous: 3,
  /** As its record says: 0 never the primary, 1 now, 2 no more. What ever was has sealed an envelope, which was stored. */
  protects: 2,
  scheduled: 1,
  tested: 1,
  // What the model remembers beyond the records, to judge them.
  wasRetired: 1,
  wasCompromised: 1,
  /** Existed when the incident was declared. */
  reached: 1,
  /** Ticks since it ceased to be what new data may be sealed under, at most `lease + 1`. */
  left: 2,
  /** 0: nobody waits for the leases on it; otherwise one more than the ticks left: 1 says that they have ended. */
  settled: 3,
})
/** `step`: in `rotationSteps`. `missing`: the key names it, and there is no record (a planted defect). */
export const rotationFields: Layout<'step' | 'from' | 'missing'> = layout({ step: 2, from: 2, missing: 1 })
/** Ages: one more than the ticks since what it goes by was read, and since its reading began; 0 for none. */
export const processFields: Layout<'age' | 'reading'> = layout({ age: 2, reading: 3 })
/** What it seals with, and its staged versions as a mask; the same of the reading that is under way. */
export const viewFields: Layout<'seals' | 'staged' | 'readSeals' | 'readStaged'> = layout({
  seals: 2,
  staged: 3,
  readSeals: 2,
  readStaged: 3,
})
/** `owed`: keys recorded as done and not acted on (a planted defect). */
export const incidentFields: Layout<'kind' | 'done' | 'owed'> = layout({ kind: 2, done: 2, owed: 2 })
/** Where nothing is compared (a planted defect): one more than the index of the change that a slow administrator built, and its key. */
export const slowFields: Layout<'operation' | 'key'> = layout({ operation: 6, key: 1 })

export const stateNames: readonly (VersionState | 'absent')[] = [
  'absent',
  ...(Object.keys(versionStates) as VersionState[]),
]
const indexOf = (state: VersionState | 'absent'): number => stateNames.indexOf(state)
export const absent = 0
export const preActive: number = indexOf('pre-active')
export const active: number = indexOf('active')
export const suspended: number = indexOf('suspended')
export const deactivated: number = indexOf('deactivated')
export const compromised: number = indexOf('compromised')
export const destroyed: number = indexOf('destroyed')

/** A rotation that is over is none: what it leaves is in the versions. */
export const rotationSteps = ['none', 'distribute', 'dual-operation', 'retire'] as const
export const none = 0
export const distribute = 1
export const dualOperation = 2
export const retire = 3

/** Whether a state leads to another, as the code's table says. */
export const leads: readonly (readonly boolean[])[] = stateNames.map((from) =>
  stateNames.map((to) => {
    if (from === 'absent') return to === 'pre-active' || to === 'active'
    return (versionStates[from].to as readonly string[]).includes(to)
  }),
)
export const processesData: readonly boolean[] = stateNames.map(
  (name) => name !== 'absent' && versionStates[name].processes,
)
const protectsData: readonly boolean[] = stateNames.map(
  (name) => name !== 'absent' && versionStates[name].protects === 'primary',
)

/** The six words of a key. Of the rotation to version n, the word is n + 2. */
export type Block = readonly number[]
export const rotationAt = (to: number): number => to + 2

/** Whether new data may be sealed under a version now. */
export function protects(block: Block, number: number): boolean {
  const word = block[number] as number
  return (
    get(block[0] as number, keyFields.primary) === number &&
    protectsData[get(word, versionFields.state)] === true &&
    get(word, versionFields.scheduled) === 0
  )
}

/** Where things are, for so many keys. */
export class Shape {
  readonly keys: number
  readonly incident: number
  /** Of a state. After it comes, where nothing is compared, a change that was built from the block that follows it. */
  readonly length: number
  readonly processes: readonly number[]
  readonly processLength: number

  constructor(keys: number) {
    this.keys = keys
    this.processLength = 1 + keys
    this.processes = Array.from({ length: processes }, (_, i) => keys * blockLength + i * this.processLength)
    this.incident = keys * blockLength + processes * this.processLength
    this.length = this.incident + 1
  }

  /** One key with an active version that nobody uses yet, and no process. */
  initial(): number[] {
    let first = set(0, versionFields.state, active)
    first = set(set(first, versionFields.protects, 1), versionFields.tested, 1)
    const unused = set(0, versionFields.left, lease + 1)
    const block = [set(0, keyFields.primary, 1), first, unused, unused, 0, 0]
    const words = Array.from({ length: this.keys }, () => block).flat()
    return [...words, ...Array.from({ length: processes * this.processLength + 1 }, () => 0)]
  }

  block(words: readonly number[], key: number): Block {
    return words.slice(key * blockLength, (key + 1) * blockLength)
  }

  withBlock(words: readonly number[], key: number, block: Block): number[] {
    const changed = [...words]
    for (let i = 0; i < blockLength; i++) changed[key * blockLength + i] = block[i] as number
    return changed
  }
}
