/**
 * States that were met, by 63 bits of each. Two that share them would be taken for one: of ten million states, once in some
 * hundred thousand runs.
 */
export class Seen {
  #size = 0
  #capacity = 2 ** 20
  #high = new Uint32Array(this.#capacity)
  #low = new Uint32Array(this.#capacity)

  get size(): number {
    return this.#size
  }

  /** @returns whether it is new */
  add(words: readonly number[]): boolean {
    let [a, b] = [0x9e3779b9, 0x7f4a7c15]
    for (const word of words) {
      a = Math.imul(a ^ word, 0x85ebca6b)
      a ^= a >>> 13
      b = Math.imul(b + word, 0xc2b2ae35) ^ a
      b ^= b >>> 16
    }
    a = Math.imul(a ^ (b >>> 15), 0x2c1b3c6d)
    a ^= a >>> 16
    // Zero marks a free place.
    const added = this.#put(a >>> 0, (b | 1) >>> 0)
    if (added && ++this.#size * 2 > this.#capacity) this.#grow()
    return added
  }

  #put(high: number, low: number): boolean {
    const mask = this.#capacity - 1
    for (let at = high & mask; ; at = (at + 1) & mask) {
      if (this.#low[at] === 0) {
        this.#high[at] = high
        this.#low[at] = low
        return true
      }
      if (this.#high[at] === high && this.#low[at] === low) return false
    }
  }

  #grow(): void {
    const [high, low] = [this.#high, this.#low]
    this.#capacity *= 2
    this.#high = new Uint32Array(this.#capacity)
    this.#low = new Uint32Array(this.#capacity)
    for (const [at, value] of low.entries()) if (value !== 0) this.#put(high[at] as number, value)
  }
}
