import { day } from '../../durations.ts'
import { invalidArgument } from '../../refusals.ts'
import type { Secret } from '../../secret.ts'
import { zLength } from './wrapped-z.ts'

/** What a provider made: 32 bytes, and what it recovers them from. */
export interface GeneratedZ {
  /** 32 bytes, which the caller wipes. */
  readonly z: Secret
  /** 0 to 65,535 bytes; public. */
  readonly blob: Uint8Array
}

/** How long one `Z` serves (envelope v1 §Mode 2). */
export interface ExternalZLimits {
  /** Milliseconds, 0 to 86,400,000 (a day, which it is unless given). */
  readonly maxAge?: number | undefined
  /** Envelopes, 1 to 1,048,576 (2²⁰, which it is unless given). 1 makes a fresh one for each. */
  readonly maxEnvelopes?: number | undefined
}

const blobLimit = 65_535

/** The `Z` of one writer and one provider key: made when first needed, used until it is too old or was used too often, then wiped. */
export class ExternalZ {
  readonly #generate: () => Promise<GeneratedZ>
  readonly #maxAge: number
  readonly #maxEnvelopes: number
  #current: Promise<GeneratedZ> | undefined
  #uses = 0
  #since = { monotonic: 0, wall: 0 }

  constructor(generate: () => Promise<GeneratedZ>, { maxAge = day, maxEnvelopes = 2 ** 20 }: ExternalZLimits) {
    if (!(maxAge >= 0 && maxAge <= day)) throw invalidArgument('A Z serves for a day at most: maxAge is milliseconds.')
    if (!Number.isInteger(maxEnvelopes) || maxEnvelopes < 1 || maxEnvelopes > 2 ** 20) {
      throw invalidArgument('A Z serves 1 to 2^20 envelopes.')
    }
    this.#generate = generate
    this.#maxAge = maxAge
    this.#maxEnvelopes = maxEnvelopes
  }

  /** Counts one envelope, and runs `use` with its `Z`. */
  async use<T>(use: (generated: GeneratedZ) => T): Promise<T> {
    if (this.#uses >= this.#maxEnvelopes || this.#age() > this.#maxAge) this.wipe()
    this.#current ??= this.#fresh()
    this.#uses++
    const current = this.#current
    try {
      return use(await current)
    } catch (error) {
      // A failure is not kept: the next envelope asks again.
      if (this.#current === current) this.wipe()
      throw error
    }
  }

  wipe(): void {
    void this.#current?.then(
      ({ z }) => z.wipe(),
      () => {},
    )
    this.#current = undefined
    this.#uses = 0
  }

  async #fresh(): Promise<GeneratedZ> {
    this.#since = { monotonic: performance.now(), wall: Date.now() }
    const generated = await this.#generate()
    if (generated.z.length !== zLength || generated.blob.length > blobLimit) {
      generated.z.wipe()
      throw invalidArgument(`A provider makes a Z of ${zLength} bytes and a blob of ${blobLimit} at most.`)
    }
    return { z: generated.z, blob: generated.blob.slice() }
  }

  /** On both clocks: the wall clock may be set back, the monotonic one may stop while a machine sleeps. */
  #age(): number {
    return Math.max(performance.now() - this.#since.monotonic, Date.now() - this.#since.wall)
  }
}
