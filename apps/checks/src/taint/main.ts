import { parseArgs } from 'node:util'
import { primitivesBytes } from '@kms/wasm'
import { rewrappingBytes } from '@kms/wasm/rewrapping'
import { readBinary } from './binary.ts'
import { judge } from './judge.ts'
import { leaky, type Mutant, mutants } from './leaky.ts'
import { Machine } from './machine.ts'
import { type Allowed, rewrappingScenarios, scenarios } from './scenarios.ts'
import { Watched } from './watched.ts'

// npm run -s taint: follows secrets through the main module and the one that rewraps, instruction by instruction, as it runs. No address, branch, select or division may
// depend on one, but for what is allowed with its reason; nothing secret may be left when a call is done.

const usage = `usage: npm run -s taint -- [--mutant ${mutants.join('|')}] [--only PART-OF-A-NAME]
  --mutant  the module with one function made to leak, which must be found`

function moduleOf(mutant: string | undefined): Uint8Array<ArrayBuffer> {
  const bytes = primitivesBytes()
  if (mutant === undefined) return bytes
  if (!mutants.includes(mutant as Mutant)) throw new Error('no such mutant')
  const binary = readBinary(bytes)
  const machine = new Machine(binary)
  const [inAt, outAt, keyAt] = ['inAt', 'outAt', 'keyAt'].map((name) => machine.global(name)) as [
    number,
    number,
    number,
  ]
  return leaky(bytes, mutant as Mutant, binary.exports, { inAt, outAt, keyAt })
}

function main(args: readonly string[]): number {
  let bytes: Uint8Array<ArrayBuffer>
  let only: string | undefined
  try {
    const option = { type: 'string' } as const
    const { values } = parseArgs({ args: [...args], options: { mutant: option, only: option } })
    bytes = moduleOf(values.mutant)
    only = values.only
  } catch {
    console.error(usage)
    return 2
  }
  let [passed, failed] = [0, 0]
  const report = (good: boolean, line: string): void => {
    if (good) passed++
    else failed++
    console.log(`${good ? 'passed' : 'FAILED'}  ${line}`)
  }
  const reasons = new Map<string, number>()
  const parts = [
    { module: new Watched(bytes), uses: scenarios, wipe: 'wipe' },
    { module: new Watched(rewrappingBytes()), uses: rewrappingScenarios, wipe: undefined },
  ]
  for (const { module, uses, wipe } of parts) {
    const chosen = uses.filter(({ name }) => only === undefined || name.includes(only))
    if (chosen.length === 0) continue
    for (const scenario of chosen) {
      const { good, problems, allowed } = judge(scenario, module)
      report(good, [scenario.name, ...problems].join('\n        '))
      for (const item of allowed) reasons.set(line(item), (reasons.get(line(item)) ?? 0) + item.times)
    }
    if (wipe !== undefined) module.call(wipe)
    report(module.leftAnywhere === 0, 'after the last release nothing secret is left in the whole memory')
    if (only === undefined)
      report(module.uncalled.length === 0, ['every export was called', ...module.uncalled].join(' '))
    const { executed, all } = module.covered
    console.log(`${executed} of ${all} instructions ran; of the others nothing is known`)
  }
  for (const [reason, times] of reasons) console.log(`allowed ${reason}: ${times} times`)
  console.log(`${passed} passed, ${failed} failed`)
  return failed === 0 && passed > 0 ? 0 : 1
}

function line({ kind, from, why }: Allowed): string {
  return `${kind} by ${from} (${why})`
}

process.exitCode = main(process.argv.slice(2))
