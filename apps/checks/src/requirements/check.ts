import { randomBytes } from 'node:crypto'
import { Folder, type Outcome } from './folder.ts'
import type { Check, Expectation, Step } from './plan.ts'
import { fill, fillPattern } from './template.ts'

/** A line that only a stack trace has: what no user should meet. */
const stackTrace = /^\s+at .+:\d+:\d+\)?$/m

/** Runs a check and its counter-command. @returns what is wrong, or undefined if nothing is */
export async function runCheck(check: Check): Promise<string | undefined> {
  const shown = await observe(check, check.steps, check)
  if (shown.problem !== undefined) return shown.problem
  const refused = await observe(check, [...check.steps, ...check.counter.steps], check.counter)
  if (refused.problem !== undefined) return `counter-command: ${refused.problem}`
  if (fillPattern(check.output, refused.values).test(refused.outcome.output)) {
    return `counter-command: it fails, but prints what shows the requirement\n${indent(refused.outcome.output)}`
  }
  return undefined
}

interface Observation {
  readonly outcome: Outcome
  readonly values: Map<string, string>
  readonly problem: string | undefined
}

async function observe(check: Check, steps: readonly Step[], expected: Expectation): Promise<Observation> {
  const values = new Map([['nonce', randomBytes(16).toString('hex')]])
  const env = Object.fromEntries(Object.entries(check.env).map(([name, value]) => [name, fill(value, values)]))
  await using folder = await Folder.create(env)
  for (const step of steps) {
    const command = fill(step.run, values)
    const outcome = await folder.run(command)
    let problem = unexpected(
      command,
      outcome,
      step.exit,
      step.output === undefined ? /^/ : fillPattern(step.output, values),
    )
    for (const [name, pattern] of Object.entries(step.capture)) {
      const captured = fillPattern(pattern, values).exec(outcome.output)?.[1]
      if (captured === undefined) problem ??= describe(command, outcome, `nothing to capture as {{${name}}}`)
      else values.set(name, captured)
    }
    if (problem !== undefined) return { outcome, values, problem }
  }
  const command = fill(expected.command, values)
  const outcome = await folder.run(command)
  return { outcome, values, problem: unexpected(command, outcome, expected.exit, fillPattern(expected.output, values)) }
}

function unexpected(command: string, outcome: Outcome, exit: number, pattern: RegExp): string | undefined {
  if (outcome.exit !== exit) return describe(command, outcome, `exit ${outcome.exit} where ${exit} was expected`)
  if (!pattern.test(outcome.output)) return describe(command, outcome, `no match for ${pattern}`)
  if (stackTrace.test(outcome.output)) return describe(command, outcome, 'a stack trace')
  return undefined
}

const describe = (command: string, { output }: Outcome, problem: string): string =>
  `${problem}\n    $ ${command}\n${indent(output)}`

const indent = (text: string): string =>
  text
    .trimEnd()
    .split('\n')
    .slice(0, 20)
    .map((line) => `    ${line}`)
    .join('\n')
