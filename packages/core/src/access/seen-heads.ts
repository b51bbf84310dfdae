import type { LastSeen, SeenHead } from './last-seen.ts'

/**
 * Keeps what this process sees of a store's logs remembered, outside the store: one write at a time, and what is seen meanwhile is
 * written together by the next.
 */
export class SeenHeads {
  readonly #write: (logs: Readonly<Record<string, SeenHead>>) => Promise<void>
  #unwritten: Record<string, SeenHead> = {}
  #writing: Promise<void> | undefined
  #next: Promise<void> | undefined

  /** @param onFailure told when a write failed: what it held is not remembered */
  constructor(lastSeen: LastSeen, fingerprint: string, onFailure: () => void) {
    this.#write = (logs) => lastSeen.write(fingerprint, { logs }).catch(onFailure)
  }

  /** Remembers a log's newer head, soon. */
  see(log: string, head: SeenHead): void {
    this.#unwritten[log] = head
    if (this.#writing === undefined) this.#begin()
    else this.#next ??= this.#writing.then(() => this.#begin())
  }

  /** Resolves when everything seen before the call is remembered. */
  async remembered(): Promise<void> {
    await (this.#next ?? this.#writing)
  }

  #begin(): Promise<void> {
    const logs = this.#unwritten
    this.#unwritten = {}
    this.#next = undefined
    this.#writing = this.#write(logs).finally(() => {
      if (this.#next === undefined) this.#writing = undefined
    })
    return this.#writing
  }
}
