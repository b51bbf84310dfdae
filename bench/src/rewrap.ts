import { randomBytes } from 'node:crypto'
import { keyOpener, keyRecipient, parseHeader, rewrapHeader, sealEnvelope, slotHolder } from '@kms/core/envelope'
import { backendParts, Kms, type RewrapOutcome, type Rewrapped } from '@kms/node'
import type { Bench, BenchOptions } from './harness/bench.ts'
import { describeMachine } from './harness/machine.ts'
import { measure } from './harness/measure.ts'
import { figureTarget, type Report, timingRows } from './harness/report.ts'
import { speedRatio } from './harness/statistics.ts'
import type { Subject } from './harness/subject.ts'

const work = 'header of one key'
const second = 1e9
/** Headers in a call, where many are given at once. */
const batchLength = 1_024

/** Headers of 64 files, each with a context of its own, as files have them. */
const contexts = Array.from({ length: 64 }, (_, file) => ({ file: `report-${file}.pdf` }))

/** From one key to another, both in slots: what a rewrap costs without reading a store. */
async function headers(): Promise<Subject> {
  const { primitives, slots } = backendParts()
  const [from, to] = [1, 2].map((version) =>
    slotHolder(slots, slots.importKey(new Uint8Array(randomBytes(32))), new Uint8Array(16).fill(9), version),
  ) as [ReturnType<typeof slotHolder>, ReturnType<typeof slotHolder>]
  const recipients = [keyRecipient(from, { primitives })]
  const envelopes = await Promise.all(
    contexts.map((context) => sealEnvelope(new Uint8Array(16), { context, recipients, primitives, slots })),
  )
  const change = { openers: [keyOpener(from, { primitives })], add: [keyRecipient(to, { primitives })], primitives }
  const remove = (): boolean => true
  let next = 0
  return {
    name: 'rewrapHeader',
    run() {
      const file = next++ & 63
      return rewrapHeader(envelopes[file]!, { ...change, context: contexts[file]!, remove })
    },
    verify: (result) => namesVersion((result as Awaited<ReturnType<typeof rewrapHeader>>).header, 2),
  }
}

/** A Kms with a key that was rotated after the files were sealed to it. */
async function throughKms(kms: Kms): Promise<{ readonly one: Subject; readonly many: Subject }> {
  const { primitives, slots } = backendParts()
  await kms.keys.create('files')
  const recipients = [await kms.recipient('files')]
  const envelopes = await Promise.all(
    contexts.map((context) => sealEnvelope(new Uint8Array(16), { context, recipients, primitives, slots })),
  )
  await kms.keys.rotate('files')
  const files = envelopes.map((envelope, file) => ({ envelope, context: contexts[file]! }))
  const batch = Array.from({ length: batchLength }, (_, i) => files[i % files.length]!)
  let next = 0
  return {
    one: {
      name: 'kms.rewrap',
      run() {
        const { envelope, context } = files[next++ & 63]!
        return kms.rewrap(envelope, { context })
      },
      verify: (result) => namesVersion((result as Rewrapped).header, 2),
    },
    many: {
      name: 'kms.rewrapMany',
      run: () => kms.rewrapMany(batch),
      verify: (result) =>
        (result as readonly RewrapOutcome[]).every(({ rewrapped }) => namesVersion(rewrapped!.header, 2)),
    },
  }
}

function namesVersion(bytes: Uint8Array, version: number): boolean {
  const header = parseHeader(bytes)
  const fields = header.mode === 2 ? header.recipients[0]?.fields : undefined
  return fields?.name === 'key' && fields.version === version
}

/** How many headers are rewrapped in a second? */
export const rewrap: Bench = {
  name: 'rewrap',
  async run({ effort }: BenchOptions): Promise<Report> {
    await using kms = await Kms.ephemeral()
    const { one, many } = await throughKms(kms)
    const single = await measure({ name: work, subjects: [await headers(), one] }, effort)
    const batches = await measure({ name: work, subjects: [many] }, effort)
    const perHeader = batches.map(({ subject, times }) => ({ subject, times: times.map((time) => time / batchLength) }))
    const times = perHeader[0]!.times
    const aSecond = speedRatio(
      times,
      times.map(() => second),
    )
    return {
      name: 'rewrap',
      machine: describeMachine(),
      rows: timingRows(work, [...single, ...perHeader]),
      targets: [figureTarget(work, 'headers a second', { atLeast: 100_000 }, aSecond)],
      notes: [
        `kms.rewrapMany takes ${batchLength.toLocaleString('en')} headers in a call; its figures are of one header.`,
      ],
    }
  },
}
