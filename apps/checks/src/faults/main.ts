import { parseArgs } from 'node:util'
import { NoFaketime } from './race/crowd.ts'
import { type Mutant as RaceMutant, mutants as raceMutants } from './race/mutants.ts'
import { raceSuite } from './race/suite.ts'
import { where as raceWhere } from './race/verdict.ts'
import { type Mutant as RewrapMutant, mutants as rewrapMutants } from './rewrap/mutants.ts'
import { rewrapSuite, where as rewrapWhere } from './rewrap/suite.ts'
import { NoTrace } from './rewrap/trace.ts'
import { type Mutant, mutants } from './sqlite/mutants.ts'
import { phases } from './sqlite/phase-page.ts'
import { sqliteSuite } from './sqlite/suite.ts'
import { Tally } from './tally.ts'

// npm run -s faults -- SUITE …: what is left when a process dies in the middle of its work, and what several do to each other.

interface SuiteOptions {
  readonly kills: number
  /** MiB of the file, where there is one. */
  readonly size: number
  readonly seconds: number
  readonly seed: number
  readonly mutant: string | undefined
}

interface Suite {
  /** Over the names of `where`. */
  readonly title: string
  readonly where: readonly string[]
  readonly mutants: readonly string[]
  run(options: SuiteOptions, tally: Tally): Promise<void>
}

const suites: Readonly<Record<string, Suite>> = {
  sqlite: {
    title: 'killed',
    where: phases,
    mutants,
    run: ({ kills, mutant }, tally) => sqliteSuite({ kills, mutant: mutant as Mutant | undefined }, tally),
  },
  rewrap: {
    title: 'killed',
    where: rewrapWhere,
    mutants: rewrapMutants,
    run: ({ kills, size, mutant }, tally) =>
      rewrapSuite({ kills, size: size * mebibyte, mutant: mutant as RewrapMutant | undefined }, tally),
  },
  race: {
    title: 'what',
    where: raceWhere,
    mutants: raceMutants,
    run: ({ seconds, seed, mutant }, tally) =>
      raceSuite({ seconds, seed, mutant: mutant as RaceMutant | undefined }, tally),
  },
}

const mebibyte = 2 ** 20

const usage = `usage: npm run -s faults -- SUITE [--kills N] [--size MIB] [--seconds N] [--seed N] [--mutant NAME]
suites: ${Object.entries(suites)
  .map(([name, suite]) => `${name} (mutants, each of which must fail: ${suite.mutants.join(', ')})`)
  .join('; ')}`

async function main(arguments_: readonly string[]): Promise<number> {
  const parsed = read(arguments_)
  if (parsed === undefined) {
    console.error(usage)
    return 2
  }
  const { suite, options } = parsed
  const tally = new Tally(suite.where, suite.title)
  try {
    await suite.run(options, tally)
  } catch (error) {
    if (!(error instanceof NoTrace || error instanceof NoFaketime)) throw error
    console.error(error.message)
    return 2
  }
  console.log(String(tally))
  return tally.failed > 0 ? 1 : 0
}

function read(arguments_: readonly string[]): { suite: Suite; options: SuiteOptions } | undefined {
  try {
    const { positionals, values } = parseArgs({
      args: [...arguments_],
      options: {
        kills: { type: 'string', default: '200' },
        size: { type: 'string', default: '64' },
        seconds: { type: 'string', default: '60' },
        seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
        mutant: { type: 'string' },
      },
      allowPositionals: true,
    })
    const [name = ''] = positionals
    const suite = Object.hasOwn(suites, name) ? suites[name] : undefined
    const numbers = {
      kills: Number(values.kills),
      size: Number(values.size),
      seconds: Number(values.seconds),
      seed: Number(values.seed),
    }
    const { mutant } = values
    if (suite === undefined || positionals.length !== 1) return undefined
    if (Object.values(numbers).some((number) => !Number.isInteger(number) || number < 0)) return undefined
    if (numbers.kills < 1 || numbers.size < 1 || numbers.seconds < 1) return undefined
    if (mutant !== undefined && !suite.mutants.includes(mutant)) return undefined
    return { suite, options: { ...numbers, mutant } }
  } catch {
    return undefined
  }
}

process.exitCode = await main(process.argv.slice(2))
