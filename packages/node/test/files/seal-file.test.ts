import { appendFileSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { keyRoot, noContext } from '@kms/core'
import { encryptedLength, openEnvelope, recipientLengths } from '@kms/core/envelope'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { backendParts } from '../../src/backend.ts'
import { openPieces, sealPieces } from '../../src/files/pieces.ts'
import { openFile, sealFile } from '../../src/files/seal-file.ts'
import { temporaryFolder } from '../folder.ts'

const at = temporaryFolder()
const parts = backendParts()
const root = keyRoot(Uint8Array.from({ length: 32 }, (_, i) => 7 * i + 130))
const context = { file: 'notes' }
const sealing = { recipients: [root.recipient(parts.primitives)], context }
const opening = { openers: [root.opener(parts.primitives)], context }
const pattern = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 31) % 251)
const headerLength = 40 + recipientLengths.key

async function* inPieces(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  // One buffer for all pieces, as many sources have it.
  const buffer = new Uint8Array(length)
  for (let i = 0; i < bytes.length; i += length) {
    const piece = bytes.subarray(i, i + length)
    buffer.set(piece)
    yield buffer.subarray(0, piece.length)
  }
}

async function collected(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(piece)
  return new Uint8Array(Buffer.concat(all))
}

describe('a file', () => {
  test.each([0, 1, 16_383, 16_384, 65_536, (1 << 20) - 1, 1 << 20, (3 << 20) + 5])(
    'of %i bytes is sealed and opened',
    async (length) => {
      const plaintext = pattern(length)
      writeFileSync(at('in'), plaintext)
      await sealFile(at('in'), at('in.kms'), sealing)
      const envelope = new Uint8Array(readFileSync(at('in.kms')))
      expect(envelope).toHaveLength(encryptedLength(length, [recipientLengths.key]))
      expect(Buffer.compare(await openEnvelope(envelope, { ...parts, ...opening }), plaintext)).toBe(0)
      await openFile(at('in.kms'), at('out'), opening)
      expect(Buffer.compare(readFileSync(at('out')), plaintext)).toBe(0)
      for (const name of ['in.kms', 'out']) expect(statSync(at(name)).mode & 0o777).toBe(0o600)
      expect(readdirSync(at()).sort()).toEqual(['in', 'in.kms', 'out'])
    },
  )

  test('that was changed, cut or extended does not open, and leaves nothing', async () => {
    const length = 3 * 16_384 + 100
    writeFileSync(at('in'), pattern(length))
    await sealFile(at('in'), at('whole'), sealing)
    const whole = readFileSync(at('whole'))
    const last = whole.length - 116
    const damage: Readonly<Record<string, () => void>> = {
      'a bit of the mac': () => flip(headerLength - 1),
      'a bit of the salt': () => flip(headerLength),
      'a bit of the first chunk': () => flip(headerLength + 56),
      'a bit of the last chunk': () => flip(whole.length - 20),
      'the last byte': () => truncateSync(at('damaged'), whole.length - 1),
      'the last chunk': () => truncateSync(at('damaged'), last),
      'all but the first chunk': () => truncateSync(at('damaged'), headerLength + 56 + 16_400),
      'the whole body': () => truncateSync(at('damaged'), headerLength),
      'a byte more': () => appendFileSync(at('damaged'), Uint8Array.of(0)),
    }
    const flip = (i: number): void => {
      const bytes = readFileSync(at('damaged'))
      bytes[i] = (bytes[i] as number) ^ 1
      writeFileSync(at('damaged'), bytes)
    }
    for (const [what, damaged] of Object.entries(damage)) {
      writeFileSync(at('damaged'), whole)
      damaged()
      await expect(openFile(at('damaged'), at('out'), opening), what).rejects.toMatchObject({
        code: 'authentication-failed',
      })
      expect(readdirSync(at()).sort(), what).toEqual(['damaged', 'in', 'whole'])
    }
    await expect(openFile(at('whole'), at('out'), { ...opening, context: noContext })).rejects.toMatchObject({
      code: 'authentication-failed',
    })
    await expect(openFile(at('in'), at('out'), opening)).rejects.toMatchObject({ code: 'unsupported' })
  })

  test('that is in the way is replaced only by force', async () => {
    writeFileSync(at('in'), 'new')
    writeFileSync(at('out'), 'old')
    await expect(sealFile(at('in'), at('out'), sealing)).rejects.toMatchObject({ code: 'file-exists' })
    expect(readFileSync(at('out'), 'utf8')).toBe('old')
    await sealFile(at('in'), at('out'), { ...sealing, force: true })
    await openFile(at('out'), at('in'), { ...opening, force: true })
    expect(readFileSync(at('in'), 'utf8')).toBe('new')
  })

  test('says how far it is, and stops when it is told to, leaving nothing', async () => {
    writeFileSync(at('in'), pattern(5 << 20))
    const stop = new AbortController()
    const progress: number[] = []
    const sealed = sealFile(at('in'), at('out'), {
      ...sealing,
      signal: stop.signal,
      onProgress(done, total) {
        progress.push(done / total)
        if (progress.length === 3) stop.abort()
      },
    })
    await expect(sealed).rejects.toMatchObject({ code: 'aborted' })
    expect(progress).toEqual([0.2, 0.4, 0.6])
    expect(readdirSync(at())).toEqual(['in'])
  })

  test('that cannot be read or written says so', async () => {
    writeFileSync(at('in'), 'x')
    const unavailable = (path: string) => ({ code: 'file-unavailable', message: expect.stringContaining(path) })
    await expect(sealFile(at('none'), at('out'), sealing)).rejects.toMatchObject(unavailable(at('none')))
    await expect(sealFile(at(), at('out'), sealing)).rejects.toMatchObject(unavailable('folder'))
    await expect(sealFile(at('in'), at('no', 'out'), sealing)).rejects.toMatchObject(unavailable(at('no', 'out')))
    expect(readdirSync(at())).toEqual(['in'])
  })
})

