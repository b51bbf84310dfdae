import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import type { KeySlots, Primitives } from '@kms/core'
import { createHybridKeySlots } from '@kms/node'
import { type Backend, nativeBackend, wasmBackend } from './backends.ts'
import type { Bench, BenchOptions } from './harness/bench.ts'
import { describeMachine, type Machine } from './harness/machine.ts'
import { type Effort, measure } from './harness/measure.ts'
import { type Row, timingRows } from './harness/report.ts'
import { speedRatio } from './harness/statistics.ts'
import type { Subject } from './harness/subject.ts'

/** Message lengths in bytes, some three for each doubling where the crossovers are expected. */
const sizes = [16, 64, 128, 256, 384, 512, 640, 768, 1024, 1280, 1536, 2048, 4096, 16_384, 65_536] as const

const key = randomBytes(32)
const nonce = randomBytes(12)
const none = new Uint8Array(0)

/** The module first, native second. */
const backends: readonly Backend[] = [wasmBackend, nativeBackend]

/** Pieces of work that either backend does, for a message of some length. */
const works: Readonly<Record<string, (size: number) => Subject[]>> = {
  'AES-256-GCM': (size) => {
    const message = randomBytes(size)
    return bothPrimitives((backend) => backend.aeadSeal('AES-256-GCM', key, nonce, none, message))
  },
  'SHA-256': (size) => {
    const message = randomBytes(size)
    return bothPrimitives((backend) => backend.hash('SHA-256', message))
  },
  'SHA-512': (size) => {
    const message = randomBytes(size)
    return bothPrimitives((backend) => backend.hash('SHA-512', message))
  },
  'HMAC-SHA-512': (size) => {
    const message = randomBytes(size)
    return bothPrimitives((backend) => backend.hmac('SHA-512', key, message))
  },
  'envelope, sealing': (size) => bothWays((slots, name) => sealing(slots, name, randomBytes(size))),
  'envelope, opening': (size) => bothWays((slots, name) => opening(slots, name, randomBytes(size))),
}

/** Both backends on the same input; what one gives, the other must. */
function bothPrimitives(run: (backend: Primitives) => Uint8Array): Subject[] {
  const expected = Buffer.from(run(nativeBackend.primitives))
  return backends.map(({ primitives }) => ({
    name: primitives.backend,
    run: () => run(primitives),
    verify: (result: unknown) => expected.equals(result as Uint8Array),
  }))
}

/** Keys derived in the module either way, as the default backend does; the message encrypted there, or by node:crypto. */
const bothWays = (subject: (slots: KeySlots, name: string) => Subject): Subject[] => [
  subject(createHybridKeySlots({ nativeFrom: Number.POSITIVE_INFINITY }), 'wasm'),
  subject(createHybridKeySlots({ nativeFrom: 0 }), 'native'),
]

const header = Uint8Array.from([0x92, 0x6b, 0x35, 1, 0, 0, 0, ...randomBytes(16), 0, 0, 0, 1])

/** A slot ready to seal, and the length of `C` written for it: the preamble and an empty context. */
function prepared(slots: KeySlots) {
  const slot = slots.importKey(randomBytes(32))
  slots.prepare(slot, 1, header)
  slots.bound.set(header.subarray(0, 7))
  slots.bound.set([0, 0], 7)
  return { slot, boundLength: 9 }
}

function sealing(slots: KeySlots, name: string, message: Buffer): Subject {
  const { slot, boundLength } = prepared(slots)
  return {
    name,
    run: () => slots.seal(slot, boundLength, message),
    verify: (sealed) => message.equals(slots.open(slot, boundLength, sealed as Uint8Array)),
  }
}

function opening(slots: KeySlots, name: string, message: Buffer): Subject {
  const { slot, boundLength } = prepared(slots)
  const sealed = slots.seal(slot, boundLength, message)
  return {
    name,
    run: () => slots.open(slot, boundLength, sealed),
    verify: (opened) => message.equals(opened as Uint8Array),
  }
}

/** The sizes at which native crypto takes over, and what they were read from. */
interface Crossover {
  readonly work: string
  /** The first size from which on native is faster at every size measured, its whole interval above 1; null if at none. */
  readonly nativeFrom: number | null
  /** How many times as fast native is, by size: the median and its 95 % interval. */
  readonly ratios: readonly { readonly size: number; readonly native: readonly [number, number, number] }[]
}

/** What is kept of a run; one for each Node version. */
interface CrossoverRecord {
  readonly machine: Machine
  readonly effort: Effort
  readonly crossovers: readonly Crossover[]
}

/** Adds a record to those in `file`, in place of an earlier one of the same major version of Node. */
async function keep(file: string, record: CrossoverRecord): Promise<void> {
  const major = ({ machine }: CrossoverRecord): number => Number.parseInt(machine.node, 10)
  const kept = JSON.parse(await readFile(file, 'utf8').catch(() => '[]')) as CrossoverRecord[]
  const records = [...kept.filter((other) => major(other) !== major(record)), record]
  records.sort((a, b) => major(a) - major(b))
  await writeFile(file, `${JSON.stringify(records, null, 2)}\n`)
}

/** Where native crypto is faster than the module. `--write FILE` keeps the answer as data, with machine and date. */
export const crossover: Bench = {
  name: 'crossover',
  async run({ effort, output }: BenchOptions) {
    const machine = describeMachine()
    // Many short blocks: two neighbours lie within one time slice, so that a busy machine slows both down alike.
    const pairs: Effort = {
      ...effort,
      rounds: effort.rounds * 10,
      blockMs: effort.blockMs / 40,
      warmUpMs: effort.warmUpMs / 8,
    }
    const rows: Row[] = []
    const crossovers: Crossover[] = []
    for (const [work, subjects] of Object.entries(works)) {
      const ratios: Crossover['ratios'][number][] = []
      for (const size of sizes) {
        const name = `${work} ${size} B`
        const timings = await measure({ name, subjects: subjects(size) }, pairs)
        rows.push(...timingRows(name, timings))
        const { median, low, high } = speedRatio(timings[1]!.times, timings[0]!.times)
        ratios.push({
          size,
          native: [median, low, high].map((ratio) => Number(ratio.toPrecision(4))) as [number, number, number],
        })
      }
      const first = ratios.find((_, i) => ratios.slice(i).every(({ native: [, low] }) => low > 1))
      crossovers.push({ work, nativeFrom: first?.size ?? null, ratios })
    }
    if (output !== undefined) await keep(output, { machine, effort: pairs, crossovers })
    const notes = crossovers.map(({ work, nativeFrom }) =>
      nativeFrom === null ? `${work}: the module is faster at every size` : `${work}: native from ${nativeFrom} bytes`,
    )
    return { name: 'crossover', machine, rows, targets: [], notes }
  },
}
