import type { KeyObject } from 'node:crypto'
import { joinBytes } from '../threads/joined-bytes.ts'
import { Thread } from '../threads/thread.ts'
import { ThreadOnDemand } from '../threads/thread-on-demand.ts'
import { type SigningWork, signatureLength } from './signing-work.ts'

/** Signatures of one call that are worth a message. */
const manyMessages = 24

/**
 * Signs by the dozen on one thread. Each signature on Node's thread pool costs its caller 16 µs, a third of what it takes; a message that asks
 * for sixty costs as much as two of them (docs/decisions/threads.md).
 */
export class ThreadedSignatures {
  readonly #demand = new ThreadOnDemand<SigningWork | null, Uint8Array | null>({
    start: () => Thread.start('./signature-thread.js', import.meta.url),
    open: null,
    close: null,
    isReady: () => true,
    startAfter: 8,
  })

  /** @returns undefined where it is to be done otherwise: few, not often enough yet, or the thread has ended */
  async sign(key: KeyObject, messages: readonly Uint8Array[]): Promise<readonly Uint8Array[] | undefined> {
    const thread = messages.length < manyMessages ? undefined : this.#demand.forWork()
    if (thread === undefined) return undefined
    const joined = joinBytes(messages)
    const signatures = await thread.ask({ key, messages: joined }, [joined.bytes.buffer])
    if (signatures == null) return undefined
    return messages.map((_, i) => signatures.subarray(signatureLength * i, signatureLength * (i + 1)))
  }
}
