import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { rotationSteps } from '../../src/rotation/rotation-steps.ts'
import { checkTransition, stateEntry, type VersionState, versionStates } from '../../src/specs/version-states.ts'
import { parseVersionLabel, versionLabel } from '../../src/store/version-number.ts'

const states = Object.keys(versionStates) as VersionState[]

test.each(states.flatMap((from) => states.map((to) => [from, to] as const)))(
  '%s → %s is allowed exactly where the table says so',
  (from, to) => {
    const allowed = stateEntry(from).to.includes(to)
    const check = (): void => checkTransition(from, to, from === 'suspended' ? 'active' : undefined)
    if (allowed) expect(check).not.toThrow()
    else expect(check).toThrow('cannot become')
  },
)

test('a suspended version that was retired does not become active', () => {
  expect(() => checkTransition('suspended', 'active', 'deactivated')).toThrow('cannot become')
  expect(() => checkTransition('suspended', 'deactivated', 'deactivated')).not.toThrow()
})

test('nothing leaves destroyed, and only destroyed follows compromised', () => {
  expect(versionStates.destroyed.to).toEqual([])
  expect(versionStates.compromised.to).toEqual(['destroyed'])
})

test.each([
  [1, '1'],
  [65_535, '65535'],
  [0x5f2a0003, 'r5f2a.3'],
  [0x00010001, 'r0001.1'],
])('version %i is shown as %s, and read back', (number, label) => {
  expect(versionLabel(number)).toBe(label)
  expect(parseVersionLabel(label)).toBe(number)
})

test.each(['0', '', '01', '65536', 'r1.1', 'r5f2a.0', '-1', '1.5', 'R5F2A.3'])('%j is no version', (label) => {
  expect(() => parseVersionLabel(label)).toThrow('written 3')
})

test('the guide to rotation prints the tables of states and of steps, and the diagram, as the code has them', () => {
  const guide = readFileSync(new URL('../../../../docs/guides/rotation.md', import.meta.url), 'utf8').replace(
    / +/g,
    ' ',
  )
  const opens = { true: 'yes', false: 'no' }
  for (const state of states) {
    const { protects, processes, to } = stateEntry(state)
    const leads = to.map((one) => `\`${one}\``).join(', ') || '–'
    const seals = protects === 'primary' ? 'the primary' : 'no'
    expect(guide).toContain(`| \`${state}\` | ${seals} | ${opens[`${processes}`]} | ${leads} |`)
  }
  for (const [step, meaning] of Object.entries(rotationSteps)) expect(guide).toContain(`| ${step} | ${meaning} |`)
  const arrows = [...guide.matchAll(/^ (\S+) --> (\S+)$/gm)].map(([, from, to]) => [from, to])
  expect(arrows).toEqual(states.flatMap((from) => stateEntry(from).to.map((to) => [from, to])))
})