describe('a stream', () => {
  test('opens whatever pieces it comes in', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(70_000),
        fc.integer({ min: 1, max: 70_000 }),
        fc.integer({ min: 40, max: 70_000 }),
        async (length, first, second) => {
          const plaintext = pattern(length)
          const envelope = await collected(sealPieces(inPieces(plaintext, first), sealing))
          const opened = await collected(openPieces(inPieces(envelope, second), opening))
          expect(Buffer.compare(opened, plaintext)).toBe(0)
        },
      ),
      { numRuns: 40 },
    )
  })

  test('gives what is genuine before the end, and ends in an error if the end is missing', async () => {
    const plaintext = pattern(200_000)
    const envelope = await collected(sealPieces(inPieces(plaintext, 50_000), sealing))
    const given: Uint8Array[] = []
    const opened = (async () => {
      for await (const piece of openPieces(inPieces(envelope.subarray(0, 150_000), 20_000), opening)) given.push(piece)
    })()
    await expect(opened).rejects.toMatchObject({ code: 'authentication-failed' })
    const prefix = Buffer.concat(given)
    expect(prefix.length).toBeGreaterThan(100_000)
    expect(Buffer.compare(prefix, plaintext.subarray(0, prefix.length))).toBe(0)
  })

  test('closes its source when nobody wants the rest', async () => {
    const envelope = await collected(sealPieces(inPieces(pattern(500_000), 50_000), sealing))
    let closed = false
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        yield* inPieces(envelope, 100_000)
      } finally {
        closed = true
      }
    }
    for await (const _ of openPieces(source(), opening)) break
    expect(closed).toBe(true)
  })

  test('of any length takes the same memory', { timeout: 60_000 }, async () => {
    const piece = new Uint8Array(1 << 20)
    async function* mebibytes(count: number): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < count; i++) yield piece
    }
    let most = 0
    let total = 0
    for await (const sealed of openPieces(sealPieces(mebibytes(256), sealing), opening)) {
      total += sealed.length
      most = Math.max(most, process.memoryUsage().arrayBuffers)
    }
    expect(total).toBe(256 << 20)
    expect(most).toBeLessThan(160 << 20)
  })
})
