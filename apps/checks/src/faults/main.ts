import { parseArgs } from 'node:util'
import { type Mutant as RewrapMutant, mutants as rewrapMutants } from './rewrap/mutants.ts'
import { rewrapSuite, where as rewrapWhere } from './rewrap/suite.ts'
import { NoTrace } from './rewrap/trace.ts'
import { type Mutant, mutants } from './sqlite/mutants.ts'
import { phases } from './sqlite/phase-page.ts'
import { sqliteSuite } from './sqlite/suite.ts'
import { Tally } from './tally.ts'

// npm run -s faults -- SUITE …: what is left when a process dies in the middle of its work.

interface SuiteOptions {
  readonly kills: number
  /** MiB of the file, where there is one. */
  readonly size: number
  readonly mutant: string | undefined
}

interface Suite {
  readonly where: readonly string[]
  readonly mutants: readonly string[]
  run(options: SuiteOptions, tally: Tally): Promise<void>
}

const suites: Readonly<Record<string, Suite>> = {
  sqlite: {
    where: phases,
    mutants,
    run: ({ kills, mutant }, tally) => sqliteSuite({ kills, mutant: mutant as Mutant | undefined }, tally),
  },
  rewrap: {
    where: rewrapWhere,
    mutants: rewrapMutants,
    run: ({ kills, size, mutant }, tally) =>
      rewrapSuite({ kills, size: size * mebibyte, mutant: mutant as RewrapMutant | undefined }, tally),
  },
}

const mebibyte = 2 ** 20

const usage = `usage: npm run -s faults -- SUITE [--kills N] [--size MIB] [--mutant NAME]
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
  const tally = new Tally(suite.where)
  try {
    await suite.run(options, tally)
  } catch (error) {
    if (!(error instanceof NoTrace)) throw error
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
        mutant: { type: 'string' },
      },
      allowPositionals: true,
    })
    const [name = ''] = positionals
    const suite = Object.hasOwn(suites, name) ? suites[name] : undefined
    const [kills, size] = [Number(values.kills), Number(values.size)]
    const { mutant } = values
    if (suite === undefined || positionals.length !== 1 || !(kills >= 1 && size >= 1)) return undefined
    if (!Number.isInteger(kills) || !Number.isInteger(size)) return undefined
    if (mutant !== undefined && !suite.mutants.includes(mutant)) return undefined
    return { suite, options: { kills, size, mutant } }
  } catch {
    return undefined
  }
}

process.exitCode = await main(process.argv.slice(2))
