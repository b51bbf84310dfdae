import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { anyLength, CaseRandom, pieces } from '../../src/differential/random.ts'

const main = fileURLToPath(new URL('../../dist/differential/main.js', import.meta.url))

function run(...args: string[]): { exit: number | null; lines: string[] } {
  const { status, stdout } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' })
  return { exit: status, lines: stdout.trimEnd().split('\n') }
}

test('the same seed gives the same cases', () => {
  const [first, second] = [run('--seed', '7', '--cases', '600'), run('--seed', '7', '--cases', '600')]
  expect(first.lines.at(-1)).toBe('600 passed, 0 failed')
  expect(first.exit).toBe(0)
  expect(first.lines.filter((line) => line.includes('passed'))).toEqual(
    second.lines.filter((line) => line.includes('passed')),
  )
})

test('a defect at one length is found, and its case can be run alone', () => {
  const { exit, lines } = run('--mutant', '--seed', '1', '--cases', '3000')
  expect(exit).toBe(1)
  const again = lines.find((line) => line.startsWith('failed: HMAC'))?.match(/--mutant --seed (\d+) --from (\d+)/)
  const alone = run('--mutant', '--seed', String(again?.[1]), '--from', String(again?.[2]), '--cases', '1')
  expect(alone.lines.at(-1)).toBe('0 passed, 1 failed')
})

test('a seed or a number that is none is refused', () => {
  for (const args of [['--seed', 'x'], ['--seed', '4294967296'], ['--cases', '-1'], ['--other']]) {
    expect(run(...args).exit).toBe(2)
  }
})

test('lengths fall on both sides of every boundary, odd offsets occur, and pieces join to the whole', () => {
  const random = new CaseRandom(3, 0)
  const lengths = new Set(Array.from({ length: 1_500_000 }, () => anyLength(random)))
  for (const boundary of [16, 64, 112, 128, 352, 16_384, 16_400, 262_144]) {
    for (const length of [boundary - 1, boundary, boundary + 1]) expect(lengths).toContain(length)
  }
  expect(new Set(Array.from({ length: 200 }, () => random.bytes(5).byteOffset)).size).toBe(17)
  const bytes = random.bytes(100)
  expect(Buffer.concat(pieces(random, bytes))).toEqual(Buffer.from(bytes))
})
