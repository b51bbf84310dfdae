import type { Tally } from '../tally.ts'
import { leaseMs, type Mode } from './files.ts'
import type { History, Window } from './history.ts'
import type { Entry, Opened, Refused, Sealed } from './journal.ts'

/** What is counted, and what each may be. */
export const where = ['sealed', 'opened', 'refused', 'revoked', 'retired', 'envelopes', 'store'] as const

/** Milliseconds after which a process that yields has heard of a change. */
const heardMs = 1_000
/** A use this short before a revocation shows that the process was there, and used the version. */
const recentMs = 500

const limitOf = (mode: Mode): number => (mode === 'never-yields' ? leaseMs : heardMs)

/** How long after each revocation a process went on, by how it uses the key. */
export type Latencies = Map<Mode, number[]>

/** Holds what one process did against what was allowed. */
export function judge(
  mode: Mode,
  journal: readonly Entry[],
  history: History,
  settled: ReadonlyMap<number, number>,
  tally: Tally,
): readonly number[] {
  const uses = { seal: new Map<number, Sealed[]>(), open: new Map<number, Opened[]>() }
  for (const entry of journal) {
    if (entry.op === 'seal') note(uses.seal, entry)
    else if (entry.op === 'open') note(uses.open, entry)
    else if (entry.op === 'refused') judgeRefusal(mode, entry, history, tally)
    else if (entry.op === 'trouble' && !isHarmless(entry.code)) {
      tally.fail('store', [`${mode}: ${entry.code}: ${entry.message}`])
    }
  }
  for (const [version, at] of settled) {
    const seals = uses.seal.get(version)
    if (seals === undefined) continue
    const late = seals.filter((sealed) => sealed.at > at)
    if (late.length === 0) tally.pass('retired')
    else tally.fail('retired', [`${mode}: ${late.length} sealed under version ${version} after the wait for leases`])
  }
  return history.windows.flatMap((window) => {
    const latency = latencyOf(window, uses[window.use].get(window.version) ?? [])
    if (latency === undefined) return []
    if (latency <= limitOf(mode)) tally.pass('revoked')
    else tally.fail('revoked', [`${mode}: ${window.use} with version ${window.version} for ${latency.toFixed()} ms`])
    return [latency]
  })

  function note<T extends Sealed | Opened>(by: Map<number, T[]>, entry: T): void {
    tally.pass(entry.op === 'seal' ? 'sealed' : 'opened')
    const before = by.get(entry.version)
    if (before === undefined) by.set(entry.version, [entry])
    else before.push(entry)
  }
}

/** Refusals are right while a version is disabled, and as long afterwards as a process may not know better. */
function judgeRefusal(mode: Mode, entry: Refused, history: History, tally: Tally): void {
  const use = entry.version === 0 ? 'seal' : 'open'
  const known = entry.code === 'key-disabled' && history.mayRefuse(use, entry.version, entry.at - leaseMs, entry.until)
  if (known || entry.code === 'store-unavailable') tally.pass('refused')
  else tally.fail('refused', [`${mode}: ${use}, version ${entry.version}: ${entry.code}: ${entry.message}`])
}

/** Locks that a stopped process holds. */
const isHarmless = (code: string): boolean => code === 'store-unavailable' || code === 'state-folder-unwritable'

/** How long a process that used a version went on with it. @returns undefined if it did not use it at that time */
function latencyOf({ from, until }: Window, used: readonly { readonly at: number }[]): number | undefined {
  const during = used.filter(({ at }) => at > from - recentMs && at < until)
  if (during.length === 0) return undefined
  return Math.max(0, (during.at(-1)?.at ?? from) - from)
}

const bounds = [50, 100, 200, 500, 1_000, 1_500, 2_000]

/** A line for each way of use: how many revocations were heard of within so many milliseconds. */
export function histograms(latencies: ReadonlyMap<Mode, readonly number[]>): string {
  const head = ['ms until revoked', ...bounds.map((bound) => `≤ ${bound}`), 'more', 'longest']
  const rows = [...latencies].map(([mode, all]) => {
    const counts = bounds.map((bound, i) => all.filter((ms) => ms <= bound && ms > (bounds[i - 1] ?? -1)).length)
    const more = all.filter((ms) => ms > (bounds.at(-1) ?? 0)).length
    return [mode, ...[...counts, more, Math.round(Math.max(0, ...all))].map(String)]
  })
  return [head, ...rows]
    .map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(18) : cell.padStart(8))).join(''))
    .join('\n')
}
