import { Kms } from '@kms/node'
import { agreeing, signing } from './asymmetric/bare-pair.ts'
import { rsaGeneration, type Stalled } from './asymmetric/stalls.ts'
import { agreementWork, bare, macWork, managed, signatureWorks } from './asymmetric/works.ts'
import type { Bench, BenchOptions } from './harness/bench.ts'
import { describeMachine } from './harness/machine.ts'
import { measure } from './harness/measure.ts'
import { excessTarget, figureTarget, type Report, type Row, rowOf, type Target, timingRows } from './harness/report.ts'
import { excess, interquartileRange, median } from './harness/statistics.ts'

/** Microseconds. */
const overhead = { atMost: 15 }
/** Milliseconds: less than a frame of a screen at 60 Hz. */
const stall = { atMost: 16 }
const nothing = 'nothing, for as long'

/** Issue 7's bench. */
export const asymmetric: Bench = {
  name: 'asymmetric',
  async run({ effort, quick }: BenchOptions): Promise<Report> {
    const rows: Row[] = []
    const targets: Target[] = []
    await using kms = await Kms.ephemeral()
    for (const spec of Object.keys(signing)) {
      const works = await signatureWorks(kms, spec)
      const timings = await measure(works.sign, effort)
      rows.push(...timingRows(works.sign.name, timings))
      if (spec === 'ed25519') targets.push(excessTarget(works.sign.name, timings, managed, bare, overhead))
      rows.push(...timingRows(works.verify.name, await measure(works.verify, effort)))
    }
    for (const bits of [256, 384, 512] as const) {
      const work = await macWork(kms, bits)
      const timings = await measure(work, effort)
      rows.push(...timingRows(work.name, timings))
      targets.push(excessTarget(work.name, timings, managed, bare, overhead))
    }
    for (const spec of Object.keys(agreeing)) {
      const work = await agreementWork(kms, spec)
      rows.push(...timingRows(work.name, await measure(work, effort)))
    }
    for (const bits of quick ? [2048] : [2048, 3072, 4096]) {
      const made = await rsaGeneration(kms, bits, quick ? 6 : 15)
      const work = `make an RSA key of ${bits} bits`
      rows.push(...stallRows(work, 'kms.keys.create', made.managed))
      rows.push(...stallRows(work, nothing, made.nothing))
      rows.push(...stallRows(work, 'on the main thread, to compare', made.onMainThread))
      const [ours, theirs] = [made.managed, made.nothing].map((all) => all.map((one) => one.stall)) as [
        number[],
        number[],
      ]
      targets.push(figureTarget(`${work}, the longest stall`, `ms over ${nothing}`, stall, excess(ours, theirs)))
    }
    return { name: 'asymmetric', machine: describeMachine(), rows, targets, notes }
  },
}

const notes = [
  'What a managed key costs over WebCrypto is the median of the differences within rounds, in microseconds, and its interval. Managed keys check the lease, count the use and name the version.',
  'A stall is the longest time between two turns of the event loop while a key is made. The machine stalls by itself as well, which is what is measured beside it.',
]

function stallRows(work: string, subject: string, all: readonly Stalled[]): Row[] {
  const row = (what: string, of: readonly number[]): Row =>
    rowOf(work, what, median(of) * 1e6, interquartileRange(of) * 1e6)
  return [
    row(
      subject,
      all.map(({ whole }) => whole),
    ),
    row(
      `${subject}: the longest stall`,
      all.map((one) => one.stall),
    ),
  ]
}
