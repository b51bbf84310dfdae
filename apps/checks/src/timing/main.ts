import { parseArgs } from 'node:util'
import { leakyTargets } from './leaky.ts'
import { measure, type Target } from './measure.ts'
import { moduleTargets } from './targets.ts'

// npm run -s timing: whether the WASM module's time tells anything of keys, plaintexts and tags; and whether the same harness sees it
// in code that leaks.

const usage = `usage: npm run -s timing -- [--measurements N] [--only PART-OF-A-NAME]
  N measurements in each of 5 runs, 1,000,000 unless given, 20,000 at least.`

const runs = 5
const constantBelow = 4.5
const leakyAbove = 50

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

/** Runs a target, and prints its line. @returns whether it is as it should be; undefined where that is not judged */
function judge(target: Target, measurements: number, leaky: boolean): boolean | undefined {
  const leaks = Array.from({ length: runs }, () => measure(target, measurements))
  const t = median(leaks.map((leak) => Math.abs(leak.t)))
  const good = leaky ? t > leakyAbove : t < constantBelow
  const all = leaks.map((leak) => Math.abs(leak.t).toFixed(1)).join(' ')
  const time = `${median(leaks.map((leak) => leak.time)).toFixed(0)} ns a call`
  const difference = `${median(leaks.map((leak) => leak.difference)).toFixed(2)} ns between the classes`
  console.log(
    `${target.noted !== undefined ? 'noted ' : good ? 'passed' : 'FAILED'}  ${target.name.padEnd(34)} |t| ${t.toFixed(1).padStart(7)}  (${all})  ${time}, ${difference}`,
  )
  if (target.noted === undefined) return good
  console.log(`        ${target.noted}`)
  return undefined
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
  const passed = results.filter((good) => good === true).length
  const failed = results.filter((good) => good === false).length
  const seconds = ((performance.now() - start) / 1000).toFixed(0)
  console.log(
    `median |t| of ${runs} runs of ${measurements} measurements: below ${constantBelow} where it must not leak, above ${leakyAbove} where it does; ${seconds} s`,
  )
  console.log(`${passed} passed, ${failed} failed`)
  return failed === 0 && passed > 0 ? 0 : 1
}

process.exitCode = main(process.argv.slice(2))
