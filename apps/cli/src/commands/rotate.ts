import type { DueItem, WorkReport } from '@kms/core'
import { exitCodeOf } from '../exit-codes.ts'
import { failure } from '../failure.ts'
import { givenDays } from '../given.ts'
import type { Invocation } from '../invocation.ts'
import { columns, day, printable } from '../layout.ts'
import { withKms } from '../with-kms.ts'

interface RotateOptions {
  readonly due?: boolean
  readonly dryRun?: boolean
  readonly limit?: string
  readonly every?: string
  readonly retry?: boolean
}

/** `kms rotate --due`: what policies ask for, for a timer. Exit code 1 if something failed. */
export async function rotate(call: Invocation<RotateOptions>): Promise<void> {
  const { due = false, dryRun = false, limit = '20', every, retry = false } = call.options
  if (!due)
    throw await failure('invalid-argument', 'kms rotate --due does what is due; kms key rotate NAME rotates one key.')
  if (!/^[1-9]\d{0,3}$/.test(limit)) throw await failure('invalid-argument', '--limit is a number from 1 to 1000.')
  if (dryRun) {
    const items = await withKms(call, (kms) => kms.due())
    return call.output.result(items, () => (items.length === 0 ? 'Nothing is due.' : table(items)))
  }
  const interval = every === undefined ? {} : { interval: (await givenDays(every, '--every')) * 86_400_000 }
  const report = await withKms(call, (kms) => kms.work({ limit: Number(limit), retry, ...interval }))
  call.output.result(report, () => told(report))
  if (report.failed.length > 0) process.exitCode = exitCodeOf('internal')
}

function told({ elected, done, failed, left }: WorkReport): string {
  if (!elected) return 'Another process does the due work.'
  const lines = [
    ...done.map(({ kind, key, step }) => `${kind} ${printable(key)}: ${step}`),
    ...failed.map(({ kind, key, message }) => `FAILED ${kind} ${printable(key)}: ${printable(message)}`),
  ]
  if (lines.length === 0) lines.push('Nothing was due that needs no person.')
  return left.length === 0 ? lines.join('\n') : `${lines.join('\n')}\n\nLeft:\n${table(left)}`
}

function table(items: readonly DueItem[]): string {
  const rows = items.map(({ kind, key, since, automatic, reason, failure }) => [
    printable(key),
    kind,
    day(since),
    automatic ? 'kms rotate --due' : `a person${reason === undefined ? '' : `: ${reason}`}`,
    failure === undefined
      ? ''
      : `tried ${failure.count === 1 ? 'once' : `${failure.count} times`}: ${printable(failure.message)}`,
  ])
  return columns([['KEY', 'DUE', 'SINCE', 'BY', 'FAILED'], ...rows], (cell) => cell)
}
