import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RandomAccess } from '../../src/envelope/random-access.ts'
import {
  beginOpening,
  blobSource,
  keyOpener,
  keyRecipient,
  noContext,
  openRandomAccess,
  parseUuid,
  prepareRecordKey,
  prepareVersionKey,
  type RandomAccessOptions,
  type RandomAccessSource,
  type RecordKey,
  rootKeyHolder,
  sealEnvelope,
} from '../../src/envelope.ts'
import { Secret } from '../../src/index.ts'
import { newKms } from '../kms/memory-kms.ts'
import { primitives, slots } from './backend.ts'

const context = { object: 'scan-7' }
const holder = rootKeyHolder(Secret.take(new Uint8Array(32).fill(5)), primitives)
const opening = { context, openers: [keyOpener(holder, { primitives })], primitives, slots }
const pattern = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 31) % 251)
const code = (expected: string) => expect.objectContaining({ code: expected })
const seal = (plaintext: Uint8Array, suite: 1 | 2 = 1): Promise<Uint8Array> =>
  sealEnvelope(plaintext, { context, recipients: [keyRecipient(holder, { primitives })], primitives, slots, suite })

function recordKey(suite: 1 | 2 = 1, version = 1): RecordKey {
  const material = slots.importKey(new Uint8Array(32).fill(7))
  const keyId = parseUuid('7bd5d47e-446f-4ec2-a3d8-11736110e578')
  const key = prepareRecordKey(slots, material, { keyId, version, suite })
  slots.release(material)
  return key
}

const byKey = (key: RecordKey): RandomAccessOptions => ({
  context,
  key: { beginOpening: (start, given) => key.beginOpening(primitives, start, given) },
})

/** A source that keeps count of what is read. */
function counting(bytes: Uint8Array): RandomAccessSource & { reads: [number, number][]; closed: number } {
  const reads: [number, number][] = []
  return {
    reads,
    closed: 0,
    length: bytes.length,
    async read(offset, length) {
      reads.push([offset, length])
      if (offset < 0 || length < 1 || offset + length > bytes.length)
        throw new Error(`read outside: ${offset} ${length}`)
      return bytes.slice(offset, offset + length)
    },
    async close() {
      this.closed++
    },
  }
}

