import type { KeyObject } from 'node:crypto'
import { Thread } from '../threads/thread.ts'
import type { SigningWork } from './signature-thread.ts'

/** A signature to be made. */
export interface Signing {
  readonly key: KeyObject
  readonly message: Uint8Array
  readonly resolve: (signature: Uint8Array) => void
  readonly reject: (error: unknown) => void
}

/** Signatures that are asked for at once and are worth a message. */
const manyMessages = 24
/** Times that there were as many, after which a thread is started: what ends sooner is done before one is there. */
const timesBefore = 8
/** Milliseconds without work after which it ends. */
const idleMs = 5_000
const signatureLength = 64

/**
 * Signs by the dozen on one thread. Each signature on Node's thread pool costs its caller 16 µs, a third of what it takes; a message that asks
 * for sixty costs as much as two of them (2026-11).
 */
export class ThreadedSignatures {
  #thread: Thread<SigningWork, Uint8Array> | undefined
  #ready = false
  #times = 0
  #idle: NodeJS.Timeout | undefined

  /**
   * @param otherwise does one of them, where the thread ends without having done it
   * @returns false if it does not take them, and nothing is done
   */
  takes(all: readonly Signing[], otherwise: (one: Signing) => void): boolean {
    if (all.length < manyMessages) return false
    const [first] = all
    if (first === undefined || all.some(({ key }) => key !== first.key)) return false
    if (++this.#times === timesBefore) this.#start(first)
    const thread = this.#thread
    if (thread === undefined || !this.#ready) return false
    void this.#sign(thread, all, first).then((done) => {
      if (!done) for (const one of all) otherwise(one)
    })
    return true
  }

  async #sign(thread: Thread<SigningWork, Uint8Array>, all: readonly Signing[], { key }: Signing): Promise<boolean> {
    const lengths = all.map(({ message }) => message.length)
    const messages = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0))
    let at = 0
    for (const { message } of all) {
      messages.set(message, at)
      at += message.length
    }
    const signatures = await thread.ask({ key, lengths, messages }, [messages.buffer])
    clearTimeout(this.#idle)
    this.#idle = setTimeout(() => this.#end(), idleMs).unref()
    if (signatures === undefined) {
      this.#end()
      return false
    }
    for (const [i, { resolve }] of all.entries()) {
      resolve(signatures.slice(signatureLength * i, signatureLength * (i + 1)))
    }
    return true
  }

  #start({ key }: Signing): void {
    this.#thread = Thread.start(new URL('./signature-thread.js', import.meta.url), {})
    void this.#thread?.ask({ key, lengths: [], messages: new Uint8Array(0) }).then((answer) => {
      this.#ready = answer !== undefined
    })
  }

  #end(): void {
    void this.#thread?.end()
    this.#thread = undefined
    this.#ready = false
    this.#times = 0
  }
}
