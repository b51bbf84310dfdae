import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  keyOpener,
  keyRecipient,
  type OpenOptions,
  openEnvelope,
  openStream,
  type PieceOptions,
  rootKeyHolder,
  type SealOptions,
  sealEnvelope,
  sealStream,
} from '../../src/envelope.ts'
import { type Primitives, Secret } from '../../src/index.ts'
import { primitives, slots } from './backend.ts'

const holder = rootKeyHolder(Secret.take(new Uint8Array(32).fill(5)), primitives)
const sealing: SealOptions = {
  context: { tenant: 'acme' },
  recipients: [keyRecipient(holder, { primitives })],
  primitives,
  slots,
}
const opening: OpenOptions = {
  context: { tenant: 'acme' },
  openers: [keyOpener(holder, { primitives })],
  primitives,
  slots,
}
const pattern = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 31) % 251)
const code = (expected: string) => expect.objectContaining({ code: expected })

/** A source that gives its pieces one by one when asked, and says what became of it. */
function source(pieces: readonly Uint8Array[]) {
  const seen = { pulled: 0, cancelled: undefined as unknown }
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const piece = pieces[seen.pulled]
        if (piece === undefined) return controller.close()
        seen.pulled++
        controller.enqueue(piece)
      },
      cancel(reason) {
        seen.cancelled = reason ?? 'cancelled'
      },
    },
    { highWaterMark: 0 },
  )
  return { stream, seen }
}

const cut = (bytes: Uint8Array, length: number): Uint8Array[] =>
  Array.from({ length: Math.ceil(bytes.length / length) }, (_, i) => bytes.slice(i * length, (i + 1) * length))

/** All that a stream gives, and the error it ends in, if it does. */
async function drained(stream: ReadableStream<Uint8Array>): Promise<{ bytes: Uint8Array; error?: unknown }> {
  const all: Uint8Array[] = []
  try {
    for await (const piece of stream) all.push(piece)
    return { bytes: Buffer.concat(all) }
  } catch (error) {
    return { bytes: Buffer.concat(all), error }
  }
}

const seal = (pieces: readonly Uint8Array[], more: Partial<SealOptions & PieceOptions> = {}) =>
  drained(sealStream(source(pieces).stream, { ...sealing, ...more }))
const open = (pieces: readonly Uint8Array[], more: PieceOptions = {}) =>
  drained(openStream(source(pieces).stream, { ...opening, ...more }))

/** Keeps each key that chunks are sealed or opened with, to see later that it was wiped. */
function watchingKeys(): { primitives: Primitives; keys: Uint8Array[] } {
  const keys: Uint8Array[] = []
  const keep = (key: Uint8Array): void => void (keys.includes(key) || keys.push(key))
  return {
    keys,
    primitives: {
      ...primitives,
      aeadSeal(aead, key, ...rest) {
        keep(key)
        return primitives.aeadSeal(aead, key, ...rest)
      },
      aeadOpen(aead, key, ...rest) {
        keep(key)
        return primitives.aeadOpen(aead, key, ...rest)
      },
    },
  }
}

describe('a stream', () => {
  test('is the same envelope, whatever the pieces on either side, in both suites', async () => {
    const size = fc.oneof(fc.nat(70_000), fc.constantFrom(0, 1, 16_383, 16_384, 16_385, 32_768, 49_152))
    const piece = fc.oneof(fc.integer({ min: 1, max: 70_000 }), fc.constantFrom(16_384, 16_400))
    await fc.assert(
      fc.asyncProperty(size, piece, piece, fc.constantFrom(1 as const, 2 as const), async (n, first, second, suite) => {
        const plaintext = pattern(n)
        const { bytes: envelope } = await seal(cut(plaintext, first), { suite })
        expect(Buffer.compare(await openEnvelope(envelope, opening), plaintext)).toBe(0)
        const opened = await open(cut(envelope, second))
        expect(opened.error).toBeUndefined()
        expect(Buffer.compare(opened.bytes, plaintext)).toBe(0)
      }),
      { numRuns: 60 },
    )
  })

  test('takes single bytes, empty pieces, and a piece of several mebibytes', async () => {
    const small = pattern(300)
    const { bytes: envelope } = await seal(cut(small, 1).flatMap((piece) => [piece, new Uint8Array(0)]))
    expect((await open(cut(envelope, 1))).bytes).toEqual(Buffer.from(small))
    const large = pattern((2 << 20) + 77)
    const sealed = await seal([large])
    expect(Buffer.compare((await open([sealed.bytes])).bytes, large)).toBe(0)
  })

  test('that ends early, at any chunk or inside of one, gives only what is genuine and ends in an error [E-95]', async () => {
    const plaintext = pattern(3 * 16_384 + 500)
    const envelope = await sealEnvelope(plaintext, sealing)
    const start = envelope.length - (3 * 16_400 + 516)
    const lengths = [
      0, 1, 7, 60, start - 56, start - 1, start,
      ...[1, 2, 3].flatMap((chunks) => [-16_399, -1, 0, 1, 15, 16, 17].map((off) => start + chunks * 16_400 + off)),
      envelope.length - 17, envelope.length - 16, envelope.length - 1,
    ] // biome-ignore format: one row a place
    for (const length of lengths) {
      const { bytes, error } = await open(cut(envelope.subarray(0, length), 5_000))
      const headerMissing = length < start - 56
      expect(error, `${length} bytes`).toEqual(code(headerMissing ? 'malformed' : 'authentication-failed'))
      expect(Buffer.compare(bytes, plaintext.subarray(0, bytes.length)), `${length} bytes`).toBe(0)
      expect(bytes.length % 16_384, 'whole chunks').toBe(0)
    }
  })

  test('with trailing bytes, or chunks swapped, doubled, dropped or of another message, ends in an error [E-94]', async () => {
    const plaintext = pattern(4 * 16_384 + 500)
    const [envelope, other] = [await sealEnvelope(plaintext, sealing), await sealEnvelope(plaintext, sealing)]
    const at = envelope.length - (4 * 16_400 + 516)
    const start = envelope.subarray(0, at)
    const chunks = cut(envelope.subarray(at), 16_400)
    const [a, b, c, d, last] = chunks as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array]
    const bad: Readonly<Record<string, Uint8Array[]>> = {
      'a byte more': [envelope, Uint8Array.of(0)],
      'a chunk more': [envelope, a],
      swapped: [start, b, a, c, d, last],
      doubled: [start, a, a, b, c, d, last],
      dropped: [start, a, c, d, last],
      'without the first': [start, b, c, d, last],
      'last first': [start, last, a, b, c, d],
      'of another message': [start, a, cut(other.subarray(at), 16_400)[1] as Uint8Array, c, d, last],
    }
    expect((await open([start, ...chunks])).error).toBeUndefined()
    for (const [what, pieces] of Object.entries(bad)) {
      const { bytes, error } = await open(pieces)
      expect(error, what).toEqual(code('authentication-failed'))
      expect(Buffer.compare(bytes, plaintext.subarray(0, bytes.length)), what).toBe(0)
    }
  })

  test('reads no more than its reader asks for, and nothing before', async () => {
    const { stream, seen } = source(cut(pattern(100 * 16_384), 16_384))
    const reader = sealStream(stream, sealing).getReader()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(seen.pulled).toBe(0)
    for (let i = 0; i < 4; i++) await reader.read()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(seen.pulled).toBe(3)
    await reader.cancel()
  })

  test('says how far it is', async () => {
    const told: number[] = []
    await seal(cut(pattern(50_000), 20_000), { onProgress: (done) => told.push(done) })
    expect(told).toEqual([20_000, 40_000, 50_000])
  })

  test('refuses pieces that are no bytes', async () => {
    const strings = new ReadableStream({ start: (controller) => controller.enqueue('text') })
    expect((await drained(sealStream(strings as ReadableStream<Uint8Array>, sealing))).error).toEqual(
      code('invalid-argument'),
    )
  })
})

