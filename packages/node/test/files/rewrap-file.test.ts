import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { keyRoot, type Rewrapped } from '@kms/core'
import {
  type HeaderRecipient,
  paddingRecipient,
  parseHeader,
  type RewrapOptions,
  rewrapHeader,
} from '@kms/core/envelope'
import { describe, expect, test } from 'vitest'
import { backendParts } from '../../src/backend.ts'
import { fileSource } from '../../src/files/file-source.ts'
import { openRandomAccess } from '../../src/files/pieces.ts'
import { previewRewrap, rewrapFile } from '../../src/files/rewrap-file.ts'
import { openFile, sealFile } from '../../src/files/seal-file.ts'
import { temporaryFolder } from '../folder.ts'

const at = temporaryFolder()
const { primitives } = backendParts()
const context = { file: 'notes' }
const root = (fill: number): ReturnType<typeof keyRoot> => keyRoot(new Uint8Array(32).map((_, i) => fill + 3 * i))
const to = (fill: number): ReturnType<ReturnType<typeof root>['recipient']> => root(fill).recipient(primitives)
const plaintext = Uint8Array.from({ length: 40_000 }, (_, i) => i % 251)

/** An envelope to keys 1 and 2, with room for some more. */
async function sealed(room = 63): Promise<Buffer> {
  writeFileSync(at('notes'), plaintext)
  const recipients = [to(1), to(2), ...(room === 0 ? [] : [paddingRecipient(room)])]
  await sealFile(at('notes'), at('notes.kms'), { recipients, context, force: true })
  return readFileSync(at('notes.kms'))
}

const change =
  (options: Partial<RewrapOptions>) =>
  (start: Uint8Array): Promise<Rewrapped> =>
    rewrapHeader(start, { context, openers: [root(1).opener(primitives)], primitives, ...options })

async function opens(fill: number, path = at('notes.kms')): Promise<boolean> {
  try {
    await openFile(path, at('out'), { openers: [root(fill).opener(primitives)], context, force: true })
    return Buffer.compare(readFileSync(at('out')), plaintext) === 0
  } catch {
    return false
  }
}

const headerOf = (envelope: Uint8Array): Uint8Array => envelope.subarray(0, parseHeader(envelope).length)
const copyPath = (): string => at('notes.kms.kms-header')

describe('a header', () => {
  test('that fits is written in place: the file keeps its identity, its length and its body', async () => {
    const before = await sealed()
    const { ino } = statSync(at('notes.kms'))
    const { written, unread } = await rewrapFile(at('notes.kms'), change({ add: [to(3)] }))
    expect([written, unread.length]).toEqual(['in-place', 1])
    const after = readFileSync(at('notes.kms'))
    expect(statSync(at('notes.kms')).ino).toBe(ino)
    expect(after).toHaveLength(before.length)
    const { length } = headerOf(before)
    expect(Buffer.compare(after.subarray(length), before.subarray(length))).toBe(0)
    expect(await Promise.all([1, 2, 3].map((fill) => opens(fill)))).toContain(true)
    for (const fill of [1, 2, 3]) expect(await opens(fill), `key ${fill}`).toBe(true)
    expect(existsSync(copyPath())).toBe(false)
  })

  test('that does not fit costs one copy, with the permissions of the file', async () => {
    await sealed(0)
    chmodSync(at('notes.kms'), 0o640)
    const { written } = await rewrapFile(at('notes.kms'), change({ add: [to(3)] }))
    expect(written).toBe('copied')
    expect(statSync(at('notes.kms')).mode & 0o777).toBe(0o640)
    for (const fill of [1, 2, 3]) expect(await opens(fill), `key ${fill}`).toBe(true)
  })

  test('that is as it should be is not written', async () => {
    const before = await sealed()
    const { mtimeMs } = statSync(at('notes.kms'))
    expect((await rewrapFile(at('notes.kms'), change({}))).written).toBe('unchanged')
    expect(statSync(at('notes.kms')).mtimeMs).toBe(mtimeMs)
    expect(Buffer.compare(readFileSync(at('notes.kms')), before)).toBe(0)
  })

  test('is rewritten through a link, in the file itself', async () => {
    await sealed()
    symlinkSync(at('notes.kms'), at('link'))
    await rewrapFile(at('link'), change({ remove: isSecond }))
    expect([await opens(1), await opens(2)]).toEqual([true, false])
    expect(await opens(1, at('link'))).toBe(true)
  })

  test('can be looked at before it is written', async () => {
    const before = await sealed()
    const { header } = await previewRewrap(at('notes.kms'), change({ add: [to(3)] }))
    expect(Buffer.compare(header, headerOf(before))).not.toBe(0)
    expect(Buffer.compare(readFileSync(at('notes.kms')), before)).toBe(0)
  })

  test('is left alone when it does not open', async () => {
    const before = await sealed()
    await expect(
      rewrapFile(at('notes.kms'), change({ openers: [root(9).opener(primitives)], add: [to(3)] })),
    ).rejects.toMatchObject({ code: 'no-matching-key' })
    expect(Buffer.compare(readFileSync(at('notes.kms')), before)).toBe(0)
    await expect(rewrapFile(at('nothing'), change({}))).rejects.toMatchObject({ code: 'file-unavailable' })
    await expect(rewrapFile(at(), change({}))).rejects.toMatchObject({ code: 'file-unavailable' })
  })
})

const isSecond = ({ fields }: HeaderRecipient): boolean =>
  fields.name === 'key' && Buffer.compare(fields.keyId, idOf(2)) === 0

