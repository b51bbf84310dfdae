/**
 * A map that forgets what was not set for long: at least the latest half of its limit is there, and at most all of it. Two generations,
 * of which the elder is dropped as a whole: removing single entries from the start of a large Map takes ever longer to find that start.
 */
export class Recent<V> {
  readonly #half: number
  readonly #weigh: (value: V) => number
  #young = new Map<string, V>()
  #old = new Map<string, V>()
  #weight = 0

  /** @param limit of the weights of all values together, each 1 unless `weigh` says otherwise */
  constructor(limit: number, weigh: (value: V) => number = () => 1) {
    this.#half = limit / 2
    this.#weigh = weigh
  }

  get(key: string): V | undefined {
    return this.#young.get(key) ?? this.#old.get(key)
  }

  set(key: string, value: V): void {
    const before = this.#young.get(key)
    this.#young.set(key, value)
    this.#weight += this.#weigh(value) - (before === undefined ? 0 : this.#weigh(before))
    if (this.#weight < this.#half) return
    this.#old = this.#young
    this.#young = new Map()
    this.#weight = 0
  }
}
