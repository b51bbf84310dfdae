import { hour } from '../durations.ts'
import type { WorkAttempt } from '../store/records.ts'
import type { DueItem, FailedAttempts } from './due-items.ts'

// What fails is tried again after pauses that grow, and not for ever: then a person is asked.

const mostTries = 10
const longestPause = 24 * hour
/** What the work's record holds: it has 64 KiB. */
const mostKept = 64
const messageLength = 200

/** The attempts at what is due: those that were made before, and those of a run. */
export class Attempts {
  readonly #known = new Map<string, WorkAttempt>()

  constructor(known: readonly WorkAttempt[]) {
    for (const attempt of known) this.#known.set(nameOf(attempt.item, attempt.key, attempt.rotation), attempt)
  }

  /** The item, with what came of it before; one that was given up is a person's. */
  describe(item: DueItem): DueItem {
    const attempt = this.#of(item)
    if (attempt === undefined) return item
    const { count, last, next, code, message } = attempt
    const failure: FailedAttempts = {
      count,
      last: new Date(last),
      next: next === 0 ? null : new Date(next),
      code,
      message,
    }
    return { ...item, automatic: item.automatic && next !== 0, failure }
  }

  /** Whether an item's time has not come: it failed, and pauses. */
  pauses(item: DueItem, now: number): boolean {
    const attempt = this.#of(item)
    return attempt !== undefined && now < attempt.next
  }

  failed(item: DueItem, time: number, error: { readonly code: string; readonly message: string }): void {
    const count = (this.#of(item)?.count ?? 0) + 1
    const next = count >= mostTries ? 0 : time + Math.min(longestPause, hour * 2 ** (count - 1))
    const message = error.message.slice(0, messageLength)
    const { kind, keyId, rotation = '' } = item
    const attempt = { item: kind, key: keyId, rotation, count, last: time, next, code: error.code, message }
    this.#known.set(nameOf(kind, keyId, rotation), attempt)
  }

  succeeded({ kind, keyId, rotation = '' }: DueItem): void {
    this.#known.delete(nameOf(kind, keyId, rotation))
  }

  /** Those worth keeping: of what is still due, the last tried first. */
  kept(due: ReadonlySet<string>): readonly WorkAttempt[] {
    return [...this.#known.values()]
      .filter(({ item, key, rotation }) => due.has(nameOf(item, key, rotation)))
      .sort((a, b) => b.last - a.last)
      .slice(0, mostKept)
  }

  #of({ kind, keyId, rotation = '' }: DueItem): WorkAttempt | undefined {
    return this.#known.get(nameOf(kind, keyId, rotation))
  }
}

const nameOf = (item: string, key: string, rotation: string): string => `${item} ${key} ${rotation}`

export const itemName = ({ kind, keyId, rotation = '' }: DueItem): string => nameOf(kind, keyId, rotation)
