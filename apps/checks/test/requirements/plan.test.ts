import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { lineIds, parsePlan } from '../../src/requirements/plan.ts'

const check = {
  steps: [{ run: 'echo id-7', capture: { id: 'id-(\\d)' } }],
  command: 'echo {{id}}',
  exit: 0,
  output: '^{{id}}$',
  counter: { command: 'false', exit: 1, output: '^$' },
}
const built = { id: 'G1', says: 'something', status: 'built', part: 1, checks: [check] }

/** A plan in which every other line is not yet. */
const plan = (first: object, ids = lineIds) =>
  JSON.stringify({
    lines: [first, ...ids.slice(1).map((id) => ({ id, says: 'more', status: 'not yet', part: 2, note: 'all of it' }))],
  })

describe('requirements.json', () => {
  test('the one in the repository is valid', () => {
    const lines = parsePlan(readFileSync(new URL('../../../../requirements.json', import.meta.url), 'utf8'))
    expect(lines.map((line) => line.id)).toEqual(lineIds)
  })

  test('there are 33 lines', () => {
    expect(lineIds).toHaveLength(33)
    expect(parsePlan(plan(built))).toHaveLength(33)
  })

  test.each<[string, object, RegExp]>([
    ['a line without a check that claims to be built', { ...built, checks: [] }, /has a check/],
    ['a built line with something missing', { ...built, note: 'but' }, /no note/],
    ['an unfinished line that does not say what is missing', { ...built, status: 'not yet' }, /note/],
    ['a field nobody knows', { ...built, skip: true }, /skip is not known/],
    ['another status', { ...built, status: 'mostly' }, /status/],
    ['a pattern without a value of the run', { ...built, checks: [{ ...check, output: 'ok' }] }, /no value of the run/],
    [
      'a value nobody captures',
      { ...built, checks: [{ ...check, output: '{{id}} {{name}}' }] },
      /captures \{\{name\}\}/,
    ],
    ['a check without a counter-command', { ...built, checks: [{ ...check, counter: undefined }] }, /counter/],
    [
      'a counter-command that may succeed',
      { ...built, checks: [{ ...check, counter: { ...check.counter, exit: 0 } }] },
      /must fail/,
    ],
    ['a pattern that is none', { ...built, checks: [{ ...check, output: '{{id}}(' }] }, /not a pattern/],
    ['a check without an exit', { ...built, checks: [{ ...check, exit: undefined }] }, /exit/],
  ])('refuses %s', (_, line, message) => {
    expect(() => parsePlan(plan(line))).toThrow(message)
  })

  test('refuses a line left out, repeated, or in another place', () => {
    expect(() => parsePlan(plan(built, lineIds.slice(0, -1)))).toThrow(/once each/)
    expect(() => parsePlan(plan(built, ['G1', 'G1', ...lineIds.slice(2)]))).toThrow(/once each/)
  })
})
