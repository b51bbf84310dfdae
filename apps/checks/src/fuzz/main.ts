#!/usr/bin/env node
// npm run -s fuzz [-- --inputs N] [--seed S] [--target NAME] [--mutant NAME]      mutated seeds against what reads from outside
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import colours from 'picocolors'
import { fuzz } from './fuzz.ts'
import { mutants, subject } from './subject.ts'
import { targets } from './targets.ts'

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '200000' },
    seed: { type: 'string' },
    target: { type: 'string' },
    mutant: { type: 'string' },
  },
})

async function main(): Promise<number> {
  const inputs = Number(values.inputs)
  const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed)
  const on = values.mutant === undefined ? subject : mutants[values.mutant]
  if (!Number.isSafeInteger(inputs) || inputs < 1 || !Number.isSafeInteger(seed) || on === undefined) {
    process.stderr.write(`fuzz: --inputs and --seed are numbers; mutants are ${Object.keys(mutants).join(', ')}\n`)
    return 2
  }
  const chosen = (await targets(on)).filter(({ name }) => values.target === undefined || name === values.target)
  process.stdout.write(`seed ${seed}\n`)
  let [passed, failed, looked] = [0, 0, 0]
  for (const target of chosen) {
    const share = chosen.length === 1 ? 1 : target.share
    const result = await fuzz(target, Math.max(1, Math.round(inputs * share)), seed)
    looked += result.inputs
    if (result.problem === undefined) passed++
    else failed++
    const outcome = result.problem === undefined ? colours.green('passed') : colours.red('failed')
    const rate = Math.round(result.inputs / result.seconds)
    process.stdout.write(`${outcome}  ${target.name}: ${result.inputs} inputs, ${rate} a second\n`)
    if (result.problem !== undefined) process.stdout.write(`        ${result.problem}\n`)
  }
  process.stdout.write(`${looked} inputs\n\n${passed} passed, ${failed} failed\n`)
  return failed === 0 && passed > 0 ? 0 : 1
}

process.exitCode = await main()
