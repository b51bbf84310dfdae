import { rmSync } from 'node:fs'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kms, keyFileRoot, LastSeenFile } from '@kms/node'
import { CaseRandom } from '../../differential/random.ts'
import type { Tally } from '../tally.ts'
import { Runner } from './crowd.ts'
import { type Files, filesIn, keyName, leaseMs, type Mode, modes } from './files.ts'
import { History } from './history.ts'
import { type Entry, readJournal } from './journal.ts'
import type { Mutant } from './mutants.ts'
import { histograms, judge, type Latencies } from './verdict.ts'

export interface RaceOptions {
  /** How long the processes race. */
  readonly seconds: number
  /** Of what is random: who is killed and stopped when, clocks, what the administrator does. */
  readonly seed: number
  readonly mutant?: Mutant | undefined
}

const context = { table: 'race' }
const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

/**
 * Four processes seal and open over one SQLite store, a fifth changes the states of versions; they are killed and stopped at random, and
 * their wall clocks are up to a year wrong. Then what each wrote down is held against what was allowed.
 */
export async function raceSuite({ seconds, seed, mutant }: RaceOptions, tally: Tally): Promise<void> {
  console.log(`${seconds} s, seed ${seed}\n`)
  const folder = await mkdtemp(join(tmpdir(), 'kms-race-'))
  const files = filesIn(folder)
  const more = mutant === undefined ? [] : [mutant]
  const users = modes.map(
    (mode, i) =>
      new Runner(mode, new URL('./user.js', import.meta.url), new CaseRandom(seed, i), (word) => [
        folder,
        mode,
        String(word),
        ...more,
      ]),
  )
  const administrator = new Runner(
    'administrator',
    new URL('./administrator.js', import.meta.url),
    new CaseRandom(seed, users.length),
    (word) => [folder, String(word), ...more],
  )
  const all = [...users, administrator]
  const end = (): void => {
    for (const runner of all) runner.killNow()
    rmSync(folder, { recursive: true, force: true })
  }
  const interrupted = (): never => process.exit(130)
  process.once('exit', end)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupted)
  try {
    await create(files)
    for (const runner of all) runner.start()
    await disturb(all, seconds * 1_000, new CaseRandom(seed, all.length), tally)
    await Promise.all(all.map((runner) => runner.kill()))
    await judgeAll(files, tally)
  } finally {
    await Promise.all(all.map((runner) => runner.kill()))
    end()
    process.off('exit', end)
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupted)
  }
}

async function create(files: Files): Promise<void> {
  for (const path of [files.administrator, ...modes.map(files.journal)]) await writeFile(path, '')
  const root = keyFileRoot(files.root, { create: true })
  const lastSeen = new LastSeenFile({ folder: files.lastSeen })
  await using kms = await Kms.create(`sqlite:${files.store}`, { root, lease: leaseMs, lastSeen, dueWork: false })
  await kms.keys.create(keyName)
}

/** Kills a process about every second and starts it again, and stops one for two leases about every fifth. */
async function disturb(all: readonly Runner[], forMs: number, random: CaseRandom, tally: Tally): Promise<void> {
  const stops: Promise<void>[] = []
  for (const until = performance.now() + forMs; performance.now() < until; ) {
    await sleep(400 + random.below(1_200))
    for (const runner of all.filter(({ failed }) => failed)) {
      tally.fail('store', [`${runner.name} ended by itself`])
      runner.start()
    }
    const running = all.filter(({ stopped }) => !stopped)
    const victim = random.pick(running)
    if (random.oneIn(5)) {
      stops.push(victim.stopFor(2 * leaseMs))
    } else {
      await victim.kill()
      await sleep(random.below(300))
      victim.start()
    }
  }
  await Promise.all(stops)
}

async function judgeAll(files: Files, tally: Tally): Promise<void> {
  const administered = readJournal(files.administrator)
  const history = new History(administered)
  const settled = new Map(administered.flatMap((entry) => (entry.op === 'settled' ? [[entry.version, entry.at]] : [])))
  const latencies: Latencies = new Map()
  const journals = new Map<Mode, readonly Entry[]>(modes.map((mode) => [mode, readJournal(files.journal(mode))]))
  for (const [mode, journal] of journals) latencies.set(mode, [...judge(mode, journal, history, settled, tally)])
  for (const entry of administered) {
    if (entry.op === 'trouble') tally.fail('store', [`administrator: ${entry.code}: ${entry.message}`])
  }
  await openAll(files, [...journals.values()].flat(), tally)
  for (const what of ['sealed', 'opened', 'revoked', 'envelopes']) {
    if (tally.passed(what) === 0) tally.fail(what, ['nothing was shown'])
  }
  console.log(`${changesOf(administered)}\n\n${histograms(latencies)}\n`)
}

/** How often the administrators did what. */
function changesOf(administered: readonly Entry[]): string {
  const kinds = ['rotate', 'retire', 'disable', 'enable'] as const
  const count = (kind: string): number => administered.filter((one) => one.op === 'begins' && one.what === kind).length
  return kinds.map((kind) => `${kind} ${count(kind)}`).join(', ')
}

/** Opens everything that was ever sealed, once nothing is disabled. */
async function openAll(files: Files, entries: readonly Entry[], tally: Tally): Promise<void> {
  const root = keyFileRoot(files.root)
  const lastSeen = new LastSeenFile({ folder: files.lastSeen })
  await using kms = await Kms.open(`sqlite:${files.store}`, { root, lastSeen, dueWork: false })
  await kms.keys.enable(keyName)
  const key = await kms.use(keyName)
  const sealed = entries.filter((entry) => entry.op === 'seal')
  const results = await key.openMany(sealed.map(({ envelope }) => ({ envelope, context })))
  for (const [i, result] of results.entries()) {
    const { version, plaintext } = sealed[i] as (typeof sealed)[number]
    if (!result.ok) tally.fail('envelopes', [`of version ${version}: ${result.error.code}: ${result.error.message}`])
    else if (Buffer.from(result.value).toString() === plaintext) tally.pass('envelopes')
    else tally.fail('envelopes', [`of version ${version}: it opens to something else`])
  }
  for (const { status, check, message } of await kms.doctor()) {
    // With clocks that are a year wrong, it rightly says so.
    if (check === 'clock' || check === 'due-work') continue
    if (status === 'fail') tally.fail('store', [`doctor: ${check}: ${message}`])
    else tally.pass('store')
  }
}
