import { Transform, type TransformCallback } from 'node:stream'
import { beginOpening, beginSealing, longestStart, MessageOpener, MessageSealer } from '@kms/core/envelope'
import { backendParts } from '../backend.ts'
import type { OpenPiecesOptions, SealPiecesOptions } from './pieces.ts'

// Node streams, for `pipeline` and `pipe`. A Transform keeps backpressure; what is given up is wiped by `_destroy`.

type Ended = (error?: Error | null) => void

/**
 * Seals what is written to it to recipients (envelope v1, mode 2), in bounded memory. Destroyed before its end it wipes the key, and the
 * envelope stays without an end, which no reader takes for whole.
 *
 * It errors with what `sealEnvelope` throws. Use it with `pipeline`, which passes errors on; `pipe` does not.
 */
export function sealTransform(options: Omit<SealPiecesOptions, 'signal'>): Transform {
  const { backend, ...rest } = options
  return new Sealing(() => beginSealing({ ...backendParts(backend), ...rest }))
}

class Sealing extends Transform {
  readonly #begin: () => ReturnType<typeof beginSealing>
  #sealer: MessageSealer | undefined

  constructor(begin: () => ReturnType<typeof beginSealing>) {
    super()
    this.#begin = begin
  }

  override _transform(piece: Uint8Array, _encoding: BufferEncoding, done: TransformCallback): void {
    settle(async () => this.#push((await this.#begun()).update(piece)), done)
  }

  override _flush(done: TransformCallback): void {
    settle(async () => this.#push((await this.#begun()).final()), done)
  }

  override _destroy(error: Error | null, done: Ended): void {
    this.#sealer?.wipe()
    done(error)
  }

  async #begun(): Promise<MessageSealer> {
    if (this.#sealer !== undefined) return this.#sealer
    const { start, cipher } = await this.#begin()
    this.#sealer = new MessageSealer(cipher)
    if (this.destroyed) this.#sealer.wipe()
    else this.push(start)
    return this.#sealer
  }

  #push(sealed: Uint8Array): void {
    if (sealed.length > 0) this.push(sealed)
  }
}

/**
 * Opens the envelope to recipients that is written to it, in bounded memory. Each piece it gives is authentic and in its place; only
 * `end` says that nothing is missing. An envelope that was cut ends in the error `authentication-failed` instead.
 */
export function openTransform(options: Omit<OpenPiecesOptions, 'signal'>): Transform {
  const { backend, ...rest } = options
  return new Opening((head) => beginOpening(head, { ...backendParts(backend), ...rest }))
}

class Opening extends Transform {
  readonly #begin: (head: Uint8Array) => ReturnType<typeof beginOpening>
  /** The beginning, until there is enough of it for the longest header. */
  #head: Uint8Array[] = []
  #headLength = 0
  #opener: MessageOpener | undefined

  constructor(begin: (head: Uint8Array) => ReturnType<typeof beginOpening>) {
    super()
    this.#begin = begin
  }

  override _transform(piece: Uint8Array, _encoding: BufferEncoding, done: TransformCallback): void {
    settle(async () => {
      if (this.#opener !== undefined) return this.#push(this.#opener.update(piece))
      this.#head.push(piece)
      this.#headLength += piece.length
      if (this.#headLength >= longestStart) await this.#start()
    }, done)
  }

  override _flush(done: TransformCallback): void {
    settle(async () => this.#push((this.#opener ?? (await this.#start())).final()), done)
  }

  override _destroy(error: Error | null, done: Ended): void {
    this.#opener?.wipe()
    done(error)
  }

  async #start(): Promise<MessageOpener> {
    const head = Buffer.concat(this.#head)
    this.#head = []
    const { startLength, cipher } = await this.#begin(head)
    this.#opener = new MessageOpener(cipher)
    if (this.destroyed) this.#opener.wipe()
    this.#push(this.#opener.update(head.subarray(startLength)))
    return this.#opener
  }

  #push(opened: Uint8Array): void {
    if (opened.length > 0) this.push(opened)
  }
}

function settle(work: () => Promise<void>, done: TransformCallback): void {
  work().then(() => done(), done)
}
