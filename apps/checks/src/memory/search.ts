import { closeSync, openSync, readSync } from 'node:fs'
import type { Pattern } from './secrets.ts'

/** Where a pattern stands. */
export interface Hit {
  readonly pattern: Pattern
  readonly offset: number
}

/** Looks for many patterns in one pass. */
export class Search {
  readonly #byStart = new Map<number, Pattern[]>()
  readonly #starts = new Uint8Array(65_536)
  readonly #longest: number

  constructor(patterns: readonly Pattern[]) {
    for (const pattern of patterns) {
      const start = (pattern.bytes[0] as number) | ((pattern.bytes[1] as number) << 8)
      this.#starts[start] = 1
      this.#byStart.set(start, [...(this.#byStart.get(start) ?? []), pattern])
    }
    this.#longest = Math.max(...patterns.map(({ bytes }) => bytes.length))
  }

  /** @param base added to the offsets of what is found */
  memory(bytes: Uint8Array, base = 0): Hit[] {
    const hits: Hit[] = []
    const starts = this.#starts
    for (let i = 0, second = bytes[0] ?? 0; i + 1 < bytes.length; i++) {
      const first = second
      second = bytes[i + 1] as number
      if (starts[first | (second << 8)] === 0) continue
      for (const pattern of this.#byStart.get(first | (second << 8)) as Pattern[]) {
        const { length } = pattern.bytes
        if (i + length > bytes.length) continue
        if (Buffer.compare(bytes.subarray(i, i + length), pattern.bytes) === 0) hits.push({ pattern, offset: base + i })
      }
    }
    return hits
  }

  /** The same in a file of any size. */
  file(path: string): Hit[] {
    const hits: Hit[] = []
    const file = openSync(path, 'r')
    const overlap = this.#longest - 1
    const buffer = new Uint8Array(overlap + 2 ** 24)
    try {
      let kept = 0
      for (let at = 0; ; ) {
        const read = readSync(file, buffer, kept, buffer.length - kept, null)
        if (read === 0) return unique(hits)
        hits.push(...this.memory(buffer.subarray(0, kept + read), at - kept))
        at += read
        const next = Math.min(overlap, kept + read)
        buffer.copyWithin(0, kept + read - next, kept + read)
        kept = next
      }
    } finally {
      closeSync(file)
    }
  }
}

function unique(hits: readonly Hit[]): Hit[] {
  return [...new Map(hits.map((hit) => [`${hit.offset} ${hit.pattern.form} ${hit.pattern.secret}`, hit])).values()]
}

/** `root key (base64 ×2, raw ×1)`, … */
export function summary(hits: readonly Hit[]): string {
  const secrets = new Map<string, Map<string, number>>()
  for (const { pattern } of hits) {
    const forms = secrets.get(pattern.secret) ?? new Map<string, number>()
    secrets.set(pattern.secret, forms.set(pattern.form, (forms.get(pattern.form) ?? 0) + 1))
  }
  return [...secrets]
    .map(([secret, forms]) => `${secret} (${[...forms].map(([form, count]) => `${form} ×${count}`).join(', ')})`)
    .join('; ')
}
