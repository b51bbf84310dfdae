#!/usr/bin/env node
// npm run -s requirements [-- ID…]      runs what requirements.json says of each line, or of the lines named
import { readFileSync } from 'node:fs'
import colours from 'picocolors'
import { runCheck } from './check.ts'
import { type Line, lineIds, parsePlan } from './plan.ts'

type Verdict = 'passed' | 'failed' | 'not yet'

const paint: Readonly<Record<Verdict, (text: string) => string>> = {
  passed: colours.green,
  failed: colours.red,
  'not yet': colours.yellow,
}

/** Runs a line's checks. What holds of an unfinished line is run too, and its failure is a failure. */
async function judge(line: Line): Promise<{ verdict: Verdict; remarks: string[] }> {
  const problems: string[] = []
  for (const check of line.checks) {
    const problem = await runCheck(check)
    if (problem !== undefined) problems.push(problem)
  }
  if (problems.length > 0) return { verdict: 'failed', remarks: problems }
  if (line.status === 'built') return { verdict: 'passed', remarks: [] }
  const held = line.checks.length === 0 ? '' : `${line.checks.length} of its checks hold; `
  return { verdict: 'not yet', remarks: [`${held}part ${line.part}: ${line.note}`] }
}

async function main(): Promise<number> {
  const asked = process.argv.slice(2)
  const stranger = asked.find((id) => !lineIds.includes(id))
  if (stranger !== undefined) {
    process.stderr.write(`requirements: there is no line "${stranger}"; lines are ${lineIds.join(', ')}\n`)
    return 2
  }
  const lines = parsePlan(readFileSync(new URL('../../../../requirements.json', import.meta.url), 'utf8'))
  const counts: Record<Verdict, number> = { passed: 0, failed: 0, 'not yet': 0 }
  for (const line of lines) {
    if (asked.length > 0 && !asked.includes(line.id)) continue
    const { verdict, remarks } = await judge(line)
    counts[verdict]++
    process.stdout.write(`${paint[verdict](verdict.padEnd(7))}  ${line.id}  ${line.says}\n`)
    for (const remark of remarks) process.stdout.write(`             ${colours.dim(remark)}\n`)
  }
  process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed, ${counts['not yet']} not yet\n`)
  return counts.failed === 0 ? 0 : 1
}

process.exitCode = await main()
