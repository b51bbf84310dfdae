import { createReadStream, createWriteStream, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { Readable, Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { KmsError, keyRoot } from '@kms/core'
import { openEnvelope } from '@kms/core/envelope'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { backendParts } from '../../src/backend.ts'
import { fileSource } from '../../src/files/file-source.ts'
import { openRandomAccess, openStream, sealPieces, sealStream } from '../../src/files/pieces.ts'
import { openTransform, sealTransform } from '../../src/files/transforms.ts'
import { temporaryFolder } from '../folder.ts'

const at = temporaryFolder()
const parts = backendParts()
const root = keyRoot(Uint8Array.from({ length: 32 }, (_, i) => 7 * i + 130))
const context = { file: 'notes' }
const sealing = { recipients: [root.recipient(parts.primitives)], context }
const opening = { openers: [root.opener(parts.primitives)], context }
const pattern = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 31) % 251)
const code = (expected: string) => expect.objectContaining({ code: expected })

function* cut(bytes: Uint8Array, length: number): Generator<Uint8Array> {
  for (let i = 0; i < bytes.length; i += length) yield bytes.slice(i, i + length)
}

describe('a Transform', () => {
  test('seals and opens whatever pieces it is given', async () => {
    const length = fc.integer({ min: 1, max: 70_000 })
    await fc.assert(
      fc.asyncProperty(fc.nat(200_000), length, length, async (n, first, second) => {
        const plaintext = pattern(n)
        const envelope = await buffer(Readable.from(cut(plaintext, first)).pipe(sealTransform(sealing)))
        expect(Buffer.compare(await openEnvelope(envelope, { ...parts, ...opening }), plaintext)).toBe(0)
        const opened = await buffer(Readable.from(cut(envelope, second)).pipe(openTransform(opening)))
        expect(Buffer.compare(opened, plaintext)).toBe(0)
      }),
      { numRuns: 30 },
    )
  })

  test('stands in a pipeline of files, as sealPieces does', async () => {
    const plaintext = pattern(3_000_000)
    writeFileSync(at('in'), plaintext)
    await pipeline(createReadStream(at('in')), sealTransform(sealing), createWriteStream(at('in.kms')))
    await pipeline(createReadStream(at('in.kms')), openTransform(opening), createWriteStream(at('out')))
    expect(Buffer.compare(readFileSync(at('out')), plaintext)).toBe(0)
    await pipeline(
      createReadStream(at('in')),
      (source) => sealPieces(source, sealing),
      createWriteStream(at('in2.kms')),
    )
    expect(Buffer.compare(await openEnvelope(readFileSync(at('in2.kms')), { ...parts, ...opening }), plaintext)).toBe(0)
  })

  test('ends in an error where the envelope was cut, changed, or is none', async () => {
    const envelope = await buffer(Readable.from(cut(pattern(100_000), 10_000)).pipe(sealTransform(sealing)))
    const changed = Buffer.from(envelope)
    changed[60_000]! ^= 1
    for (const [bytes, expected] of [
      [envelope.subarray(0, 90_000), 'authentication-failed'],
      [changed, 'authentication-failed'],
      [envelope.subarray(0, 50), 'malformed'],
      [pattern(100_000), 'unsupported'],
    ] as const) {
      const given: Buffer[] = []
      const sink = new Writable({
        write(piece, _encoding, done) {
          given.push(piece)
          done()
        },
      })
      const opened = pipeline(Readable.from(cut(bytes, 30_000)), openTransform(opening), sink)
      await expect(opened).rejects.toEqual(code(expected))
      const released = Buffer.concat(given)
      expect(Buffer.compare(released, pattern(100_000).subarray(0, released.length))).toBe(0)
    }
    const refused = pipeline(Readable.from([pattern(10)]), sealTransform({ ...sealing, context: {} }), new Writable())
    await expect(refused).rejects.toEqual(code('invalid-context'))
  })

  test('destroyed in the middle gives no end', async () => {
    const stop = new AbortController()
    const given: Buffer[] = []
    const sink = new Writable({
      write(piece, _encoding, done) {
        given.push(piece)
        if (given.length === 3) stop.abort()
        done()
      },
    })
    const source = Readable.from(cut(pattern(1_000_000), 50_000))
    const sealed = pipeline(source, sealTransform(sealing), sink, { signal: stop.signal })
    await expect(sealed).rejects.toMatchObject({ name: 'AbortError' })
    await expect(openEnvelope(Buffer.concat(given), { ...parts, ...opening })).rejects.toBeInstanceOf(KmsError)
  })
})

test('Web streams and ranges take a backend of Node, too', async () => {
  for (const backend of ['auto', 'wasm', 'native'] as const) {
    const plaintext = pattern(100_000)
    const web = new Blob([plaintext as Uint8Array<ArrayBuffer>]).stream()
    writeFileSync(at('web.kms'), await buffer(sealStream(web, { ...sealing, backend, suite: 2 }) as never))
    const opened = openStream(new Blob([readFileSync(at('web.kms'))]).stream(), { ...opening, backend })
    expect(Buffer.compare(await buffer(opened as never), plaintext)).toBe(0)
    const file = await openRandomAccess(await fileSource(at('web.kms')), { ...opening, backend })
    expect(await file.openRange(50_000, 50_010)).toEqual(plaintext.slice(50_000, 50_010))
    expect(file.length).toBe(100_000)
    await file.close()
    await expect(file.openRange(0, 1)).rejects.toEqual(code('closed'))
  }
})

test('a source that is no file says so', async () => {
  await expect(fileSource(at('none'))).rejects.toEqual(code('file-unavailable'))
  await expect(fileSource(at())).rejects.toEqual(code('file-unavailable'))
})

test('a file that is cut while it is open does not open further', async () => {
  writeFileSync(at('f.kms'), await buffer(Readable.from([pattern(100_000)]).pipe(sealTransform(sealing))))
  const file = await openRandomAccess(await fileSource(at('f.kms')), opening)
  truncateSync(at('f.kms'), 40_000)
  await expect(file.openRange(80_000, 80_001)).rejects.toEqual(code('authentication-failed'))
  await file.close()
})
