import { randomBytes } from 'node:crypto'
import { keyOpener, keyRecipient, parseHeader, rewrapHeader, sealEnvelope, slotHolder } from '@kms/core/envelope'
import { backendParts, Kms } from '@kms/node'
import type { Bench, BenchOptions } from './harness/bench.ts'
import { describeMachine } from './harness/machine.ts'
import { measure } from './harness/measure.ts'
import { figureTarget, type Report, timingRows } from './harness/report.ts'
import { speedRatio } from './harness/statistics.ts'
import type { Subject, Work } from './harness/subject.ts'

const work = 'header of one key'
const second = 1e9

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

/** The same through a Kms, which reads the ring's state, counts and audits. */
async function throughKms(kms: Kms): Promise<Subject> {
  const { primitives, slots } = backendParts()
  await kms.keys.create('files')
  const recipients = [await kms.recipient('files')]
  const envelopes = await Promise.all(
    contexts.map((context) => sealEnvelope(new Uint8Array(16), { context, recipients, primitives, slots })),
  )
  await kms.keys.rotate('files')
  let next = 0
  return {
    name: 'kms.rewrap',
    run() {
      const file = next++ & 63
      return kms.rewrap(envelopes[file]!, { context: contexts[file]! })
    },
    verify: (result) => namesVersion((result as Awaited<ReturnType<typeof rewrapHeader>>).header, 2),
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
    const subjects: Work = { name: work, subjects: [await headers(), await throughKms(kms)] }
    const timings = await measure(subjects, effort)
    const times = timings[0]!.times
    const aSecond = speedRatio(
      times,
      times.map(() => second),
    )
    return {
      name: 'rewrap',
      machine: describeMachine(),
      rows: timingRows(work, timings),
      targets: [figureTarget(work, 'headers a second', { atLeast: 100_000 }, aSecond)],
      notes: [],
    }
  },
}