describe('a range', () => {
  test('is what slice gives of the whole, in modes 0 and 2 and both suites [E-24]', async () => {
    const length = fc.oneof(fc.nat(60_000), fc.constantFrom(0, 1, 16_383, 16_384, 16_385, 32_768, 49_152))
    const place = fc.integer({ min: -70_000, max: 70_000 })
    await fc.assert(
      fc.asyncProperty(
        length,
        place,
        place,
        fc.constantFrom(1 as const, 2 as const),
        fc.boolean(),
        async (n, start, end, suite, toKey) => {
          const plaintext = pattern(n)
          const key = recordKey(suite)
          const envelope = toKey ? key.seal(plaintext, context) : await seal(plaintext, suite)
          const file = await openRandomAccess(counting(envelope), toKey ? byKey(key) : opening)
          expect(file.length).toBe(n)
          expect(Buffer.compare(await file.openRange(start, end), plaintext.slice(start, end))).toBe(0)
          expect(Buffer.compare(await file.openRange(start), plaintext.slice(start))).toBe(0)
          await file.close()
          key.release()
        },
      ),
      { numRuns: 80 },
    )
  })

  test('of 1 KiB reads two chunks at most, after header and last chunk, which are read once', async () => {
    const envelope = await seal(pattern(100 * 16_384 + 77))
    const source = counting(envelope)
    const file = await openRandomAccess(source, opening)
    const bodyAt = envelope.length - (100 * 16_400 + 93)
    expect(source.reads).toEqual([
      [0, 4096],
      [bodyAt + 100 * 16_400, 93],
    ])
    for (const [at, chunks] of [
      [0, 1],
      [16_384 - 1024, 1],
      [16_384 - 1, 2],
      [50 * 16_384 - 512, 2],
      [99 * 16_384, 1],
    ] as const) {
      source.reads.length = 0
      expect(await file.openRange(at, at + 1024)).toHaveLength(1024)
      expect(source.reads).toEqual([[bodyAt + Math.floor(at / 16_384) * 16_400, chunks * 16_400]])
    }
    source.reads.length = 0
    expect(await file.openRange(-100)).toEqual(pattern(100 * 16_384 + 77).slice(-100))
    expect(await file.openRange(200, 100)).toHaveLength(0)
    expect(await file.openRange(1 << 30, (1 << 30) + 1)).toHaveLength(0)
    expect(source.reads).toHaveLength(1)
  })

  test('of more bytes than an array holds is refused before anything is read', async () => {
    const envelope = await seal(pattern(10))
    const source = counting(envelope)
    const vast = new RandomAccess(source, await beginOpening(envelope, opening), 2 ** 50)
    await expect(vast.openRange(0)).rejects.toMatchObject({ code: 'limit-exceeded' })
    expect(source.reads).toEqual([])
  })

  test('of many chunks is read in steps of a mebibyte', async () => {
    const plaintext = pattern(200 * 16_384)
    const source = counting(await seal(plaintext))
    const file = await openRandomAccess(source, opening)
    source.reads.length = 0
    expect(Buffer.compare(await file.openRange(0), plaintext)).toBe(0)
    expect(Math.max(...source.reads.map(([, length]) => length))).toBe(64 * 16_400)
  })

  test('of a header longer than the first read works as any other', async () => {
    const recipients = Array.from({ length: 200 }, () => keyRecipient(holder, { primitives }))
    const plaintext = pattern(20_000)
    const envelope = await sealEnvelope(plaintext, { context, recipients, primitives, slots })
    const file = await openRandomAccess(counting(envelope), opening)
    expect(await file.openRange(16_000, 17_000)).toEqual(plaintext.slice(16_000, 17_000))
  })

  test('in a changed chunk fails and gives nothing; others still open', async () => {
    const plaintext = pattern(5 * 16_384 + 9)
    const envelope = await seal(plaintext)
    const bodyAt = envelope.length - (5 * 16_400 + 25)
    envelope[bodyAt + 2 * 16_400 + 5]! ^= 1
    const file = await openRandomAccess(counting(envelope), opening)
    await expect(file.openRange(0)).rejects.toEqual(code('authentication-failed'))
    await expect(file.openRange(2 * 16_384 + 9_000, 2 * 16_384 + 9_001)).rejects.toEqual(code('authentication-failed'))
    expect(await file.openRange(3 * 16_384, 4 * 16_384)).toEqual(plaintext.slice(3 * 16_384, 4 * 16_384))
  })
})