describe('a stream given up', () => {
  test('by its reader: the source is cancelled with the reason, and the key is wiped', async () => {
    const watched = watchingKeys()
    const { stream, seen } = source(cut(pattern(100_000), 20_000))
    const reader = sealStream(stream, { ...sealing, primitives: watched.primitives }).getReader()
    for (let i = 0; i < 3; i++) await reader.read()
    expect(watched.keys).toHaveLength(1)
    expect(watched.keys[0]?.some((byte) => byte !== 0)).toBe(true)
    await reader.cancel('enough')
    expect(seen.cancelled).toBe('enough')
    expect(watched.keys[0]?.every((byte) => byte === 0)).toBe(true)
  })

  test('by an abort, also while the source gives nothing: it ends in `aborted`, without an end that could be taken for whole', async () => {
    const watched = watchingKeys()
    const stop = new AbortController()
    let cancelled: unknown
    let given = 0
    const stuck = new ReadableStream<Uint8Array>({
      pull: (controller) => (given++ === 0 ? controller.enqueue(pattern(40_000)) : new Promise(() => {})),
      cancel: (reason) => {
        cancelled = reason
      },
    })
    const sealed = drained(sealStream(stuck, { ...sealing, primitives: watched.primitives, signal: stop.signal }))
    setTimeout(() => stop.abort(), 30)
    const { bytes, error } = await sealed
    expect(error).toEqual(code('aborted'))
    expect(cancelled).toEqual(code('aborted'))
    await expect(openEnvelope(bytes, opening)).rejects.toEqual(code('authentication-failed'))
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(watched.keys[0]?.every((byte) => byte === 0)).toBe(true)
    const before = source([pattern(10)])
    expect((await drained(sealStream(before.stream, { ...sealing, signal: stop.signal }))).error).toEqual(
      code('aborted'),
    )
    expect(before.seen.pulled).toBe(0)
  })

  test('by an error of its source: it errors the same, and the key is wiped', async () => {
    for (const [work, options] of [
      [sealStream, sealing],
      [openStream, opening],
    ] as const) {
      const watched = watchingKeys()
      const bytes = work === sealStream ? pattern(150_000) : await sealEnvelope(pattern(150_000), sealing)
      const pieces = cut(bytes, 70_000)
      let i = 0
      const broken = new ReadableStream<Uint8Array>({
        pull(controller) {
          const piece = i < 2 ? pieces[i++] : undefined
          if (piece === undefined) controller.error(new Error('the network went away'))
          else controller.enqueue(piece)
        },
      })
      const stream = (work as typeof sealStream)(broken, { ...options, primitives: watched.primitives } as SealOptions)
      const { error } = await drained(stream)
      expect(error).toMatchObject({ message: 'the network went away' })
      expect(watched.keys.length).toBeGreaterThan(0)
      expect(watched.keys.every((key) => key.every((byte) => byte === 0))).toBe(true)
    }
  })

  test('because it does not open: the source is cancelled, and nothing unchecked is given', async () => {
    const envelope = await sealEnvelope(pattern(200_000), sealing)
    const { stream, seen } = source(cut(envelope, 70_000))
    const { bytes, error } = await drained(openStream(stream, { ...opening, context: { tenant: 'other' } }))
    expect(error).toEqual(code('authentication-failed'))
    expect(bytes).toHaveLength(0)
    expect(seen.cancelled).toEqual(code('authentication-failed'))
  })
})
