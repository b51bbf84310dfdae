import { randomFillSync } from 'node:crypto'
import { type Leak, leakOf } from './welch.ts'

/** Something whose time must not depend on its secret; or does, to show that the harness sees it. */
export interface Target {
  readonly name: string
  /** Bytes of the secret that a call takes. */
  readonly length: number
  /** Calls in one measurement, so that the clock resolves it. */
  readonly batch: number
  /** Of the first class, the same in every call. */
  readonly fixed: Uint8Array
  /** Writes a secret of the second class; random bytes unless given. */
  readonly random?: (secret: Uint8Array) => void
  /**
   * What one class may take longer, as a part of a call's time, also where t says that it does: because the processor, not the code, tells
   * classes apart (docs/decisions/constant-time.md says how that was found).
   */
  readonly within?: number
  call(secret: Uint8Array): number
}

/** What a run measured. */
export interface Run {
  readonly leak: Leak
  /** Nanoseconds a call that the second class takes longer. */
  readonly difference: number
  /** Nanoseconds a call, the median. */
  readonly time: number
}

const blockLength = 64
const warmUp = 20_000

/**
 * One run over a target: measurements of the two classes in random order. Nothing but the secret's bytes differs between them: both
 * are written by the same instructions, and each is copied to the same place before the clock starts.
 * @param measurements without those that warm up
 */
export function measure(target: Target, measurements: number): Run {
  const block = new Block(target)
  for (let n = 0; n < warmUp; n += blockLength) block.run()
  const whole = Math.ceil(measurements / blockLength) * blockLength
  const times = new Float64Array(whole)
  const classes = new Uint8Array(whole)
  for (let n = 0; n < whole; n += blockLength) {
    block.run()
    times.set(block.times, n)
    classes.set(block.classes, n)
  }
  const leak = leakOf(times, classes)
  const nanoseconds = 1e6 / target.batch
  return { leak, difference: leak.difference * nanoseconds, time: leak.median * nanoseconds }
}

class Block {
  /** 0 or 1 for each measurement. */
  readonly classes = new Uint8Array(blockLength)
  /** Milliseconds. */
  readonly times = new Float64Array(blockLength)
  readonly #target: Target
  readonly #drawn: Uint8Array
  readonly #fixed: Uint8Array
  /** A measurement's secrets, where calls read them. */
  readonly #place: Uint8Array
  readonly #placed: readonly Uint8Array[]
  #sink = 0

  constructor(target: Target) {
    const { length, batch, fixed } = target
    this.#target = target
    this.#drawn = new Uint8Array(blockLength * batch * length)
    this.#place = new Uint8Array(batch * length)
    this.#placed = Array.from({ length: batch }, (_, i) => this.#place.subarray(i * length, (i + 1) * length))
    this.#fixed = new Uint8Array(batch * length)
    for (let i = 0; i < batch; i++) this.#fixed.set(fixed, i * length)
  }

  run(): void {
    this.#draw()
    const { batch } = this.#target
    const [target, placed, times] = [this.#target, this.#placed, this.times]
    let sink = this.#sink
    for (let i = 0; i < blockLength; i++) {
      this.#choose(i)
      const start = performance.now()
      for (let call = 0; call < batch; call++) sink ^= target.call(placed[call] as Uint8Array)
      times[i] = performance.now() - start
    }
    this.#sink = sink
  }

  #draw(): void {
    const { length, random } = this.#target
    randomFillSync(this.classes)
    for (let i = 0; i < blockLength; i++) this.classes[i] = (this.classes[i] as number) & 1
    randomFillSync(this.#drawn)
    if (random === undefined) return
    for (let at = 0; at < this.#drawn.length; at += length) random(this.#drawn.subarray(at, at + length))
  }

  /** Puts a measurement's secrets into their place: by a mask, since a branch on the class would be remembered by the predictor. */
  #choose(measurement: number): void {
    const [place, drawn, fixed] = [this.#place, this.#drawn, this.#fixed]
    const first = measurement * place.length
    const mask = -(this.classes[measurement] as number)
    for (let i = 0; i < place.length; i++) {
      place[i] = ((drawn[first + i] as number) & mask) | ((fixed[i] as number) & ~mask)
    }
  }
}
