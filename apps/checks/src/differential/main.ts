import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { CaseRandom } from './random.ts'
import { plantDefect, type Subject, subjects } from './subjects.ts'

// npm run -s differential: random cases of every algorithm of the WASM module, compared with node:crypto and @noble.

const usage = `usage: npm run -s differential -- [--cases N] [--seconds T] [--seed S] [--from I] [--mutant]
  N cases (1,000,000 unless given), at most for T seconds; the seed, 0 to 4,294,967,295, is random unless given.
  --from I --cases 1 runs case I of a seed alone. --mutant plants a defect, which must be found.`

const shownFailures = 20

interface Plan {
  readonly seed: number
  readonly from: number
  readonly cases: number
  readonly seconds: number
  readonly mutant: boolean
}

function plan(args: readonly string[]): Plan | undefined {
  try {
    const option = { type: 'string' } as const
    const { values } = parseArgs({
      args: [...args],
      options: {
        cases: option,
        seconds: option,
        seed: option,
        from: option,
        mutant: { type: 'boolean', default: false },
      },
    })
    const number = (text: string | undefined, otherwise: number): number => {
      if (text === undefined) return otherwise
      if (!/^[0-9]+$/.test(text)) throw new Error('not a number')
      return Number(text)
    }
    const seed = number(values.seed, randomInt(2 ** 32))
    if (seed >= 2 ** 32) return undefined
    const seconds = number(values.seconds, Number.POSITIVE_INFINITY)
    const [from, cases] = [number(values.from, 0), number(values.cases, 1_000_000)]
    return { seed, from, cases, seconds, mutant: values.mutant }
  } catch {
    return undefined
  }
}

const whole = subjects.reduce((sum, { weight }) => sum + weight, 0)

function draw(random: CaseRandom): Subject {
  let at = (random.word() / 2 ** 32) * whole
  for (const subject of subjects) {
    at -= subject.weight
    if (at < 0) return subject
  }
  return subjects[0] as Subject
}

async function main(args: readonly string[]): Promise<number> {
  const planned = plan(args)
  if (planned === undefined) {
    console.error(usage)
    return 2
  }
  const { seed, from, cases, seconds, mutant } = planned
  if (mutant) plantDefect()
  console.log(`seed ${seed}`)
  const counts = new Map(subjects.map(({ name }) => [name, { passed: 0, failed: 0 }]))
  const start = performance.now()
  let shown = 0
  for (let i = from; i < from + cases; i++) {
    if (i % 256 === 0 && performance.now() - start > seconds * 1000) break
    const random = new CaseRandom(seed, i)
    const { name, check } = draw(random)
    const count = counts.get(name) as { passed: number; failed: number }
    try {
      const checked = check(random)
      if (checked !== undefined) await checked
      count.passed++
    } catch (error) {
      count.failed++
      const reason = error instanceof Error ? error.message : String(error)
      if (shown++ < shownFailures) {
        console.log(
          `failed: ${name}: ${reason}: npm run -s differential -- ${mutant ? '--mutant ' : ''}--seed ${seed} --from ${i} --cases 1`,
        )
      }
    }
  }
  let [passed, failed] = [0, 0]
  for (const [name, count] of counts) {
    passed += count.passed
    failed += count.failed
    console.log(
      `${name.padEnd(20)} ${String(count.passed).padStart(8)} passed ${String(count.failed).padStart(6)} failed`,
    )
  }
  console.log(`seed ${seed}, ${((performance.now() - start) / 1000).toFixed(1)} s`)
  console.log(`${passed} passed, ${failed} failed`)
  return failed > 0 || passed === 0 ? 1 : 0
}

process.exitCode = await main(process.argv.slice(2))
