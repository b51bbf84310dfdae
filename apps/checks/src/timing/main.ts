import { parseArgs } from 'node:util'
import { constantBelow, leakyAbove, verdict } from './judge.ts'
import { leakyTargets } from './leaky.ts'
import { measure, type Target } from './measure.ts'
import { moduleTargets } from './targets.ts'

// npm run -s timing: whether the WASM module's time tells anything of keys, plaintexts and tags; and whether the same harness sees it
// in code that leaks.

const usage = `usage: npm run -s timing -- [--measurements N] [--only PART-OF-A-NAME]
  N measurements in each of 5 runs, 1,000,000 unless given, 20,000 at least.`

const runs = 5

/** Runs a target, and prints its line. @returns whether it is as it should be */
function judge(target: Target, measurements: number, leaky: boolean): boolean {
  const taken = Array.from({ length: runs }, () => measure(target, measurements))
  const { good, t, difference, time } = verdict(taken, leaky, target.within)
  const all = taken.map(({ leak }) => Math.abs(leak.t).toFixed(1)).join(' ')
  const allowed = target.within === undefined ? '' : `, of ${(target.within * time).toFixed(2)} allowed`
  const size = `${time.toFixed(0)} ns a call, ${difference.toFixed(2)} ns between the classes${allowed}`
  console.log(
    `${good ? 'passed' : 'FAILED'}  ${target.name.padEnd(34)} |t| ${t.toFixed(1).padStart(7)}  (${all})  ${size}`,
  )
  return good
}

function main(args: readonly string[]): number {
  let measurements = 1_000_000
  let only = ''
  try {
    const option = { type: 'string' } as const
    const { values } = parseArgs({ args: [...args], options: { measurements: option, only: option } })
    measurements = Number(values.measurements ?? measurements)
    only = values.only ?? ''
    if (!(measurements >= 20_000)) throw new Error('too few')
  } catch {
    console.error(usage)
    return 2
  }
  const start = performance.now()
  const named = ({ name }: Target): boolean => name.includes(only)
  const results = [
    ...moduleTargets()
      .filter(named)
      .map((target) => judge(target, measurements, false)),
    ...leakyTargets()
      .filter(named)
      .map((target) => judge(target, measurements, true)),
  ]
  const passed = results.filter((good) => good).length
  const failed = results.length - passed
  const seconds = ((performance.now() - start) / 1000).toFixed(0)
  console.log(
    `median |t| of ${runs} runs of ${measurements} measurements: below ${constantBelow} where it must not leak, above ${leakyAbove} where it does; ${seconds} s`,
  )
  console.log(`${passed} passed, ${failed} failed`)
  return failed === 0 && passed > 0 ? 0 : 1
}

process.exitCode = main(process.argv.slice(2))
