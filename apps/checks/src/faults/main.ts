import { parseArgs } from 'node:util'
import { type Mutant, mutants } from './sqlite/mutants.ts'
import { phases } from './sqlite/phase-page.ts'
import { sqliteSuite } from './sqlite/suite.ts'
import { Tally } from './tally.ts'

// npm run -s faults -- SUITE …: what is left when a process dies in the middle of its work.

interface SuiteOptions {
  readonly kills: number
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
}

const usage = `usage: npm run -s faults -- SUITE [--kills N] [--mutant NAME]
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
  await suite.run(options, tally)
  console.log(String(tally))
  return tally.failed > 0 ? 1 : 0
}

function read(arguments_: readonly string[]): { suite: Suite; options: SuiteOptions } | undefined {
  try {
    const { positionals, values } = parseArgs({
      args: [...arguments_],
      options: { kills: { type: 'string', default: '200' }, mutant: { type: 'string' } },
      allowPositionals: true,
    })
    const [name = ''] = positionals
    const suite = Object.hasOwn(suites, name) ? suites[name] : undefined
    const kills = Number(values.kills)
    const { mutant } = values
    if (suite === undefined || positionals.length !== 1 || !Number.isInteger(kills) || kills < 1) return undefined
    if (mutant !== undefined && !suite.mutants.includes(mutant)) return undefined
    return { suite, options: { kills, mutant } }
  } catch {
    return undefined
  }
}

process.exitCode = await main(process.argv.slice(2))
