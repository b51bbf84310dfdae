import { placeholders } from './template.ts'

/** A command that prepares a check. It must exit with `exit`. */
export interface Step {
  readonly run: string
  readonly exit: number
  /** A pattern its output must match. */
  readonly output?: string
  /** Names and patterns: the first group of each becomes `{{name}}` in what follows. */
  readonly capture: Readonly<Record<string, string>>
}

/** What a command must exit with and print (standard output, then standard error). */
export interface Expectation {
  readonly command: string
  readonly exit: number
  readonly output: string
}

/**
 * A command that shows a requirement, and one that misuses it or switches it off: that one must fail, for the reason its
 * pattern names, and must not print what the first one does. Each runs in a fresh folder after the same steps.
 */
export interface Check extends Expectation {
  readonly env: Readonly<Record<string, string>>
  readonly steps: readonly Step[]
  readonly counter: Expectation & { readonly steps: readonly Step[] }
}

/** A line of the requirements. One that is not wholly true yet says what is missing; checks of what is true of it are run. */
export interface Line {
  readonly id: string
  readonly says: string
  readonly status: 'built' | 'not yet'
  /** The part of the roadmap that brings it, or the rest of it. */
  readonly part: number
  /** What is missing. */
  readonly note?: string
  readonly checks: readonly Check[]
}

/** Lines by section: generation, storage, key management, rotation, exchange, derivation, practice. */
const sections: Readonly<Record<string, number>> = { G: 4, S: 6, K: 4, R: 5, X: 3, D: 2, P: 9 }

/** Every line's id, in order. */
export const lineIds: readonly string[] = Object.entries(sections).flatMap(([section, count]) =>
  Array.from({ length: count }, (_, i) => `${section}${i + 1}`),
)

/**
 * Reads `requirements.json`.
 * @throws Error that names the place, for anything missing, misspelt, repeated or without sense
 */
export function parsePlan(json: string): Line[] {
  const lines = array(fields(JSON.parse(json), 'the file', ['lines']).lines, 'lines').map(parseLine)
  const ids = lines.map((line) => line.id)
  if (ids.join() !== lineIds.join())
    throw new Error(`The lines must be ${lineIds.join(', ')}, once each, in this order.`)
  return lines
}

function parseLine(value: unknown, index: number): Line {
  const place = `line ${index + 1}`
  const {
    id,
    says,
    status,
    part,
    note,
    checks = [],
  } = fields(value, place, ['id', 'says', 'status', 'part'], ['note', 'checks'])
  const line = {
    id: text(id, `${place}, id`),
    says: text(says, `${place}, says`),
    part: count(part, `${place}, part`),
    checks: array(checks, `${place}, checks`).map((check, i) => parseCheck(check, `${id}, check ${i + 1}`)),
  }
  if (status === 'not yet') return { ...line, status, note: text(note, `${id}, note`) }
  if (status !== 'built') throw new Error(`${id}, status: "built" or "not yet"`)
  if (note !== undefined) throw new Error(`${id}: a built line has nothing missing, so no note`)
  if (line.checks.length === 0) throw new Error(`${id}: a built line has a check`)
  return { ...line, status }
}

function parseCheck(value: unknown, place: string): Check {
  const given = fields(value, place, ['command', 'exit', 'output', 'counter'], ['env', 'steps'])
  const steps = parseSteps(given.steps, `${place}, steps`)
  const expectation = parseExpectation(given, place)
  const env = strings(given.env ?? {}, `${place}, env`)
  const counter = fields(given.counter, `${place}, counter`, ['command', 'exit', 'output'], ['steps'])
  const counterSteps = parseSteps(counter.steps, `${place}, counter, steps`)
  const refusal = parseExpectation(counter, `${place}, counter`)

  const computed = capturedBy(steps)
  if (!placeholders(expectation.output).some((name) => computed.has(name))) {
    throw new Error(`${place}: the pattern holds no value of the run, such as {{nonce}}`)
  }
  if (refusal.exit === 0) throw new Error(`${place}, counter: it must fail, so its exit is not 0`)
  known([...Object.values(env)], new Set(['nonce']), place)
  known([expectation.command, expectation.output], computed, place)
  known([refusal.command, refusal.output], capturedBy([...steps, ...counterSteps]), `${place}, counter`)
  return { ...expectation, env, steps, counter: { ...refusal, steps: counterSteps } }
}

function parseSteps(value: unknown, place: string): Step[] {
  return array(value ?? [], place).map((item, i) => {
    const where = `${place} ${i + 1}`
    const step = fields(item, where, ['run'], ['exit', 'output', 'capture'])
    const capture = strings(step.capture ?? {}, `${where}, capture`)
    for (const [name, pattern] of Object.entries(capture)) compile(pattern, `${where}, ${name}`)
    const output = step.output === undefined ? {} : { output: compile(text(step.output, where), where) }
    return { run: text(step.run, `${where}, run`), exit: count(step.exit ?? 0, `${where}, exit`), capture, ...output }
  })
}

function parseExpectation(given: Record<string, unknown>, place: string): Expectation {
  return {
    command: text(given.command, `${place}, command`),
    exit: count(given.exit, `${place}, exit`),
    output: compile(text(given.output, `${place}, output`), `${place}, output`),
  }
}

const capturedBy = (steps: readonly Step[]): Set<string> =>
  new Set(['nonce', ...steps.flatMap((step) => Object.keys(step.capture))])

function known(templates: readonly string[], names: ReadonlySet<string>, place: string): void {
  for (const name of templates.flatMap(placeholders)) {
    if (!names.has(name)) throw new Error(`${place}: nothing captures {{${name}}}`)
  }
}

function compile(pattern: string, place: string): string {
  try {
    new RegExp(pattern.replaceAll(/\{\{\w+\}\}/g, 'value'), 'm')
  } catch (error) {
    throw new Error(`${place}: not a pattern: ${pattern}`, { cause: error })
  }
  return pattern
}

function fields(
  value: unknown,
  place: string,
  required: readonly string[],
  optional: readonly string[] = [],
): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${place}: not an object`)
  const given = Object.keys(value)
  const missing = required.find((name) => !given.includes(name))
  if (missing !== undefined) throw new Error(`${place}: ${missing} is missing`)
  const unknown = given.find((name) => !required.includes(name) && !optional.includes(name))
  if (unknown !== undefined) throw new Error(`${place}: ${unknown} is not known`)
  return value as Record<string, unknown>
}

function array(value: unknown, place: string): unknown[] {
  if (!Array.isArray(value)) throw new Error(`${place}: not a list`)
  return value
}

function text(value: unknown, place: string): string {
  if (typeof value !== 'string' || value === '') throw new Error(`${place}: not a text`)
  return value
}

function count(value: unknown, place: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new Error(`${place}: not a number from 0 on`)
  return value as number
}

function strings(value: unknown, place: string): Record<string, string> {
  const given = fields(value, place, [], Object.keys(Object(value)))
  return Object.fromEntries(Object.entries(given).map(([name, item]) => [name, text(item, `${place}, ${name}`)]))
}
