import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { runCheck } from '../../src/requirements/check.ts'
import type { Check } from '../../src/requirements/plan.ts'
import { fill, fillPattern, placeholders } from '../../src/requirements/template.ts'

const check: Check = {
  env: { SECRET: 's{{nonce}}' },
  steps: [{ run: 'echo "made $SECRET"; pwd > where', exit: 0, capture: { made: 'made (\\S+)' } }],
  command: 'test -f where && echo "found {{made}}"',
  exit: 0,
  output: '^found s{{nonce}}$',
  counter: {
    steps: [{ run: 'rm where', exit: 0, capture: {} }],
    command: 'cat where',
    exit: 1,
    output: 'No such file',
  },
}

describe('a check', () => {
  test('passes when its command shows the value of the run and its counter-command fails', async () => {
    expect(await runCheck(check)).toBeUndefined()
  })

  test.each<[string, Partial<Check>, RegExp]>([
    ['another exit', { exit: 3 }, /exit 0 where 3/],
    ['another output', { output: '^lost {{nonce}}$' }, /no match/],
    ['a step that fails', { steps: [{ run: 'exit 4', exit: 0, capture: {} }] }, /exit 4 where 0/],
    ['nothing to capture', { steps: [{ run: 'echo', exit: 0, capture: { made: '(x)' } }] }, /nothing to capture/],
    [
      'a counter-command that succeeds',
      { counter: { ...check.counter, steps: [], exit: 1 } },
      /counter-command: exit 0/,
    ],
    [
      'a counter-command that fails for another reason',
      { counter: { ...check.counter, output: 'Permission denied' } },
      /counter-command: no match/,
    ],
    [
      'a counter-command that fails but shows the requirement',
      { counter: { ...check.counter, steps: [], command: 'echo "found s{{nonce}}"; exit 1', output: 'found' } },
      /prints what shows/,
    ],
    ['a stack trace', { command: 'echo "found s{{nonce}}"; echo "    at run (file:///a/b.js:1:2)"' }, /a stack trace/],
  ])('fails for %s', async (_, change, problem) => {
    expect(await runCheck({ ...check, ...change })).toMatch(problem)
  })

  test('runs in a folder of its own that is gone afterwards, with a home of its own', async () => {
    const problem = await runCheck({ ...check, command: 'echo "$(cat where) $HOME"', output: '{{nonce}} in no output' })
    const [, work, home] = /\$ echo.*\n\s+(\S+) (\S+)/.exec(problem ?? '') ?? []
    expect(work).toMatch(/work$/)
    expect(home).not.toBe(process.env.HOME)
    expect(existsSync(work!)).toBe(false)
  })
})

describe('templates', () => {
  const values = new Map([['version', 'r5f2a.3(*)']])

  test('values stand for themselves in patterns', () => {
    expect(fillPattern('^{{version}}$', values).test('r5f2a.3(*)')).toBe(true)
    expect(fillPattern('^{{version}}$', values).test('r5f2aX3(*)')).toBe(false)
  })

  test('a name without a value is an error', () => {
    expect(placeholders('{{version}} {{nonce}}')).toEqual(['version', 'nonce'])
    expect(() => fill('{{nonce}}', values)).toThrow(/nonce/)
  })
})
