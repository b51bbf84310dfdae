#!/usr/bin/env node
// npm run -s symbolic [-- --sessions N] [--mutant NAME | --mutants]      the exchange against an active attacker
import { parseArgs } from 'node:util'
import { type Mutant, mutants } from './mutants.ts'
import { type Result, search } from './search.ts'
import { owners } from './sessions.ts'
import { type SettingName, settings } from './settings.ts'

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: String(owners.length) },
    mutant: { type: 'string' },
    mutants: { type: 'boolean', default: false },
  },
})

function main(): number {
  const sessions = Number(values.sessions)
  const known = values.mutant === undefined || Object.hasOwn(mutants, values.mutant)
  if (!known || !Number.isInteger(sessions) || sessions < 1 || sessions > owners.length) {
    const names = Object.entries(mutants).map(([name, [says]]) => `  ${name}: ${says}`)
    process.stderr.write(`symbolic: --sessions is 1 to ${owners.length}; mutants are\n${names.join('\n')}\n`)
    return 2
  }
  const wanted = values.mutants ? (Object.keys(mutants) as Mutant[]) : [values.mutant as Mutant | undefined]
  let [passed, failed] = [0, 0]
  for (const mutant of wanted) {
    const results: Result[] = []
    for (const setting of Object.keys(settings) as SettingName[]) {
      results.push(run(setting, mutant, sessions))
      // One attack is enough.
      if (mutant !== undefined && results.at(-1)?.attack !== undefined) break
    }
    const found = results.some(({ attack }) => attack !== undefined)
    // Among all mutants, one that is found has passed; otherwise, each attacker who finds nothing among exchanges that were done.
    const passes = values.mutants
      ? [found]
      : results.map(({ attack, completed }) => attack === undefined && completed > 0)
    passed += passes.filter((one) => one).length
    failed += passes.filter((one) => !one).length
  }
  process.stdout.write(`\n${passed} passed, ${failed} failed\n`)
  return failed === 0 ? 0 : 1
}

function run(setting: SettingName, mutant: Mutant | undefined, sessions: number): Result {
  const began = performance.now()
  const result = search(setting, mutant, sessions)
  const { states, completed, attack } = result
  const seconds = ((performance.now() - began) / 1_000).toFixed(1)
  const who = mutant === undefined ? 'the exchange' : `${mutant} (${mutants[mutant][0]})`
  const verdict = attack === undefined ? 'no attack' : 'an attack'
  const all = attack === undefined ? ', all there are' : ''
  process.stdout.write(
    `${who}, attacker with ${settings[setting].says}: ${verdict} in ${states} states${all}, ${completed} with an exchange done, ${seconds} s\n`,
  )
  if (attack !== undefined) {
    for (const [i, step] of attack.steps.entries()) process.stdout.write(`${String(i + 1).padStart(4)}  ${step}\n`)
    process.stdout.write(`      ${attack.wrong}\n`)
  }
  return result
}

process.exitCode = main()
