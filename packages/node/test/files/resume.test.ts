import { appendFileSync, chmodSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { type KmsError, keyRoot, noContext, Secret } from '@kms/core'
import { openEnvelope, parseHeader, passwordOpener, passwordRecipient } from '@kms/core/envelope'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { backendParts } from '../../src/backend.ts'
import { openFile, type SealFileOptions, sealFile } from '../../src/files/seal-file.ts'
import { temporaryFolder } from '../folder.ts'

const at = temporaryFolder()
const parts = backendParts()
const rootOf = (fill: number) => keyRoot(Uint8Array.from({ length: 32 }, (_, i) => 7 * i + fill))
const root = rootOf(130)
const context = { file: 'notes' }
const openers = [root.opener(parts.primitives)]
const sealing: SealFileOptions = { recipients: [root.recipient(parts.primitives)], context, resume: { openers } }
const opening = { openers, context, resume: true }
const mebibyte = 1 << 20
const pattern = (length: number): Buffer =>
  Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 16)) % 251))
const plaintext = pattern(5 * mebibyte + 77)

beforeEach(() => {
  vi.stubEnv('XDG_STATE_HOME', at('state'))
  writeFileSync(at('in'), plaintext)
})
afterEach(() => vi.unstubAllEnvs())

/** Names beside the input: what a run left. */
const left = (): string[] => readdirSync(at()).filter((name) => name !== 'in' && name !== 'state')
const notes = (): string[] => readdirSync(at('state', 'kms', 'stopped'))
const note = () => JSON.parse(readFileSync(at('state', 'kms', 'stopped', notes()[0] as string), 'utf8'))

