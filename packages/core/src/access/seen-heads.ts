import { inBackground, inForeground } from '../background-timer.ts'
import type { LastSeen, SeenHead } from './last-seen.ts'

/**
 * Milliseconds from one write to the next, unless somebody waits for it. Writing is two syncs, which those of the store's own commits
 * wait for: keys made one after the other took half as long again (2026-11).
 */
const restMs = 250

/**
 * Keeps what this process sees of a store's logs remembered, outside the store: one write at a time, and what is seen meanwhile is
 * written together by the next.
 */
export class SeenHeads {
  readonly #write: (logs: Readonly<Record<string, SeenHead>>) => Promise<void>
  readonly #onFailure: () => void
  #unwritten: Record<string, SeenHead> = {}
  /** Whether something was seen since the last write began. */
  #due = false
  #writing: Promise<void> | undefined
  #next: Promise<void> | undefined
  #rest: ReturnType<typeof setTimeout> | undefined

  /** @param onFailure told when a write failed: what it held is written by the next */
  constructor(lastSeen: LastSeen, fingerprint: string, onFailure: () => void) {
    this.#write = (logs) => lastSeen.write(fingerprint, { logs })
    this.#onFailure = onFailure
  }

  /** Remembers a log's newer head, soon: now, or a quarter of a second after the last write. */
  see(log: string, head: SeenHead): void {
    this.#unwritten[log] = head
    this.#due = true
    if (this.#writing !== undefined) return
    if (this.#rest === undefined) this.#begin()
    // A program that ends here is kept from it until it is written.
    else inForeground(this.#rest)
  }

  /**
   * Resolves when everything seen before the call is remembered, and tries that again where it failed.
   * @throws what the write threw, which was told as a failure, too
   */
  async remembered(): Promise<void> {
    if (Object.keys(this.#unwritten).length > 0) this.#begin()
    await (this.#next ?? this.#writing)
  }

  /** Begins a write, or leaves it to the one that follows that under way. */
  #begin(): void {
    if (this.#writing === undefined) {
      this.#writing = this.#told(this.#writeAll())
    } else {
      this.#next ??= this.#told(this.#writing.catch(() => {}).then(() => this.#writeAll()))
    }
  }

  /** A failure is told once, whether or not anybody waits. */
  #told(writing: Promise<void>): Promise<void> {
    writing.catch(this.#onFailure)
    return writing
  }

  async #writeAll(): Promise<void> {
    clearTimeout(this.#rest)
    const logs = this.#unwritten
    this.#unwritten = {}
    this.#due = false
    const next = this.#next
    if (next !== undefined) {
      this.#writing = next
      this.#next = undefined
    }
    try {
      await this.#write(logs)
    } catch (error) {
      this.#unwritten = { ...logs, ...this.#unwritten }
      throw error
    } finally {
      if (this.#next === undefined) this.#writing = undefined
      const rest = setTimeout(() => this.#rested(), restMs)
      this.#rest = this.#due ? rest : inBackground(rest)
    }
  }

  /** What failed is not tried again until something is seen, or waited for. */
  #rested(): void {
    this.#rest = undefined
    if (this.#due && this.#writing === undefined) this.#begin()
  }
}
