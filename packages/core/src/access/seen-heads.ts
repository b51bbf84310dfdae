import type { LastSeen, SeenHead } from './last-seen.ts'

/**
 * Keeps what this process sees of a store's logs remembered, outside the store: one write at a time, and what is seen meanwhile is
 * written together by the next.
 */
export class SeenHeads {
  readonly #write: (logs: Readonly<Record<string, SeenHead>>) => Promise<void>
  readonly #onFailure: () => void
  #unwritten: Record<string, SeenHead> = {}
  #writing: Promise<void> | undefined
  #next: Promise<void> | undefined

  /** @param onFailure told when a write failed: what it held is written by the next */
  constructor(lastSeen: LastSeen, fingerprint: string, onFailure: () => void) {
    this.#write = (logs) => lastSeen.write(fingerprint, { logs })
    this.#onFailure = onFailure
  }

  /** Remembers a log's newer head, soon. */
  see(log: string, head: SeenHead): void {
    this.#unwritten[log] = head
    this.#begin()
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
    const logs = this.#unwritten
    this.#unwritten = {}
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
    }
  }
}
