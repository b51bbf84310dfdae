import fc from 'fast-check'

/** One change of a seed, by numbers that shrink to the plainest. */
export type Edit = readonly [kind: number, at: number, value: number]

/** Which seed, and what is done to it. */
export interface Mutation {
  readonly seed: number
  readonly edits: readonly Edit[]
}

/** Values at which readers break: ends of ranges, lengths that run past the end. */
const telling = [0, 1, 2, 3, 5, 16, 17, 18, 32, 40, 60, 61, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0xff00, 0xffff]
const longest = 70_000

const edits: readonly ((bytes: Uint8Array, at: number, value: number, other: Uint8Array) => Uint8Array)[] = [
  (bytes, at, value) => set(bytes, at, (bytes[at] ?? 0) ^ (1 << (value & 7))),
  (bytes, at, value) => set(bytes, at, value),
  (bytes, at, value) => {
    const number = telling[value % telling.length] as number
    return at + 1 < bytes.length ? set(set(bytes, at, number >> 8), at + 1, number) : set(bytes, at, number)
  },
  (bytes, at) => bytes.subarray(0, at),
  (bytes, at, value) => joined(bytes.subarray(0, at), bytes.subarray(at + 1 + (value % 64))),
  (bytes, at, value) =>
    joined(bytes.subarray(0, at), new Uint8Array(1 + (value % 64)).fill(value >> 8), bytes.subarray(at)),
  (bytes, at, value) => {
    const end = at + 1 + (value % 200)
    return joined(bytes.subarray(0, end), bytes.subarray(at, end), bytes.subarray(end))
  },
  (bytes, at, value, other) => joined(bytes.subarray(0, at), other.subarray(value % (other.length + 1))),
]

function set(bytes: Uint8Array, at: number, value: number): Uint8Array {
  if (at < bytes.length) bytes[at] = value
  return bytes
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Mutations of so many seeds, for fast-check to draw, to repeat by their seed, and to shrink. */
export function mutations(seeds: number): fc.Arbitrary<Mutation> {
  const edit = fc.tuple(fc.nat(edits.length - 1), fc.nat(0xffff), fc.nat(0xffff))
  return fc.record({ seed: fc.nat(seeds - 1), edits: fc.array(edit, { maxLength: 4 }) })
}

/** The seed with its edits, in an array of its own. */
export function mutate(seeds: readonly Uint8Array[], { seed, edits: script }: Mutation): Uint8Array {
  let bytes: Uint8Array = (seeds[seed] as Uint8Array).slice()
  for (const [kind, at, value] of script) {
    const edit = edits[kind] as (typeof edits)[number]
    // Positions shrink to the start, where the header is; most of those drawn wrap around short seeds.
    bytes = edit(bytes, at % (bytes.length + 1), value, seeds[value % seeds.length] as Uint8Array)
    if (bytes.length > longest) bytes = bytes.subarray(0, longest)
  }
  return bytes
}
