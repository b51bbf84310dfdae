import { expect, test } from 'vitest'
import { Recent } from '../../src/store/recent-map.ts'

test('what was set among the latest half is there, and no more than the limit', () => {
  const recent = new Recent<number>(1_000)
  for (let i = 0; i < 10_000; i++) {
    recent.set(`${i}`, i)
    if (i >= 499) expect(recent.get(`${i - 499}`)).toBe(i - 499)
    expect(recent.get(`${i - 1_000}`)).toBeUndefined()
  }
})

test('what is set again is as new as it, and weighs as much as its newest value', () => {
  const recent = new Recent<string>(100, ({ length }) => length)
  recent.set('kept', 'x')
  for (let i = 0; i < 1_000; i++) {
    recent.set(`${i}`, 'four')
    recent.set('kept', 'x'.repeat(1 + (i % 3)))
    expect(recent.get('kept')).toBe('x'.repeat(1 + (i % 3)))
  }
  expect(recent.get('980')).toBeUndefined()
})
