import type { KeyObject } from 'node:crypto'
import { Thread } from '../threads/thread.ts'
import { ThreadInDemand } from '../threads/thread-in-demand.ts'
import type { SigningWork } from './signature-thread.ts'

/** Signatures of one call that are worth a message. */
const manyMessages = 24
const signatureLength = 64

/**
 * Signs by the dozen on one thread. Each signature on Node's thread pool costs its caller 16 µs, a third of what it takes; a message that asks
 * for sixty costs as much as two of them (docs/decisions/threads.md).
 */
export class ThreadedSignatures {
  readonly #demand = new ThreadInDemand<SigningWork | null, Uint8Array | null>({
    start: () => Thread.start('./signature-thread.js', import.meta.url),
    open: null,
    close: null,
    isReady: () => true,
    worksBefore: 8,
  })

  /** @returns undefined where it is to be done otherwise: few, not often enough yet, or the thread has ended */
  async sign(key: KeyObject, messages: readonly Uint8Array[]): Promise<readonly Uint8Array[] | undefined> {
    const thread = messages.length < manyMessages ? undefined : this.#demand.forWork()
    if (thread === undefined) return undefined
    const lengths = Uint32Array.from(messages, ({ length }) => length)
    const joined = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0))
    let at = 0
    for (const message of messages) {
      joined.set(message, at)
      at += message.length
    }
    const signatures = await thread.ask({ key, lengths, messages: joined }, [joined.buffer])
    if (signatures == null) return undefined
    return messages.map((_, i) => signatures.subarray(signatureLength * i, signatureLength * (i + 1)))
  }
}
