import { createHash, randomFillSync } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, open, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { generateX25519Identity } from 'age-encryption'
import type { Bench, BenchOptions } from './harness/bench.ts'
import { describeMachine } from './harness/machine.ts'
import { roundOrder, type Timing } from './harness/measure.ts'
import { figureTarget, type Report, type Row, rowOf, speedTarget, type Target, timingRows } from './harness/report.ts'
import { interquartileRange, median } from './harness/statistics.ts'
import { inProcess } from './stream/process.ts'
import { readRanges } from './stream/range.ts'
import { settle } from './stream/settle.ts'
import { encryptionSdks, fileCiphers, ours, pipelineName } from './stream/subjects.ts'

const gibibyte = 2 ** 30
const quickSize = 16 * 2 ** 20
const rounds = 7
const ranges = 2_000

const works = { seal: 'encrypt', open: 'decrypt' } as const

/** Issue 5's bench: a file encrypted into another and back, each time in a process of its own. */
export const stream: Bench = {
  name: 'stream',
  async run(options: BenchOptions): Promise<Report> {
    const size = options.size ?? (options.quick ? quickSize : gibibyte)
    const folder = await mkdtemp(join(tmpdir(), 'kms-bench-'))
    try {
      return await measured(folder, size, options.rounds ?? (options.quick ? 2 : rounds))
    } finally {
      await rm(folder, { recursive: true })
    }
  },
}

async function measured(folder: string, size: number, count: number): Promise<Report> {
  const at = (name: string): string => join(folder, name)
  const identity = await generateX25519Identity()
  const digest = await makeFile(at('plain'), size)
  const names = Object.keys(fileCiphers)
  const times = { seal: timesOf(names), open: timesOf(names) }
  const peaks = { seal: timesOf(names), open: timesOf(names), idle: timesOf(names) }

  for (let round = 0; round < count; round++) {
    for (const index of roundOrder(round, names.length)) {
      const name = names[index] as string
      peaks.idle[name]?.push((await inProcess(name, 'idle', '', '', identity)).peak)
      for (const operation of ['seal', 'open'] as const) {
        const [from, to] = operation === 'seal' ? ['plain', 'sealed'] : ['sealed', 'opened']
        await settle(size)
        const { nanoseconds, peak } = await inProcess(name, operation, at(from), at(to), identity)
        times[operation][name]?.push(nanoseconds)
        peaks[operation][name]?.push(peak)
      }
      if (round === 0 && (await digestOf(at('opened'))) !== digest) throw new Error(`${name} gives another file back.`)
      if (name === ours && round === count - 1) await rename(at('sealed'), at('ranges'))
      await Promise.all(['sealed', 'opened'].map((file) => rm(at(file), { force: true })))
    }
  }
  const { times: rangeTimes, mostChunks } = await readRanges(at('ranges'), ranges)

  const rows: Row[] = []
  const targets: Target[] = []
  for (const operation of ['seal', 'open'] as const) {
    const work = `${works[operation]} ${grouped(size)}`
    const timings = names.map((subject): Timing => ({ subject, times: times[operation][subject] ?? [] }))
    rows.push(...timingRows(work, timings))
    const sdk = fastest(timings.filter(({ subject }) => encryptionSdks.some((one) => one === subject)))
    targets.push(speedTarget(work, timings, ours, pipelineName, { atLeast: 1.5 }))
    targets.push(speedTarget(work, timings, ours, sdk, { atLeast: 4 }))
  }
  for (const operation of ['seal', 'open'] as const) {
    const work = `memory over idle, ${works[operation]}`
    for (const name of names) {
      const over = (peaks[operation][name] ?? []).map((peak, i) => (peak - (peaks.idle[name]?.[i] ?? 0)) / 1024)
      rows.push({
        work,
        subject: name,
        median: rounded(median(over)),
        spread: rounded(interquartileRange(over)),
        unit: 'MiB',
      })
      if (name === ours) targets.push(figureTarget(work, 'MiB', { atMost: 48 }, Math.max(...over)))
    }
  }
  rows.push(rowOf('1 KiB at a random place', ours, median(rangeTimes), interquartileRange(rangeTimes)))
  targets.push(figureTarget('1 KiB at a random place', 'chunks read', { atMost: 2 }, mostChunks))
  return { name: 'stream', machine: describeMachine(), rows, targets, notes }
}

const notes = [
  'Each figure is of a process of its own, from the call to its end; loading code is not timed. Nothing is synced to the disk, by nobody: an fsync takes as long for each.',
  'Before each, what was written is synced, and as much memory as the file takes is used and freed: a virtual machine has to ask its host for what was free for long.',
  'Idle is a process that loaded the same code and keys and did nothing. Peaks are VmHWM.',
]

const timesOf = (names: readonly string[]): Record<string, number[]> =>
  Object.fromEntries(names.map((name) => [name, []]))

function fastest(timings: readonly Timing[]): string {
  const [first] = [...timings].sort((a, b) => median(a.times) - median(b.times))
  if (first === undefined) throw new Error('no timings')
  return first.subject
}

const rounded = (value: number): number => Number(value.toPrecision(3))

const grouped = (bytes: number): string => (bytes % 2 ** 20 === 0 ? `${bytes / 2 ** 20} MiB` : `${bytes} B`)

/** A file of random bytes. @returns its SHA-256 */
async function makeFile(path: string, size: number): Promise<string> {
  const file = await open(path, 'w')
  try {
    const piece = new Uint8Array(Math.min(size, 2 ** 20))
    for (let left = size; left > 0; left -= piece.length) {
      await file.writeFile(randomFillSync(piece).subarray(0, Math.min(piece.length, left)))
    }
  } finally {
    await file.close()
  }
  return digestOf(path)
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: 2 ** 20 }), hash)
  return hash.digest('hex')
}