describe('random access', () => {
  test('finds out an envelope cut or extended anywhere, before any range [E-24]', async () => {
    const envelope = await seal(pattern(2 * 16_384 + 300))
    const bodyAt = envelope.length - (2 * 16_400 + 316)
    for (const length of [
      bodyAt + 1,
      bodyAt + 15,
      bodyAt + 16,
      bodyAt + 16_399,
      bodyAt + 16_400,
      bodyAt + 32_800,
      bodyAt + 32_815,
      bodyAt + 32_816,
      envelope.length - 1,
    ]) {
      const source = counting(envelope.slice(0, length))
      await expect(openRandomAccess(source, opening), `${length}`).rejects.toEqual(code('authentication-failed'))
      expect(source.closed).toBe(1)
    }
    for (const more of [1, 16, 16_400]) {
      const longer = counting(Buffer.concat([envelope, new Uint8Array(more)]))
      await expect(openRandomAccess(longer, opening), `${more} more`).rejects.toEqual(code('authentication-failed'))
    }
    // A source that claims more than there is.
    const claims = { ...counting(envelope), length: envelope.length + 100, read: async () => envelope.slice(0, 4096) }
    await expect(openRandomAccess(claims, opening)).rejects.toEqual(code('authentication-failed'))
  })

  test('of chunks in another order fails where they were moved', async () => {
    const envelope = await seal(pattern(3 * 16_384 + 300))
    const bodyAt = envelope.length - (3 * 16_400 + 316)
    const first = envelope.slice(bodyAt, bodyAt + 16_400)
    envelope.copyWithin(bodyAt, bodyAt + 16_400, bodyAt + 32_800)
    envelope.set(first, bodyAt + 16_400)
    const file = await openRandomAccess(counting(envelope), opening)
    for (const at of [0, 16_384])
      await expect(file.openRange(at, at + 1)).rejects.toEqual(code('authentication-failed'))
  })

  test('refuses as any opening does, in that order, and what is deterministic [E-35]', async () => {
    const key = recordKey()
    const sealed = key.seal(pattern(100), context)
    const toRecipients = await seal(pattern(100))
    const cases: readonly (readonly [Uint8Array, RandomAccessOptions, string])[] = [
      [sealed, { ...byKey(key), context: {} }, 'invalid-context'],
      [new Uint8Array(0), opening, 'malformed'],
      [toRecipients.slice(0, 50), opening, 'malformed'],
      [pattern(500), opening, 'unsupported'],
      [sealed, opening, 'authentication-failed'],
      [toRecipients, byKey(key), 'authentication-failed'],
      [sealed, byKey(recordKey(1, 2)), 'no-matching-key'],
      [toRecipients, { ...opening, openers: [] }, 'no-matching-key'],
      [sealed, { ...byKey(key), context: noContext }, 'authentication-failed'],
      [sealed.slice(0, 60), byKey(key), 'authentication-failed'],
      [sealed, byKey(recordKey(2)), 'authentication-failed'],
    ]
    for (const [bytes, options, expected] of cases) {
      await expect(openRandomAccess(counting(bytes), options), expected).rejects.toEqual(code(expected))
    }
    // Mode 1 has no ranges.
    const deterministic = sealed.slice()
    deterministic[5] = 1
    await expect(openRandomAccess(counting(deterministic), byKey(key))).rejects.toEqual(code('unsupported'))
  })

  test('of a version key takes either suite', async () => {
    const keyId = parseUuid('7bd5d47e-446f-4ec2-a3d8-11736110e578')
    const version = prepareVersionKey(slots, slots.importKey(new Uint8Array(32).fill(7)), { keyId, version: 1 })
    for (const suite of [1, 2] as const) {
      const envelope = version.recordOf(suite).seal(pattern(20_000), context)
      const key = { beginOpening: version.beginOpening.bind(version, primitives) }
      const file = await openRandomAccess(counting(envelope), { key, context })
      expect(await file.openRange(-5)).toEqual(pattern(20_000).slice(-5))
    }
    version.release()
  })

  test('ends when it is closed', async () => {
    const source = counting(await seal(pattern(100)))
    const file = await openRandomAccess(source, opening)
    await expect(file.openRange(0.5)).rejects.toEqual(code('invalid-argument'))
    await file.close()
    expect(source.closed).toBe(1)
    await expect(file.openRange(0, 1)).rejects.toEqual(code('closed'))
  })

  test('of what a key of a Kms sealed takes its handle, also after a rotation', async () => {
    const { kms } = await newKms()
    await kms.keys.create('scans')
    const plaintext = pattern(40_000)
    const envelope = await kms.encrypt(plaintext, { key: 'scans', context })
    await kms.keys.rotate('scans')
    const key = await kms.use('scans')
    const file = await openRandomAccess(blobSource(new Blob([envelope as Uint8Array<ArrayBuffer>])), { key, context })
    expect(await file.openRange(16_380, 16_390)).toEqual(plaintext.slice(16_380, 16_390))
    const other = await kms.encrypt('x', { key: (await kms.keys.create('other')).name, context })
    await expect(openRandomAccess(counting(other), { key, context })).rejects.toEqual(code('no-matching-key'))
    key.release()
    await expect(openRandomAccess(counting(envelope), { key, context })).rejects.toEqual(code('closed'))
    await kms.close()
  })
})
