import { randomFillSync } from 'node:crypto'
import { LeakTest } from './welch.ts'

/** Something whose time must not depend on its secret; or does, to show that the harness sees it. */
export interface Target {
  readonly name: string
  /** Bytes of the secret that a call takes. */
  readonly length: number
  /** Printed and not judged: why. */
  readonly noted?: string
  /** Calls in one measurement, so that the clock resolves it. */
  readonly batch: number
  /** Of the first class, the same in every call. */
  readonly fixed: Uint8Array
  /** Writes a secret of the second class; random bytes unless given. */
  readonly random?: (secret: Uint8Array) => void
  call(secret: Uint8Array): number
}

export interface Leak {
  /** Welch's t, the worst of the cropped tests. */
  readonly t: number
  /** Nanoseconds a call that the second class takes longer. */
  readonly difference: number
  /** Nanoseconds a call, the median at the start. */
  readonly time: number
}

const blockLength = 64

/**
 * One run over a target: measurements of the two classes in random order, each of its batch's calls with a secret of its own copied
 * into the same place. The secrets of a block are written before any of it is timed, and fit into the first-level cache.
 * @param measurements without those that warm up and calibrate
 */
export function measure(target: Target, measurements: number): Leak {
  const block = new Block(target)
  const calibration: number[] = []
  const warm = Math.max(4096, Math.min(20_000, measurements / 5))
  for (let n = 0; n < warm; n += blockLength) block.run((_, time) => n > warm / 2 && calibration.push(time))
  const test = new LeakTest(calibration)
  const add = (of: 0 | 1, time: number): void => test.add(of, time)
  for (let n = 0; n < measurements; n += blockLength) block.run(add)
  const { t, difference } = test.worst
  const median = calibration.sort((a, b) => a - b)[calibration.length >> 1] ?? 0
  return { t, difference: (difference * 1e6) / target.batch, time: (median * 1e6) / target.batch }
}

class Block {
  readonly #target: Target
  readonly #secrets: readonly Uint8Array[]
  readonly #bytes: Uint8Array
  readonly #classes = new Uint8Array(blockLength)
  readonly #times = new Float64Array(blockLength)
  #sink = 0

  constructor(target: Target) {
    const { length, batch } = target
    this.#target = target
    this.#bytes = new Uint8Array(blockLength * batch * length)
    this.#secrets = Array.from({ length: blockLength * batch }, (_, i) =>
      this.#bytes.subarray(i * length, (i + 1) * length),
    )
  }

  run(each: (of: 0 | 1, time: number) => void): void {
    this.#write()
    this.#time()
    for (let i = 0; i < blockLength; i++) each(((this.#classes[i] as number) & 1) as 0 | 1, this.#times[i] as number)
  }

  #write(): void {
    const { fixed, random, batch } = this.#target
    randomFillSync(this.#classes)
    randomFillSync(this.#bytes)
    for (let i = 0; i < this.#secrets.length; i++) {
      const secret = this.#secrets[i] as Uint8Array
      if (((this.#classes[Math.floor(i / batch)] as number) & 1) === 0) secret.set(fixed)
      else random?.(secret)
    }
    // Both classes were not written the same number of times; read once more, backwards, all of them are as near.
    for (let i = this.#bytes.length - 1; i >= 0; i--) this.#sink ^= this.#bytes[i] as number
  }

  #time(): void {
    const target = this.#target
    const { batch } = target
    const secrets = this.#secrets
    const times = this.#times
    let sink = this.#sink
    for (let i = 0, at = 0; i < blockLength; i++) {
      const start = performance.now()
      for (let end = at + batch; at < end; at++) sink ^= target.call(secrets[at] as Uint8Array)
      times[i] = performance.now() - start
    }
    this.#sink = sink
  }
}
