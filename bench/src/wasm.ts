import { randomBytes } from 'node:crypto'
import { KmsError, type Primitives } from '@kms/core'
import { wasmBackend } from './backends.ts'
import { openHandle } from './handle.ts'
import type { Bench, BenchOptions } from './harness/bench.ts'
import { describeMachine } from './harness/machine.ts'
import { type Effort, measure } from './harness/measure.ts'
import { percentileRows } from './harness/percentiles.ts'
import {
  type Bound,
  missedTarget,
  type Row,
  speedTarget,
  type Target,
  timeTarget,
  timingRows,
} from './harness/report.ts'
import type { Subject } from './harness/subject.ts'
import { type Contest, contests } from './peers/primitives.ts'
import { encryptionSdkCipher, joseCipher, tinkCipher } from './peers/records.ts'
import { nodeCiphers, recordWork } from './seal.ts'
import { moduleSize } from './size.ts'

interface Part {
  readonly rows: readonly Row[]
  readonly targets: readonly Target[]
  readonly notes: readonly string[]
}

/** Derivations of a second and more: the fewest rounds that give an interval tight enough, and calls by the piece. */
const slowEffort = (effort: Effort): Effort => ({
  ...effort,
  rounds: Math.max(6, Math.floor(effort.rounds / 4)),
  warmUpMs: Math.min(effort.warmUpMs, 500),
})

/** Our subject, or nothing where the algorithm is not built: a row that is missing, not one that is made up. */
async function built(contest: Contest, primitives: Primitives): Promise<Subject | undefined> {
  const subject = contest.ours?.(primitives)
  try {
    await subject?.run()
    return subject
  } catch (error) {
    if (error instanceof KmsError && error.code === 'unsupported') return undefined
    throw error
  }
}

async function compete(contest: Contest, options: BenchOptions): Promise<Part> {
  const { work, peers, targets } = contest
  const { effort, percentiles } = options
  const ours = await built(contest, wasmBackend.primitives)
  const subjects = ours === undefined ? peers : [ours, ...peers]
  const timings = await measure({ name: work, subjects }, contest.slow ? slowEffort(effort) : effort)
  const singles = percentiles ? await percentileRows({ name: work, subjects }) : []
  return {
    rows: [...timingRows(work, timings), ...singles],
    targets: targets.map(({ against, bound }) => {
      if (ours === undefined) return missedTarget(work, against, bound)
      const target = bound.atMost === undefined ? speedTarget : timeTarget
      return target(work, timings, ours.name, against, bound)
    }),
    notes: ours === undefined ? [`${work}: not built yet; its peers are measured for the record.`] : [],
  }
}

const recordBounds: readonly { against: string; seal: Bound; open: Bound }[] = [
  { against: 'bare GCM', seal: { atLeast: 1.5 }, open: { atLeast: 1 } },
  { against: 'envelope by hand', seal: { atLeast: 4 }, open: { atLeast: 4 } },
  { against: 'tink-crypto', seal: { atLeast: 8 }, open: { atLeast: 8 } },
  { against: 'jose dir', seal: { atLeast: 8 }, open: { atLeast: 8 } },
  { against: 'AWS Encryption SDK', seal: { atLeast: 100 }, open: { atLeast: 100 } },
]

/** The whole envelope through a handle, beside what people use instead. */
async function records(effort: Effort): Promise<Part> {
  await using handle = await openHandle()
  const secret = randomBytes(32)
  const peers = [await tinkCipher(), await joseCipher(secret), encryptionSdkCipher(secret)]
  const works = await recordWork([handle.cipher, ...nodeCiphers(), ...peers])
  const rows: Row[] = []
  const targets: Target[] = []
  for (const direction of ['seal', 'open'] as const) {
    const { name } = works[direction]
    const timings = await measure(works[direction], effort)
    rows.push(...timingRows(name, timings))
    targets.push(
      ...recordBounds.map((bounds) =>
        speedTarget(name, timings, handle.cipher.name, bounds.against, bounds[direction]),
      ),
    )
  }
  return { rows, targets, notes: [] }
}

/** Issue 4's table. */
export const wasm: Bench = {
  name: 'wasm',
  async run(options: BenchOptions) {
    const parts: Part[] = []
    for (const contest of await contests()) parts.push(await compete(contest, options))
    parts.push(await records(options.effort), { ...moduleSize(options.effort.rounds), notes: [] })
    return {
      name: 'wasm',
      machine: describeMachine(),
      rows: parts.flatMap((part) => part.rows),
      targets: parts.flatMap((part) => part.targets),
      notes: parts.flatMap((part) => part.notes),
    }
  },
}
