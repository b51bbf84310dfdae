import { expect, test } from 'vitest'
import { columns, foldLast } from '../src/layout.ts'

const rows = [
  ['short', 'one'],
  ['a-longer-code', 'words that are more than the forty columns of this terminal have room for'],
]

test('the last column is folded to the terminal, between words', () => {
  const lines = columns(foldLast(rows, 50)).split('\n')
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(50)
  expect(lines).toEqual([
    'short          one',
    'a-longer-code  words that are more than the forty',
    '               columns of this terminal have room',
    '               for',
  ])
})

test('without a terminal each row stays one line', () => {
  expect(foldLast(rows, undefined)).toEqual(rows)
})
