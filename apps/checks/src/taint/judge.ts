import type { Finding } from './machine.ts'
import type { Allowed, Scenario } from './scenarios.ts'
import type { Watched } from './watched.ts'

/** What a scenario shows. */
export interface Judged {
  readonly good: boolean
  /** A line each: what was found and is not allowed, what was allowed and not found, what is left. */
  readonly problems: readonly string[]
  readonly allowed: readonly Allowed[]
}

/** Runs a scenario, and compares what is found with what it allows: no more, and no less, so that no allowance outlives its reason. */
export function judge(scenario: Scenario, module: Watched): Judged {
  module.takeFindings()
  scenario.run(module)
  const found = module.takeFindings()
  const problems = [...unexpected(found, scenario.allowed)]
  if (module.left > 0) problems.push(`${module.left} secret bytes are left outside of slots`)
  return { good: problems.length === 0, problems, allowed: scenario.allowed }
}

function unexpected(found: readonly Finding[], allowed: readonly Allowed[]): string[] {
  const groups = new Map<string, Finding[]>()
  for (const finding of found) {
    const group = `${finding.kind} by ${finding.from}`
    groups.set(group, [...(groups.get(group) ?? []), finding])
  }
  const problems: string[] = []
  for (const { kind, from, times } of allowed) {
    const group = `${kind} by ${from}`
    const count = groups.get(group)?.length ?? 0
    groups.delete(group)
    if (count !== times) problems.push(`${group}: ${count} times, ${times} are allowed`)
  }
  for (const [group, list] of groups) {
    const places = new Set(list.map((finding) => `function ${finding.function} at 0x${finding.at.toString(16)}`))
    problems.push(`${group}: ${list.length} times, in ${[...places].slice(0, 3).join(', ')}`)
  }
  return problems
}
