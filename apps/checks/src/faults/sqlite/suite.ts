import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kms, keyFileRoot, LastSeenFile } from '@kms/node'
import type { Tally } from '../tally.ts'
import { type Files, filesIn } from './files.ts'
import { killWriter, type Target } from './kill.ts'
import { Ledger, said } from './ledger.ts'
import type { Mutant } from './mutants.ts'
import { type Phase, PhasePage, phases } from './phase-page.ts'

export interface SqliteSuiteOptions {
  /** Kills that count, the same number in each phase, rounded up. */
  readonly kills: number
  readonly mutant?: Mutant | undefined
}

/** Kills before a store is left for a new one: enough for rotations of old keys, few enough to open it all again. */
const killsPerStore = 25
/** Operations a writer does before the one it dies in, at most. */
const latest = 6
/** A kill that lands a phase late is checked like any other but not counted; so many of them, times the kills, and it stops. */
const patience = 4
/** Failures that end the suite: what is wrong then is known. */
const enough = 20

/**
 * Kills a process that makes and rotates keys, in every phase of its commits, and compares the store with what it was told.
 */
export async function sqliteSuite({ kills, mutant }: SqliteSuiteOptions, tally: Tally): Promise<void> {
  const base = await mkdtemp(join(tmpdir(), 'kms-faults-'))
  const wanted = Math.ceil(kills / phases.length)
  const counted = new Map<Phase, number>(phases.map((phase) => [phase, 0]))
  const missing = (): Phase[] => phases.filter((phase) => (counted.get(phase) ?? 0) < wanted)
  try {
    let run = 0
    for (let store = 1; missing().length > 0; store++) {
      const work = await Workplace.create(join(base, `store-${store}`))
      for (let i = 0; i < killsPerStore && missing().length > 0; i++) {
        if (++run > wanted * phases.length * patience || tally.failed >= enough) {
          if (tally.failed === 0)
            tally.fail('-', [`after ${run} kills there were still too few in: ${missing().join(', ')}`])
          return
        }
        const landed = await work.kill(run, draw(missing()), mutant, tally)
        if (landed !== undefined) counted.set(landed, (counted.get(landed) ?? 0) + 1)
      }
      await work.finish(tally)
    }
  } finally {
    await rm(base, { recursive: true, force: true })
  }
}

function draw(from: readonly Phase[]): Target {
  const phase = from[Math.floor(Math.random() * from.length)] ?? 'after'
  return { phase, operation: 1 + Math.floor(Math.random() * latest) }
}

/** One store, its ledger and the page through which writers say where they are. */
class Workplace {
  readonly #folder: string
  readonly #files: Files
  readonly #ledger: Ledger
  readonly #page: PhasePage

  private constructor(folder: string, files: Files) {
    this.#folder = folder
    this.#files = files
    this.#ledger = new Ledger(files.acknowledgements)
    this.#page = new PhasePage(files.page)
  }

  static async create(folder: string): Promise<Workplace> {
    const files = filesIn(folder)
    await mkdir(folder)
    await writeFile(files.acknowledgements, '')
    const root = keyFileRoot(files.root, { create: true })
    const kms = await Kms.create(`sqlite:${files.store}`, { root, lastSeen: lastSeen(files) })
    await kms.close()
    return new Workplace(folder, files)
  }

  /** @returns the phase in which the writer died, if that is the one it was to die in */
  async kill(run: number, target: Target, mutant: Mutant | undefined, tally: Tally): Promise<Phase | undefined> {
    const more = mutant === undefined ? [] : [mutant]
    const death = await killWriter([this.#folder, String(run), ...more], this.#page, target)
    if ('failure' in death) {
      tally.fail(target.phase, [`the writer failed: ${death.failure}`])
      return target.phase
    }
    const { at } = death
    const wrong = await this.#with((kms) => this.#ledger.check(kms, run, at))
    const landed = at.phase === target.phase
    if (wrong.length > 0) tally.fail(at.phase, wrong)
    else if (landed) tally.pass(at.phase)
    else tally.uncounted(at.phase)
    return landed ? at.phase : undefined
  }

  async finish(tally: Tally): Promise<void> {
    const wrong = await this.#with((kms) => this.#ledger.checkAll(kms))
    if (wrong.length > 0) tally.fail('-', wrong)
    this.#page.close()
  }

  async #with(check: (kms: Kms) => Promise<readonly string[]>): Promise<readonly string[]> {
    try {
      const root = keyFileRoot(this.#files.root)
      await using kms = await Kms.open(`sqlite:${this.#files.store}`, { root, lastSeen: lastSeen(this.#files) })
      return await check(kms)
    } catch (error) {
      return [`the store does not open, or not all of it: ${said(error)}`]
    }
  }
}

const lastSeen = (files: Files): LastSeenFile => new LastSeenFile({ folder: files.lastSeen })