/** Runs until so many mebibytes are done, and is stopped there. */
async function stoppedAfter(
  pieces: number,
  run: (options: { signal: AbortSignal; onProgress: () => void }) => Promise<unknown>,
): Promise<KmsError> {
  const stop = new AbortController()
  let done = 0
  const onProgress = (): void => void (++done === pieces && stop.abort())
  const error = await run({ signal: stop.signal, onProgress }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toMatchObject({ code: 'aborted' })
  return error as KmsError
}

const begin = (pieces = 3, more: Partial<SealFileOptions> = {}): Promise<KmsError> =>
  stoppedAfter(pieces, (stop) => sealFile(at('in'), at('out'), { ...sealing, ...more, ...stop }))

const opened = (): Promise<Uint8Array> => openEnvelope(readFileSync(at('out')), { ...parts, openers, context })

describe('an encryption that was stopped', () => {
  test('goes on with the same key and salt, and rewrites nothing', async () => {
    const error = await begin()
    const [partial] = left() as [string]
    expect(error.message).toContain(partial)
    expect(statSync(at(partial)).mode & 0o777).toBe(0o600)
    const before = readFileSync(at(partial))
    expect(before.length).toBeGreaterThan(2 * mebibyte)
    expect(note()).toEqual({ partial, done: before.length, commitment: expect.stringMatching(/^[\w+/]{43}=$/) })

    const result = await sealFile(at('in'), at('out'), sealing)
    expect(result.resumedFrom).toBe(before.length)
    const envelope = readFileSync(at('out'))
    expect(envelope.subarray(0, before.length).equals(before)).toBe(true)
    expect(Buffer.compare(await opened(), plaintext)).toBe(0)
    expect([left(), notes()]).toEqual([['out'], []])
  })

  test('can be stopped again and again, also while it is still comparing', async () => {
    await begin(4)
    const { done } = note()
    await begin(2)
    expect(note().done).toBe(done)
    await begin(5)
    expect(note().done).toBeGreaterThan(done)
    expect((await sealFile(at('in'), at('out'), sealing)).resumedFrom).toBeGreaterThan(done)
    expect(Buffer.compare(await opened(), plaintext)).toBe(0)
  })

  test.each([
    ['changed at its start', () => change(5)],
    ['changed in the last piece that was written', () => change(2 * mebibyte - 5)],
    ['cut', () => truncateSync(at('in'), mebibyte)],
  ])('of a file that was since %s is begun anew: no key seals two messages [E-25]', async (_what, meddle) => {
    await begin()
    const before = readFileSync(at(left()[0] as string))
    meddle()
    const result = await sealFile(at('in'), at('out'), sealing)
    expect(result.resumedFrom).toBe(0)
    expect(Buffer.compare(await opened(), readFileSync(at('in')))).toBe(0)
    const saltAt = parseHeader(before).length
    expect(
      readFileSync(at('out'))
        .subarray(saltAt, saltAt + 56)
        .equals(before.subarray(saltAt, saltAt + 56)),
    ).toBe(false)
    expect(left()).toEqual(['out'])
  })

  test('of a file that since grew behind what was written takes the new end', async () => {
    await begin()
    appendFileSync(at('in'), 'more')
    expect((await sealFile(at('in'), at('out'), sealing)).resumedFrom).toBeGreaterThan(0)
    expect(Buffer.compare(await opened(), Buffer.concat([plaintext, Buffer.from('more')]))).toBe(0)
  })

  test.each([
    ['was cut', (partial: string) => truncateSync(partial, mebibyte)],
    ['was changed', (partial: string) => flip(partial, mebibyte)],
    ['has another salt', (partial: string) => flip(partial, 110)],
    ['has a header of another key', (partial: string) => flip(partial, 12)],
    ['may be changed by others', (partial: string) => chmodSync(partial, 0o666)],
  ])('whose unfinished file %s is begun anew', async (_what, meddle) => {
    await begin()
    meddle(at(left()[0] as string))
    expect((await sealFile(at('in'), at('out'), sealing)).resumedFrom).toBe(0)
    expect(Buffer.compare(await opened(), plaintext)).toBe(0)
  })

  test.each([
    [
      'another recipient',
      {
        recipients: [rootOf(9).recipient(parts.primitives)],
        resume: { openers: [...openers, rootOf(9).opener(parts.primitives)] },
      },
    ],
    ['one recipient more', { recipients: [root.recipient(parts.primitives), rootOf(9).recipient(parts.primitives)] }],
    ['another context', { context: noContext }],
    ['another suite', { suite: 2 as const }],
    ['no opener', { resume: { openers: [] } }],
  ])('is begun anew for %s', async (_what, more) => {
    await begin()
    expect((await sealFile(at('in'), at('out'), { ...sealing, ...more })).resumedFrom).toBe(0)
    expect(left()).toEqual(['out'])
  })

  test('to a password goes on with the same password, and not with another', async () => {
    const to = (text: string): Partial<SealFileOptions> => {
      const password = Secret.fromPassword(text)
      const kdf = { primitives: parts.primitives }
      return { recipients: [passwordRecipient(password, kdf)], resume: { openers: [passwordOpener(password, kdf)] } }
    }
    await begin(3, to('correct horse'))
    expect((await sealFile(at('in'), at('out'), { ...sealing, ...to('correct horse') })).resumedFrom).toBeGreaterThan(0)
    await begin(3, { ...to('correct horse'), force: true })
    const result = await sealFile(at('in'), at('out'), { ...sealing, ...to('battery staple'), force: true })
    expect(result.resumedFrom).toBe(0)
  }, 120_000)

  test('is gone on with by one of those that try', async () => {
    await begin()
    const results = await Promise.allSettled(
      Array.from({ length: 3 }, () => sealFile(at('in'), at('out'), { ...sealing, force: true })),
    )
    const from = results.map((result) => (result.status === 'fulfilled' ? result.value.resumedFrom : -1))
    expect(from.filter((bytes) => bytes > 0)).toHaveLength(1)
    expect(from.filter((bytes) => bytes === 0)).toHaveLength(2)
    expect(Buffer.compare(await opened(), plaintext)).toBe(0)
  })

  test('leaves nothing without `resume`, nor where it cannot be remembered', async () => {
    await begin(3, { resume: undefined })
    expect(left()).toEqual([])
    writeFileSync(at('file'), '')
    vi.stubEnv('XDG_STATE_HOME', at('file'))
    await begin()
    expect(left()).toEqual(['file'])
  })

  test('holds no secret beside the sealed bytes', async () => {
    await begin()
    expect(Object.keys(note()).sort()).toEqual(['commitment', 'done', 'partial'])
  })

  // Whoever can write the folder puts the beginning of an older envelope of the same file there. All that is compared is the same; but
  // under that key other chunks were sealed behind it.
  test('whose unfinished file was exchanged for an older envelope that begins alike is begun anew [E-25]', async () => {
    const older = plaintext.subarray(0, 4 * mebibyte + 5)
    writeFileSync(at('in'), older)
    await sealFile(at('in'), at('older.kms'), { recipients: sealing.recipients, context })
    writeFileSync(at('in'), plaintext)
    await begin()
    const { partial, done } = note()
    writeFileSync(at(partial), readFileSync(at('older.kms')).subarray(0, done))
    expect((await sealFile(at('in'), at('out'), sealing)).resumedFrom).toBe(0)
    const [saltAt, envelope] = [parseHeader(readFileSync(at('out'))).length, readFileSync(at('out'))]
    const salt = (from: Uint8Array): string => Buffer.from(from.subarray(saltAt, saltAt + 24)).toString('hex')
    expect(salt(envelope)).not.toBe(salt(readFileSync(at('older.kms'))))
    expect(Buffer.compare(await opened(), plaintext)).toBe(0)
  })
})

describe('a full disk', () => {
  /** Where the fourth piece begins: of an envelope to one key, and of its plaintext. */
  const fourth = { sealed: 159 + 3 * 64 * 16_400, plain: 3 * mebibyte }

  /** The fourth piece is begun, and then there is no more room. */
  async function full(run: () => Promise<unknown>, place = fourth.sealed): Promise<void> {
    const handle = await open(at('in'), 'r')
    const prototype = Object.getPrototypeOf(handle) as typeof handle
    await handle.close()
    const write = prototype.write as (...given: unknown[]) => Promise<unknown>
    const spy = vi.spyOn(prototype, 'write').mockImplementation(async function (this: unknown, ...given: unknown[]) {
      const [bytes, from, length, position] = given as [Uint8Array, number, number, number]
      if (position < place) return write.call(this, ...given) as never
      await write.call(this, bytes, from, Math.floor(length / 2), position)
      throw Object.assign(new Error('no space'), { code: 'ENOSPC', syscall: 'write' })
    })
    try {
      await expect(run()).rejects.toMatchObject({ code: 'file-unavailable', message: expect.stringContaining('full') })
    } finally {
      spy.mockRestore()
    }
  }

  test('leaves nothing', async () => {
    await full(() => sealFile(at('in'), at('out'), { ...sealing, resume: undefined }))
    expect(left()).toEqual([])
  })

  test('in an encryption that can be gone on with: it goes on when there is room', async () => {
    await full(() => sealFile(at('in'), at('out'), sealing))
    const { done } = note()
    expect(statSync(at(left()[0] as string)).size).toBe(done)
    expect((await sealFile(at('in'), at('out'), sealing)).resumedFrom).toBe(done)
    expect(Buffer.compare(await opened(), plaintext)).toBe(0)
  })

  test('also what was only partly written is never sealed as something else', async () => {
    await full(() => sealFile(at('in'), at('out'), sealing))
    change(3 * mebibyte + 5)
    expect((await sealFile(at('in'), at('out'), sealing)).resumedFrom).toBe(0)

    await full(() => sealFile(at('in'), at('out'), { ...sealing, force: true }))
    // Stopped once more, before it came to that piece: it is remembered still.
    await begin(2, { force: true })
    change(3 * mebibyte + 5)
    expect((await sealFile(at('in'), at('out'), { ...sealing, force: true })).resumedFrom).toBe(0)
  })

  test('in a decryption: nothing of the plaintext is remembered beside the file', async () => {
    await sealFile(at('in'), at('in.kms'), sealing)
    await full(() => openFile(at('in.kms'), at('out'), opening), fourth.plain)
    expect(Object.keys(note()).sort()).toEqual(['done', 'partial'])
    expect((await openFile(at('in.kms'), at('out'), opening)).resumedFrom).toBe(3 * mebibyte)
    expect(Buffer.compare(readFileSync(at('out')), plaintext)).toBe(0)
  })
})

describe('a decryption that was stopped', () => {
  const stopped = (pieces = 3) =>
    stoppedAfter(pieces, (stop) => openFile(at('in.kms'), at('out'), { ...opening, ...stop }))
  beforeEach(async () => {
    await sealFile(at('in'), at('in.kms'), sealing)
  })
  const remains = (): string[] => left().filter((name) => name !== 'in.kms')

  test('goes on, and gives the same file', async () => {
    await stopped()
    const [partial] = remains() as [string]
    expect(statSync(at(partial)).mode & 0o777).toBe(0o600)
    const result = await openFile(at('in.kms'), at('out'), opening)
    expect(result.resumedFrom).toBe(3 * mebibyte)
    expect(Buffer.compare(readFileSync(at('out')), plaintext)).toBe(0)
    expect([remains(), notes()]).toEqual([['out'], []])
  })

  test('is begun anew where the unfinished file or the envelope is another, and never mixes two', async () => {
    await stopped()
    flip(at(remains()[0] as string), mebibyte)
    expect((await openFile(at('in.kms'), at('out'), opening)).resumedFrom).toBe(0)
    expect(Buffer.compare(readFileSync(at('out')), plaintext)).toBe(0)

    await stoppedAfter(3, (stop) => openFile(at('in.kms'), at('out'), { ...opening, ...stop, force: true }))
    const other = pattern(5 * mebibyte).reverse()
    writeFileSync(at('in'), other)
    await sealFile(at('in'), at('in.kms'), { ...sealing, force: true })
    expect((await openFile(at('in.kms'), at('out'), { ...opening, force: true })).resumedFrom).toBe(0)
    expect(Buffer.compare(readFileSync(at('out')), other)).toBe(0)
  })

  test('of an envelope that does not open leaves nothing', async () => {
    await stopped()
    flip(at('in.kms'), 4 * mebibyte)
    await expect(openFile(at('in.kms'), at('out'), opening)).rejects.toMatchObject({ code: 'authentication-failed' })
    expect([remains(), notes()]).toEqual([[], []])
  })
})

function change(i: number): void {
  flip(at('in'), i)
}

function flip(path: string, i: number): void {
  const bytes = readFileSync(path)
  bytes[i] = (bytes[i] as number) ^ 1
  writeFileSync(path, bytes)
}
