import { Session } from '../access/session.ts'
import { KmsError } from '../errors.ts'
import type { KeyRing } from './key-ring.ts'

/**
 * Keeps a ring fresh while handles are held: follows the store's changes, and renews the lease at every quarter, so that one
 * failure costs nothing. Begins with the first
 * handle, since one-shot programs need none of it. Its timers never keep a process alive.
 */
export class RingWatch {
  readonly #ring: KeyRing
  readonly #session: Session
  readonly #stop = new AbortController()
  #watching = false

  constructor(ring: KeyRing) {
    this.#ring = ring
    this.#session = new Session(ring.environment, ring.access)
  }

  begin(): void {
    if (this.#watching) return
    this.#watching = true
    void this.#follow()
    const timer: unknown = setInterval(() => void this.#renew(true), this.#ring.lease / 4)
    if (typeof timer === 'object' && timer !== null) (timer as { unref?: () => void }).unref?.()
    this.#stop.signal.addEventListener('abort', () => clearInterval(timer as ReturnType<typeof setInterval>))
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
    if (!this.#watching || !young) await this.#ring.renew()
  }

  async end(): Promise<void> {
    this.#stop.abort()
    await this.#session.end()
  }

  async #follow(): Promise<void> {
    try {
      for await (const _ of this.#ring.environment.store.watch(this.#stop.signal)) await this.#renew()
    } catch {
      // The timer goes on renewing.
    }
  }

  /** @param beat also shows that this process lives */
  async #renew(beat = false): Promise<void> {
    try {
      await this.#ring.renew()
      await this.tell(beat)
    } catch (error) {
      // The lease runs out if it goes on, and handles then say so. What is more than a lost connection is told at once.
      if (error instanceof KmsError && error.code !== 'store-unavailable' && !this.#stop.signal.aborted) {
        this.#ring.environment.onWarning({ code: error.code, message: error.message })
      }
    }
  }
}
