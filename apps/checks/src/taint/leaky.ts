// The shipped module with one export made to leak, to show that the pass sees it.

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)]
}

/** Reads LEB128. @returns the value, and where what follows starts */
function read(bytes: Uint8Array, at: number): [number, number] {
  let [value, next] = [0, at]
  for (let scale = 1; ; scale *= 128) {
    const byte = bytes[next++] as number
    value += (byte & 127) * scale
    if (byte < 128) return [value, next]
  }
}

/** Puts another body in place of a function's. */
function withBody(bytes: Uint8Array, index: number, body: readonly number[]): Uint8Array<ArrayBuffer> {
  for (let at = 8; at < bytes.length; ) {
    const [length, start] = read(bytes, at + 1)
    if (bytes[at] !== 10) {
      at = start + length
      continue
    }
    let [, from] = read(bytes, start)
    for (let i = 0; i < index; i++) {
      const [size, code] = read(bytes, from)
      from = code + size
    }
    const [size, code] = read(bytes, from)
    const before = [...bytes.subarray(start, from)]
    const content = [...before, ...unsigned(body.length), ...body, ...bytes.subarray(code + size, start + length)]
    return Uint8Array.from([
      ...bytes.subarray(0, at + 1),
      ...unsigned(content.length),
      ...content,
      ...bytes.subarray(start + length),
    ])
  }
  throw new Error('The module has no code.')
}

export type Mutant = 'early-exit' | 'table' | 'no-wipe'

interface Places {
  readonly inAt: number
  readonly outAt: number
  readonly keyAt: number
}

const bodies: Readonly<Record<Mutant, { readonly of: string; body(places: Places): readonly number[] }>> = {
  /** equal(length): for (i = 0; i < length; i++) if (IN[i] != IN[length + i]) return 0; return 1 */
  'early-exit': {
    of: 'equal',
    body: ({ inAt }) => [
      ...[1, 1, 0x7f, 0x03, 0x40], // one local, i; loop
      ...[0x20, 1, 0x20, 0, 0x4f, 0x04, 0x40, 0x41, 1, 0x0f, 0x0b], // if i ≥ length return 1
      ...[0x20, 1, 0x2d, 0, ...unsigned(inAt), 0x20, 1, 0x20, 0, 0x6a, 0x2d, 0, ...unsigned(inAt)],
      ...[0x47, 0x04, 0x40, 0x41, 0, 0x0f, 0x0b], // if they differ return 0
      ...[0x20, 1, 0x41, 1, 0x6a, 0x21, 1, 0x0c, 0, 0x0b, 0x41, 1, 0x0b],
    ],
  },
  /** keyWrap(…): looks the KEK's first byte up in a table in memory, as AES by tables does. */
  table: {
    of: 'keyWrap',
    body: ({ keyAt, outAt }) => [
      ...[0, 0x41, 0, 0x41, 0, 0x2d, 0, ...unsigned(keyAt), 0x2d, 0, ...unsigned(1024)],
      ...[0x3a, 0, ...unsigned(outAt), 0x20, 1, 0x41, 8, 0x6a, 0x0b],
    ],
  },
  /** wipeOut(length): nothing. */
  'no-wipe': { of: 'wipeOut', body: () => [0, 0x0b] },
}

export const mutants: readonly Mutant[] = ['early-exit', 'table', 'no-wipe']

/** The module with that leak. @param exports the shipped module's */
export function leaky(
  bytes: Uint8Array,
  mutant: Mutant,
  functions: ReadonlyMap<string, number>,
  places: Places,
): Uint8Array<ArrayBuffer> {
  const { of, body } = bodies[mutant]
  return withBody(bytes, functions.get(of) as number, body(places))
}
