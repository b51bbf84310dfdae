import { expect, test } from 'vitest'
import { History } from '../../src/faults/race/history.ts'
import type { Begins, Stands } from '../../src/faults/race/journal.ts'

const begins = (at: number, what: Begins['what'], version = 1): Begins => ({ op: 'begins', at, what, version })
const stands = (at: number, states: Stands['states'], primary = 1): Stands => ({ op: 'stands', at, primary, states })

test('a version is revoked from when that was acknowledged until somebody begins to enable it', () => {
  const history = new History([
    stands(0, { 1: 'active' }),
    begins(10, 'disable'),
    stands(20, { 1: 'suspended' }),
    begins(30, 'enable'),
    stands(40, { 1: 'active' }),
  ])
  expect(history.windows).toEqual([
    { version: 1, use: 'seal', from: 20, until: 30 },
    { version: 1, use: 'open', from: 20, until: 30 },
  ])
})

test('an older primary may seal no more, and opens; a version that is not active yet is no revocation', () => {
  const history = new History([stands(0, { 1: 'active', 2: 'pre-active' }), stands(5, { 1: 'active', 2: 'active' }, 2)])
  expect(history.windows).toEqual([{ version: 1, use: 'seal', from: 5, until: Number.POSITIVE_INFINITY }])
})

test('a refusal is right while a version is disabled, from the beginning of that on, and wrong at other times', () => {
  const history = new History([
    stands(0, { 1: 'active' }),
    begins(10, 'disable'),
    // Killed here: what became of it, its successor finds.
    stands(50, { 1: 'suspended' }),
    begins(60, 'enable'),
    stands(70, { 1: 'active' }),
    begins(90, 'rotate', 0),
    stands(95, { 1: 'active', 2: 'active' }, 2),
  ])
  expect(history.mayRefuse('open', 1, 2, 8)).toBe(false)
  expect(history.mayRefuse('open', 1, 2, 12)).toBe(true)
  expect(history.mayRefuse('seal', 0, 20, 40)).toBe(true)
  expect(history.mayRefuse('open', 1, 52, 55)).toBe(true)
  expect(history.mayRefuse('open', 1, 65, 80)).toBe(true)
  expect(history.mayRefuse('open', 1, 72, 99)).toBe(false)
  expect(history.mayRefuse('seal', 0, 72, 99)).toBe(false)
  expect(history.mayRefuse('open', 2, 96, 99)).toBe(false)
})
