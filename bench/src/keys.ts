import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, randomInt, randomUUID, sign } from 'node:crypto'
import { closeSync, fdatasyncSync, fsyncSync, openSync, statSync, unlinkSync, writeFileSync, writeSync } from 'node:fs'
import type { Kms } from '@kms/node'
import type { Bench, BenchOptions } from './harness/bench.ts'
import { describeMachine } from './harness/machine.ts'
import { measure } from './harness/measure.ts'
import { figureTarget, type Report, type Row, rowOf, type Target, timeTarget, timingRows } from './harness/report.ts'
import { estimate, interquartileRange, median } from './harness/statistics.ts'
import { fill, keyName } from './keys/fill.ts'
import { openOrCreate, type Place, placeOf } from './keys/place.ts'
import { coldOpen } from './keys/process.ts'
import { firstUses } from './keys/single-flight.ts'
import { makeVersions, subjectOf, versionWorks } from './keys/versions.ts'

const atOnce = 10_000
const million = 1_000_000

interface Size {
  readonly keys: number
  /** Keys made one by one, in blocks of 100 that are timed. */
  readonly singles: number
  readonly pages: number
  readonly opens: number
  /** Of those after the system's caches were dropped, which the whole machine notices. */
  readonly drops: number
  readonly versions: number
}

/** What is found out, bit by bit. */
interface Findings {
  readonly rows: Row[]
  readonly targets: Target[]
  readonly notes: string[]
}

/** Issue 6's bench: a store of a million keys. */
export const keys: Bench = {
  name: 'keys',
  async run(options: BenchOptions): Promise<Report> {
    const size: Size = options.quick
      ? { keys: 20_000, singles: 600, pages: 30, opens: 6, drops: 0, versions: 200 }
      : { keys: million, singles: 3_000, pages: 200, opens: 25, drops: 7, versions: 10_000 }
    await using place = await placeOf(options.store)
    const found: Findings = { rows: [], targets: [], notes: [...notes] }
    await measured(place, { ...size, keys: options.keys ?? size.keys }, options, found)
    return { name: 'keys', machine: describeMachine(), ...found }
  },
}

const notes = [
  'Opening is timed from the start of a new process, Node and our code included, to its first envelope. The store was written just before, so that its pages are in memory, unless caches were dropped.',
  'Each key that is made alone is a commit that is on the disk when the call returns; made in batches, it is one for 100 keys.',
]

async function measured(place: Place, size: Size, options: BenchOptions, found: Findings): Promise<void> {
  const kms = await openOrCreate(place)
  try {
    await made(kms, place, size, found)
    const versions = await makeVersions(kms, size.versions, (count) => tell(`version ${count.toLocaleString('en')}`))
    for (const work of versionWorks(place, versions)) {
      const timings = await measure(work, { ...options.effort, warmUpCalls: 5, blockMs: 1 })
      found.rows.push(...timingRows(work.name, timings))
      const [many, few] = [versions.many, versions.few].map(({ count }) => subjectOf(count)) as [string, string]
      found.targets.push(timeTarget(work.name, timings, many, few, { atMost: 1.2 }))
    }
    await pages(kms, size, found)
  } finally {
    await kms.close()
  }
  await singleFlight(place, size, found)
  await opened(place, size, found)
}

/** Keys made in batches, then one by one beside them. */
async function made(kms: Kms, place: Place, size: Size, { rows, targets, notes }: Findings): Promise<void> {
  rows.push(...machineRows(place))
  const rates = await fill(kms, size.keys, (count, rate) => {
    tell(`${count.toLocaleString('en')} of ${size.keys.toLocaleString('en')} keys, ${Math.round(rate)} a second`)
  })
  const work = `make keys, ${size.keys.toLocaleString('en')} in all`
  if (rates.length === 0) notes.push('The store was full already: keys made in batches were not timed.')
  else {
    rows.push(rateRow(work, 'in batches', rates))
    targets.push(figureTarget(`${work}, in batches`, 'keys a second', { atLeast: 5_000 }, steady(rates)))
    rows.push({ ...rateRow(work, 'in batches, the slowest call', [Math.min(...rates)]), spread: 0 })
  }
  rows.push({
    work: 'store',
    subject: 'on disk, per key',
    median: Number((statSync(place.path).size / 1024 / size.keys).toPrecision(3)),
    spread: 0,
    unit: 'KiB',
  })
  const run = randomUUID().slice(0, 8)
  const singles: number[] = []
  for (let block = 0; block < size.singles / 100; block++) {
    const start = performance.now()
    for (let i = 0; i < 100; i++) await kms.keys.create(`single-${run}-${block}-${i}`)
    singles.push(100_000 / (performance.now() - start))
  }
  rows.push(rateRow(work, 'one by one, durable', singles))
  targets.push(figureTarget(`${work}, one by one`, 'keys a second', { atLeast: 1_500 }, steady(singles)))
}

