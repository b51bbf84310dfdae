import { Session } from '../access/session.ts'
import { inBackground } from '../background-timer.ts'
import { KmsError } from '../errors.ts'
import type { KeyRing } from './key-ring.ts'

/** Milliseconds after which a store that could not be followed is followed again. */
const retryMs = 500

/**
 * Keeps a ring fresh while handles are held: follows the store's changes, and renews the lease at every quarter, so that one
 * failure costs nothing. Begins with the first handle, since one-shot programs need none of it. Its timers never keep a process alive.
 */
export class RingWatch {
  readonly #ring: KeyRing
  readonly #session: Session
  readonly #stop = new AbortController()
  #watching = false
  /** The store's changes, from when they began to be followed. */
  #changes: AsyncIterable<number> | undefined
  /** Those that the ring was renewed after: nothing before them is unknown. */
  #caughtUp: AsyncIterable<number> | undefined

  constructor(ring: KeyRing) {
    this.#ring = ring
    this.#session = new Session(ring.environment, ring.access, ring.usage.session)
  }

  begin(): void {
    if (this.#watching) return
    this.#watching = true
    void this.#follow()
    const timer = setInterval(() => void this.#renew(true), this.#ring.lease / 4)
    inBackground(timer)
    this.#stop.signal.addEventListener('abort', () => clearInterval(timer))
  }

  /** Writes what this process holds for others to see. A write of one session makes the others read, and not write. */
  async tell(beat = false): Promise<void> {
    if (this.#watching && !this.#stop.signal.aborted) await this.#session.tell(this.#ring.standing, beat)
  }

  /** The id of this process's session. */
  get sessionId(): string {
    return this.#session.id
  }

  /** Reads the head again, unless the store is followed and the lease is young. */
  async refresh(): Promise<void> {
    const { deadline, lease, environment } = this.#ring
    const young = deadline - environment.monotonic() > lease / 2
    const followed = this.#changes !== undefined && this.#caughtUp === this.#changes
    if (!followed || !young) await this.#catchUp()
  }

  async end(): Promise<void> {
    this.#stop.abort()
    await this.#session.end()
  }

  /** Follows the store until the end. A watch that broke is begun again: the lease alone would be late. */
  async #follow(): Promise<void> {
    const { signal } = this.#stop
    for (let first = true; !signal.aborted; first = false) {
      try {
        this.#changes = this.#ring.environment.store.watch(signal)
        // The first handle renews by itself.
        if (!first) await this.#renew()
        for await (const _ of this.#changes) await this.#renew()
      } catch {
        // The timer goes on renewing.
      }
      this.#changes = undefined
      await new Promise((resolve) => inBackground(setTimeout(resolve, retryMs)))
    }
  }

  async #catchUp(): Promise<void> {
    const changes = this.#changes
    await this.#ring.renew()
    this.#caughtUp = changes
  }

  /** @param beat also shows that this process lives */
  async #renew(beat = false): Promise<void> {
    try {
      await this.#catchUp()
      await this.tell(beat)
    } catch (error) {
      // The lease runs out if it goes on, and handles then say so. What is more than a lost connection is told at once.
      if (error instanceof KmsError && error.code !== 'store-unavailable' && !this.#stop.signal.aborted) {
        this.#ring.environment.onWarning({ code: error.code, message: error.message })
      }
    }
  }
}