function idOf(fill: number): Uint8Array {
  const before = parseHeader(readFileSync(at('notes.kms')))
  if (before.mode !== 2) throw new Error('not to recipients')
  const fields = before.recipients[fill - 1]?.fields
  if (fields?.name !== 'key') throw new Error('not a key')
  return fields.keyId
}

/** The moments of a rewrap in which a crash can come: the copy is whole, and the header written up to some byte. */
describe('[E-77] [E-78] [E-79] after a crash', () => {
  async function crashed(): Promise<{ old: Buffer; header: Uint8Array; copy: Buffer }> {
    const old = await sealed()
    const { header } = await change({ add: [to(3)], remove: isSecond })(old)
    const mac = headerOf(old).subarray(-32)
    return { old, header, copy: Buffer.concat([mac, header]) }
  }

  test('whatever part of the header was written, a reader opens the new one and writes nothing', async () => {
    const { old, header, copy } = await crashed()
    // Every byte of the mac, and some of what is before it.
    for (let cut = 0; cut <= header.length; cut += cut < header.length - 35 ? 7 : 1) {
      const torn = Buffer.concat([header.subarray(0, cut), old.subarray(cut)])
      writeFileSync(at('notes.kms'), torn)
      writeFileSync(copyPath(), copy)
      expect(await opens(1), `cut at ${cut}`).toBe(true)
      if (Buffer.compare(torn, old) !== 0) expect(await opens(3), `cut at ${cut}`).toBe(true)
      expect(Buffer.compare(readFileSync(at('notes.kms')), torn)).toBe(0)
      expect(existsSync(copyPath())).toBe(true)
    }
  }, 120_000)

  test('ranges of the file open too', async () => {
    const { old, header, copy } = await crashed()
    for (const cut of [50, header.length - 40, header.length - 5]) {
      writeFileSync(at('notes.kms'), Buffer.concat([header.subarray(0, cut), old.subarray(cut)]))
      writeFileSync(copyPath(), copy)
      const source = await fileSource(at('notes.kms'))
      await using file = await openRandomAccess(source, { openers: [root(3).opener(primitives)], context })
      expect(Buffer.compare(await file.openRange(20_000, 20_100), plaintext.subarray(20_000, 20_100))).toBe(0)
    }
  })

  test('a writer finishes it', async () => {
    const { old, header, copy } = await crashed()
    for (const cut of [0, 1, 50, 100, header.length - 33, header.length - 16, header.length - 1, header.length]) {
      writeFileSync(at('notes.kms'), Buffer.concat([header.subarray(0, cut), old.subarray(cut)]))
      writeFileSync(copyPath(), copy)
      expect((await rewrapFile(at('notes.kms'), change({}))).written, `cut at ${cut}`).toBe('unchanged')
      expect(Buffer.compare(headerOf(readFileSync(at('notes.kms'))), header)).toBe(0)
      expect(existsSync(copyPath())).toBe(false)
    }
  })

  test('a copy that fits no header here is ignored by readers and dropped by writers', async () => {
    const { old, copy } = await crashed()
    const strangers = [
      Buffer.concat([Buffer.alloc(32), copy.subarray(32)]),
      copy.subarray(0, 80),
      Buffer.alloc(0),
      Buffer.alloc(100_000, 0x92),
    ]
    for (const stranger of strangers) {
      writeFileSync(at('notes.kms'), old)
      writeFileSync(copyPath(), stranger)
      expect(await opens(2)).toBe(true)
      await rewrapFile(at('notes.kms'), change({}))
      expect(Buffer.compare(readFileSync(at('notes.kms')), old)).toBe(0)
      expect(existsSync(copyPath())).toBe(false)
    }
  })

  // What others can put there in a folder such as /tmp: a copy that names the mac they see, and a header of theirs.
  const planted: readonly [string, (copy: Buffer, old: Buffer) => void][] = [
    [
      'of another user',
      (copy) => {
        writeFileSync(copyPath(), copy)
        chownSync(copyPath(), 54_321, 54_321)
      },
    ],
    [
      'that nobody may read',
      (copy) => {
        writeFileSync(copyPath(), copy, { mode: 0 })
        chownSync(copyPath(), 54_321, 54_321)
      },
    ],
    [
      'that is a link',
      (copy) => {
        writeFileSync(at('elsewhere'), copy)
        symlinkSync(at('elsewhere'), copyPath())
      },
    ],
    ['that is a pipe', () => void execFileSync('sh', ['-c', 'mkfifo "$1"', 'sh', copyPath()])],
    ['that is an endless device', () => symlinkSync('/dev/zero', copyPath())],
    [
      'of a header that has no mac',
      (_copy, old) => writeFileSync(copyPath(), Buffer.concat([old.subarray(22, 27), Buffer.alloc(27), keyHeader()])),
    ],
  ]
  const isRoot = process.getuid?.() === 0
  test.each(planted.filter(([what]) => isRoot || !(what.includes('user') || what.includes('nobody'))))(
    '[E-97] a copy %s is not taken for one of ours',
    async (_what, plant) => {
      const { old, copy } = await crashed()
      plant(copy, old)
      expect(await opens(2)).toBe(true)
      // The recipient whom the planted header lacks is there still.
      const other = { openers: [root(2).opener(primitives)] }
      expect((await rewrapFile(at('notes.kms'), change(other))).written).toBe('unchanged')
      expect(Buffer.compare(readFileSync(at('notes.kms')), old)).toBe(0)
    },
  )
})

function keyHeader(): Buffer {
  return Buffer.from([0x92, 0x6b, 0x35, 1, 0, 0, 0, ...new Uint8Array(16), 0, 0, 0, 1])
}
