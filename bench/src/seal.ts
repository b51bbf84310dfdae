import { randomBytes } from 'node:crypto'
import { openHandle, openStoredHandle } from './handle.ts'
import type { Bench, BenchOptions } from './harness/bench.ts'
import { describeMachine } from './harness/machine.ts'
import { measure } from './harness/measure.ts'
import { percentileRows } from './harness/percentiles.ts'
import { type Bound, type Report, type Row, speedTarget, type Target, timingRows } from './harness/report.ts'
import type { Subject, Work } from './harness/subject.ts'
import { bareGcm } from './peers/bare-gcm.ts'
import { envelopeByHand } from './peers/envelope-by-hand.ts'
import type { RecordCipher } from './peers/record-cipher.ts'

const record = randomBytes(64)

/** A different context for each call, as rows have them, so that nobody's encoding of the last one is of use. */
const contexts = Array.from({ length: 64 }, (_, row) => ({ table: 'users.email', row: String(10_000_017 + row) }))

/** The two pieces of work: sealing, and opening what each cipher sealed itself. */
export async function recordWork(ciphers: readonly RecordCipher[]): Promise<{ seal: Work; open: Work }> {
  const sealing: Subject[] = []
  const opening: Subject[] = []
  for (const cipher of ciphers) {
    let next = 0
    let used = contexts[0]!
    sealing.push({
      name: cipher.name,
      run() {
        used = contexts[next++ & 63]!
        return cipher.seal(record, used)
      },
      verify: async (sealed) => record.equals(await cipher.open(sealed as Uint8Array, used)),
    })
    const sealed: Uint8Array[] = []
    for (const context of contexts) sealed.push(await cipher.seal(record, context))
    let opened = 0
    opening.push({
      name: cipher.name,
      run() {
        const row = opened++ & 63
        return cipher.open(sealed[row]!, contexts[row]!)
      },
      verify: (plaintext) => record.equals(plaintext as Uint8Array),
    })
  }
  return { seal: { name: 'seal 64 B', subjects: sealing }, open: { name: 'open 64 B', subjects: opening } }
}

/** Bare GCM, the same with the context as additional data, and the same envelope by hand, all on `node:crypto`. */
export function nodeCiphers(): RecordCipher[] {
  const gcm = bareGcm(randomBytes(32))
  const hand = envelopeByHand(randomBytes(32), randomBytes(16), 1)
  return [
    { name: 'bare GCM', seal: (plaintext) => gcm.seal(plaintext), open: (sealed) => gcm.open(sealed) },
    {
      name: 'GCM with context as AAD',
      seal: (plaintext, context) => gcm.seal(plaintext, JSON.stringify(context)),
      open: (sealed, context) => gcm.open(sealed, JSON.stringify(context)),
    },
    {
      name: 'envelope by hand',
      seal: (plaintext, context) => hand.seal(plaintext, context),
      open: (sealed, context) => hand.open(sealed, context),
    },
  ]
}

/** Of the handle; of the one over a store on disk where `stored` says so. */
const targets: readonly { work: 'seal' | 'open'; against: string; bound: Bound; stored?: true }[] = [
  { work: 'seal', against: 'bare GCM', bound: { atLeast: 1.2 } },
  { work: 'open', against: 'bare GCM', bound: { atLeast: 0.9 } },
  { work: 'seal', against: 'envelope by hand', bound: { atLeast: 3 } },
  { work: 'open', against: 'envelope by hand', bound: { atLeast: 3 } },
  { work: 'seal', against: 'bare GCM', bound: { atLeast: 1.3 }, stored: true },
]

/** Issue 3's bench, and issue 6's with all on: 64-byte records with a context of two pairs. */
export const seal: Bench = {
  name: 'seal',
  async run({ effort, percentiles }: BenchOptions): Promise<Report> {
    await using handle = await openHandle()
    await using stored = await openStoredHandle()
    const works = await recordWork([handle.cipher, stored.cipher, ...nodeCiphers()])

    const rows: Row[] = []
    const met: Target[] = []
    for (const work of ['seal', 'open'] as const) {
      const { name } = works[work]
      const timings = await measure(works[work], effort)
      rows.push(...timingRows(name, timings))
      if (percentiles) rows.push(...(await percentileRows(works[work])))
      for (const target of targets.filter((candidate) => candidate.work === work)) {
        const ours = (target.stored === true ? stored : handle).cipher.name
        // Two targets of the same work against the same peer: the name tells them apart.
        const what = target.stored === true ? `${name}, store on disk` : name
        met.push({ ...speedTarget(name, timings, ours, target.against, target.bound), work: what })
      }
    }
    return {
      name: 'seal',
      machine: describeMachine(),
      rows,
      targets: met,
      notes: [],
    }
  },
}