/** What every key is made of, here and now: how fast a machine signs and syncs differs by half from hour to hour. */
function machineRows(place: Place): Row[] {
  const { privateKey } = generateKeyPairSync('ed25519')
  const record = new Uint8Array(800)
  const signatures = timed(2_000, () => void sign(null, record, privateKey))
  const path = `${place.path}.sync`
  const file = openSync(path, 'w')
  try {
    const page = new Uint8Array(4_096)
    writeSync(file, new Uint8Array(4_096 * 64))
    fsyncSync(file)
    const syncs = timed(500, (i) => {
      writeSync(file, page, 0, page.length, 4_096 * (i % 64))
      fdatasyncSync(file)
    })
    const work = 'of the machine'
    return [rowOf(work, 'Ed25519 signature', ...signatures), rowOf(work, 'write and sync of 4 KiB', ...syncs)]
  } finally {
    closeSync(file)
    unlinkSync(path)
  }
}

/** @returns the median and what lies around it, nanoseconds */
function timed(count: number, work: (index: number) => void): [number, number] {
  const times = Array.from({ length: count }, (_, i) => {
    const start = process.hrtime.bigint()
    work(i)
    return Number(process.hrtime.bigint() - start)
  })
  return [median(times), interquartileRange(times)]
}

/** Pages from random places: nothing of them was read before. */
async function pages(kms: Kms, size: Size, { rows, targets }: Findings): Promise<void> {
  const times: number[] = []
  for (let page = 0; page < size.pages; page++) {
    const start = process.hrtime.bigint()
    const listed = await kms.keys.list({ after: randomUUID(), limit: 100 })
    // One that begins near the end of the ids is shorter.
    if (listed.length === 100) times.push(Number(process.hrtime.bigint() - start))
  }
  const work = 'list a page of 100'
  rows.push(rowOf(work, 'kms.keys.list', median(times), interquartileRange(times)))
  targets.push(figureTarget(work, 'ms', { atMost: 30 }, estimate(times.map((time) => time / 1e6))))
}

async function singleFlight(place: Place, size: Size, { rows, targets }: Findings): Promise<void> {
  const { unwraps, milliseconds } = await firstUses(place, keyName(randomInt(size.keys)), atOnce)
  const work = `${atOnce.toLocaleString('en')} first uses of a key at once`
  rows.push(rowOf(work, 'all have a handle', milliseconds * 1e6, 0))
  targets.push(figureTarget(work, 'unwrap', { atMost: 1 }, unwraps))
}

async function opened(place: Place, size: Size, { rows, targets, notes }: Findings): Promise<void> {
  const work = 'open in a new process, first seal'
  const times = { whole: [] as number[], open: [] as number[], password: [] as number[], dropped: [] as number[] }
  const key = (): string => keyName(randomInt(size.keys))
  for (let round = 0; round < size.opens; round++) {
    const { fromStart, fromOpen } = await coldOpen(place, 'key', key())
    times.whole.push(fromStart)
    times.open.push(fromOpen)
    times.password.push((await coldOpen(place, 'password', key())).fromStart)
  }
  for (let round = 0; round < size.drops && dropCaches(); round++) {
    times.dropped.push((await coldOpen(place, 'key', key())).fromStart)
  }
  if (size.drops > 0 && times.dropped.length === 0) {
    notes.push('Caches could not be dropped here: that needs Linux and root.')
  }
  const row = (subject: string, all: readonly number[]): Row[] =>
    all.length === 0 ? [] : [rowOf(work, subject, median(all) * 1e6, interquartileRange(all) * 1e6)]
  rows.push(
    ...row('bare key', times.whole),
    ...row('bare key, from Kms.open on', times.open),
    ...row('bare key, caches dropped', times.dropped),
    ...row('password', times.password),
  )
  targets.push(figureTarget(`${work}, bare key`, 'ms', { atMost: 300 }, estimate(times.whole)))
}

/** Makes the system forget what it read of any file (proc(5)). @returns whether it could */
function dropCaches(): boolean {
  try {
    execFileSync('sync')
    writeFileSync('/proc/sys/vm/drop_caches', '1')
    return true
  } catch {
    return false
  }
}

/** A median of a few figures has no interval: it then stands for itself. */
const steady = (figures: readonly number[]): ReturnType<typeof estimate> | number =>
  figures.length < 6 ? median(figures) : estimate(figures)

function rateRow(work: string, subject: string, rates: readonly number[]): Row {
  return {
    work,
    subject,
    median: Math.round(median(rates)),
    spread: Math.round(interquartileRange(rates)),
    unit: 'a second',
  }
}

const tell = (text: string): void => void process.stderr.write(`${text}\n`)
