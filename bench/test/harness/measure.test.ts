import { describe, expect, test } from 'vitest'
import { lastResult, measure, roundOrder } from '../../src/harness/measure.ts'
import { speedTarget, timeTarget, timingRows } from '../../src/harness/report.ts'
import type { Subject } from '../../src/harness/subject.ts'

const effort = { rounds: 12, blockMs: 1, warmUpMs: 20, warmUpCalls: 1_000 }

/** A machine's time, which only its subjects' work moves: the figures depend on nothing else that runs. */
let now = 0n
const clock = (): bigint => now

/** Takes as long as it is told to, give or take a tenth. */
function taking(name: string, nanoseconds: number): Subject & { calls: number } {
  const subject = {
    name,
    calls: 0,
    run(): number {
      now += BigInt(Math.round(nanoseconds * (0.9 + (subject.calls++ % 7) / 30)))
      return subject.calls
    },
    verify: (result: unknown) => typeof result === 'number',
  }
  return subject
}

describe('measure', () => {
  test('a slower subject gets a speed ratio well below 1, a faster one above', async () => {
    const timings = await measure(
      { name: 'sum', subjects: [taking('fast', 2_000), taking('slow', 20_000)] },
      effort,
      clock,
    )
    const slow = speedTarget('sum', timings, 'slow', 'fast', { atLeast: 1 })
    expect(slow.measured).toBeCloseTo(0.1, 1)
    expect(slow.met).toBe(false)
    const fast = speedTarget('sum', timings, 'fast', 'slow', { atLeast: 2 })
    expect(fast).toMatchObject({ met: true })
    expect(timeTarget('sum', timings, 'slow', 'fast', { atMost: 1.1 }).met).toBe(false)
    expect(timeTarget('sum', timings, 'fast', 'slow', { atMost: 1.1 }).met).toBe(true)
    const rows = timingRows('sum', timings)
    expect(rows.map((row) => row.subject)).toEqual(['fast', 'slow'])
    expect(rows[0]!.median).toBeGreaterThan(0)
    expect(rows[0]!.median).toBeLessThan(rows[1]!.median)
  })

  test('a wrong output is refused before anything is timed', async () => {
    const right = taking('right', 10)
    const wrong: Subject = { name: 'wrong', run: () => 41, verify: (result) => result === 42 }
    await expect(measure({ name: 'answer', subjects: [right, wrong] }, effort)).rejects.toThrow(
      /wrong gives a wrong result/,
    )
    expect(right.calls).toBe(1)
  })

  test('an output that goes wrong while it is timed is refused too', async () => {
    let calls = 0
    const tiring: Subject = { name: 'tiring', run: () => ++calls, verify: (result) => (result as number) < 100 }
    await expect(measure({ name: 'tired', subjects: [tiring] }, effort)).rejects.toThrow(/wrong result/)
  })

  test('promises are awaited and their time counts', async () => {
    const later: Subject = {
      name: 'later',
      run: () => new Promise((resolve) => setTimeout(resolve, 2, 'done')),
      verify: (result) => result === 'done',
    }
    const [timing] = await measure({ name: 'wait', subjects: [later] }, { ...effort, rounds: 6 })
    expect(Math.min(...timing!.times)).toBeGreaterThan(1e6)
    expect(lastResult()).toBe('done')
  })

  test('the order of a round rotates, and turns round in every other cycle', () => {
    expect([0, 1, 2, 3].map((round) => roundOrder(round, 3))).toEqual([
      [0, 1, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ])
    for (let subject = 0; subject < 3; subject++) {
      const positions = [0, 1, 2].map((round) => roundOrder(round, 3).indexOf(subject))
      expect(positions.sort()).toEqual([0, 1, 2])
    }
  })
})

describe('targets', () => {
  const timings = [
    { subject: 'ours', times: [10, 10, 10, 10, 10, 10, 10, 10] },
    { subject: 'theirs', times: [11, 13, 13, 13, 13, 13, 13, 13] },
  ]

  test('a target is met when the lower end of the interval is, not when the median is', () => {
    const target = speedTarget('work', timings, 'ours', 'theirs', { atLeast: 1.2 })
    expect(target).toMatchObject({ measured: 1.3, interval: [1.1, 1.3], atLeast: 1.2, met: false })
    expect(speedTarget('work', timings, 'ours', 'theirs', { atLeast: 1.1 }).met).toBe(true)
  })

  test('a subject that was not timed is an error, not a pass', () => {
    expect(() => speedTarget('work', timings, 'ours', 'nobody', { atLeast: 1 })).toThrow(/nobody/)
  })
})
