import { expect, test } from 'vitest'
import { Seen } from '../../src/model/seen.ts'

test('each of many states is new once, whatever its bits', () => {
  const seen = new Seen()
  const states = Array.from({ length: 5_000 }, (_, i) => [i, i % 7, i >> 3, 0x80000000 | i])
  expect(states.filter((state) => seen.add(state)).length).toBe(states.length)
  expect(states.filter((state) => seen.add([...state])).length).toBe(0)
  expect(seen.size).toBe(states.length)
})
