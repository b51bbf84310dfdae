import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const main = fileURLToPath(new URL('../../dist/faults/main.js', import.meta.url))

/** Runs the suite as people do. */
function faults(...arguments_: string[]): Promise<{ exit: number; last: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...arguments_], (error, stdout) => {
      const exit = error === null ? 0 : Number(error.code)
      resolve({ exit, last: stdout.trim().split('\n').at(-1) ?? '' })
    })
  })
}

test('a store survives a kill in every phase', { timeout: 600_000 }, async () => {
  expect(await faults('sqlite', '--kills', '8')).toEqual({ exit: 0, last: '8 passed, 0 failed' })
})

test.each(['no-commit', 'ack-before-commit'])('%s is noticed', { timeout: 600_000 }, async (mutant) => {
  const { exit, last } = await faults('sqlite', '--kills', '8', '--mutant', mutant)
  expect(exit).toBe(1)
  expect(last).not.toMatch(/ 0 failed$/)
})

test.each([
  [],
  ['postgres'],
  ['sqlite', '--kills', '0'],
  ['sqlite', '--mutant', 'none'],
  ['sqlite', '--what'],
  ['race', '--seconds', '0'],
  ['race', '--mutant', 'none'],
])('usage is explained for %j', async (...arguments_) => {
  expect((await faults(...arguments_)).exit).toBe(2)
})
