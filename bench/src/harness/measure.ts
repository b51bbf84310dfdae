import type { Subject, Work } from './subject.ts'

/** How long to measure. */
export interface Effort {
  /** Rounds; each times a block of calls of every subject. 6 are the fewest that give an interval. */
  readonly rounds: number
  /** Milliseconds that the calls of one block take together, about. */
  readonly blockMs: number
  /** Milliseconds for which each subject runs beforehand, but at most `warmUpCalls` calls. */
  readonly warmUpMs: number
  readonly warmUpCalls: number
}

export const thorough: Effort = { rounds: 60, blockMs: 15, warmUpMs: 1_500, warmUpCalls: 50_000 }
/** Enough to see that a bench works; too little to trust its figures. */
export const quick: Effort = { rounds: 8, blockMs: 4, warmUpMs: 150, warmUpCalls: 10_000 }

/** Times of one subject: nanoseconds for one call, by round. */
export interface Timing {
  readonly subject: string
  readonly times: readonly number[]
}

/** Nanoseconds from any start. */
export type Clock = () => bigint

let kept: unknown

/** Runs `subject` `calls` times and returns nanoseconds per call. */
function timeBlock(subject: Subject, calls: number, clock: Clock): number {
  const start = clock()
  for (let i = 0; i < calls; i++) kept = subject.run()
  return Number(clock() - start) / calls
}

async function timeAsyncBlock(subject: Subject, calls: number, clock: Clock): Promise<number> {
  const start = clock()
  for (let i = 0; i < calls; i++) kept = await subject.run()
  return Number(clock() - start) / calls
}

/** Runs a subject once and checks what it gives. */
async function verify(work: Work, subject: Subject): Promise<void> {
  if (!(await subject.verify(await subject.run()))) {
    throw new Error(`${work.name}: ${subject.name} gives a wrong result; nothing of it is timed.`)
  }
}

/**
 * Times the subjects of `work` against each other. Every subject's output is verified first. Each round times one block
 * of every subject; the order is rotated from round to round and turned round every other cycle, so that none always
 * runs after the same one or in the same part of a round.
 * @param clock the process's own unless given
 * @throws Error if a subject's output is wrong
 */
export async function measure(work: Work, effort: Effort, clock: Clock = process.hrtime.bigint): Promise<Timing[]> {
  for (const subject of work.subjects) await verify(work, subject)

  const runners: { subject: Subject; asynchronous: boolean; calls: number; times: number[] }[] = []
  for (const subject of work.subjects) {
    kept = subject.run()
    const asynchronous = kept instanceof Promise
    await kept
    const time = asynchronous ? timeAsyncBlock : timeBlock
    const end = clock() + BigInt(Math.round(effort.warmUpMs * 1e6))
    let nanoseconds = await time(subject, 1, clock)
    let warmed = 1
    while (clock() < end && warmed < effort.warmUpCalls) {
      // Blocks as long as the timed ones will be, so that the same code gets warm; never past the time set aside.
      const calls = Math.max(1, Math.min(Math.round((effort.blockMs * 1e6) / nanoseconds), warmed))
      nanoseconds = await time(subject, calls, clock)
      warmed += calls
      await giveWay()
    }
    runners.push({
      subject,
      asynchronous,
      calls: Math.max(1, Math.round((effort.blockMs * 1e6) / nanoseconds)),
      times: [],
    })
  }

  for (let round = 0; round < effort.rounds; round++) {
    await giveWay()
    for (const index of roundOrder(round, runners.length)) {
      const { subject, asynchronous, calls, times } = runners[index]!
      times.push(asynchronous ? await timeAsyncBlock(subject, calls, clock) : timeBlock(subject, calls, clock))
    }
  }

  for (const subject of work.subjects) await verify(work, subject)
  return runners.map(({ subject, times }) => ({ subject: subject.name, times }))
}

/** Timers have their turn, such as those that renew a lease. Never while something is timed. */
const giveWay = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** The order of `count` subjects in a round: rotated by one each round, reversed in every other cycle. */
export function roundOrder(round: number, count: number): number[] {
  const order = Array.from({ length: count }, (_, i) => (i + round) % count)
  return Math.floor(round / count) % 2 === 0 ? order : order.reverse()
}

/** The last result of a timed call: reading it from outside keeps every call alive. */
export const lastResult = (): unknown => kept
