#!/usr/bin/env node
// npm run -s requirements [-- ID…]      runs what requirements.json says of each line, or of the lines named
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
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

interface Judged {
  readonly line: Line
  readonly verdict: Verdict
  readonly remarks: readonly string[]
}

function show({ line, verdict, remarks }: Judged): void {
  process.stdout.write(`${paint[verdict](verdict.padEnd(7))}  ${line.id}  ${line.says}\n`)
  for (const remark of remarks) process.stdout.write(`             ${colours.dim(remark)}\n`)
}

/** Lines that run at the same time: each check has a folder of its own, and waits for processes. */
const atOnce = Math.max(2, availableParallelism())

async function main(): Promise<number> {
  const asked = process.argv.slice(2)
  const stranger = asked.find((id) => !lineIds.includes(id))
  if (stranger !== undefined) {
    process.stderr.write(`requirements: there is no line "${stranger}"; lines are ${lineIds.join(', ')}\n`)
    return 2
  }
  const lines = parsePlan(readFileSync(new URL('../../../../requirements.json', import.meta.url), 'utf8'))
  const counts: Record<Verdict, number> = { passed: 0, failed: 0, 'not yet': 0 }
  const chosen = lines.filter(({ id }) => asked.length === 0 || asked.includes(id))
  const judged: Judged[] = []
  let next = 0
  let shown = 0
  const work = async (): Promise<void> => {
    while (next < chosen.length) {
      const at = next++
      const line = chosen[at] as Line
      judged[at] = { line, ...(await judge(line)) }
      for (let one = judged[shown]; one !== undefined; one = judged[++shown]) {
        counts[one.verdict]++
        show(one)
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed, ${counts['not yet']} not yet\n`)
  return counts.failed === 0 ? 0 : 1
}

process.exitCode = await main()
