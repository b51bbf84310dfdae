import { expect, test } from 'vitest'
import { type BackupStart, fromText, openEnvelope, readBackup } from '../../src/envelope.ts'
import { keyRoot, MemoryStore, noContext, type StoredRecord } from '../../src/index.ts'
import { primitives, slots } from '../envelope/backend.ts'
import { openKms } from '../kms/memory-kms.ts'
import { fromHex, openersOf, vectors } from '../store/vectors.ts'

type Vector = (typeof vectors.backups)[number]

const codeOf = async (work: () => unknown): Promise<string> => {
  try {
    await work()
    return 'no error'
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
}

const plaintextOf = (vector: Vector): Promise<Uint8Array> =>
  openEnvelope(fromText(vector.envelope), {
    content: 3,
    context: noContext,
    openers: openersOf(vector, primitives, slots),
    primitives,
    slots,
  })

function* pieces(bytes: Uint8Array, length: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length)
}

async function read(
  vector: Vector,
  plaintext: Uint8Array,
  pieceLength = 1_000,
): Promise<(BackupStart | StoredRecord)[]> {
  const bound = Uint8Array.of(...fromText(vector.envelope).subarray(0, 7), 0, 0)
  const { fingerprint } = vector
  const items: (BackupStart | StoredRecord)[] = []
  for await (const item of readBackup(pieces(plaintext, pieceLength), { fingerprint, bound, primitives }))
    items.push(item)
  return items
}

test.each(vectors.backups)('a backup, $comment: $result [C-70] [C-71] [C-72] [C-73] [C-74]', async (vector) => {
  const plaintext = await plaintextOf(vector)
  expect(await codeOf(() => read(vector, plaintext))).toBe(vector.result === 'valid' ? 'no error' : vector.result)
})

const whole = vectors.backups[0] as Vector

test('what is read is the store, whatever the sizes in which it arrives', async () => {
  const plaintext = await plaintextOf(whole)
  const items = await read(whole, plaintext)
  for (const length of [1, 7, 16_384, plaintext.length]) expect(await read(whole, plaintext, length)).toEqual(items)
  const [start, ...records] = items as [BackupStart, ...StoredRecord[]]
  expect(start).toMatchObject({ store: vectors.store.id, by: 'vectors', created: 1_790_000_005_000 })
  const store = new MemoryStore()
  for (const { id, revision, bytes } of records) {
    if (id.startsWith('log/')) {
      const [, log, position] = id.split('/') as [string, string, string]
      await store.commit({ expect: [], put: [], remove: [], append: [{ log, position: Number(position), bytes }] })
      continue
    }
    for (let at = 1; at <= revision; at++) {
      await store.commit({ expect: [], put: [{ id, revision: at, bytes }], remove: [], append: [] })
    }
  }
  const kms = await openKms(store, { root: keyRoot(fromHex(vectors.store.rootKey)) })
  expect((await kms.doctor()).filter(({ status }) => status === 'fail')).toEqual([])
  for (const { context, plaintext: text, envelope } of vectors.store.opens) {
    expect(await kms.decryptText(envelope, { key: vectors.store.keyName, context })).toBe(text)
  }
  await kms.close()
})

test('a backup changed in any byte, or cut anywhere, is refused at its end at the latest [C-72] [C-73]', async () => {
  const plaintext = await plaintextOf(whole)
  const step = 13
  for (let at = 0; at < plaintext.length; at += at < 400 || at > plaintext.length - 100 ? 1 : step) {
    const changed = plaintext.slice()
    changed[at] = (changed[at] as number) ^ 1
    expect(await codeOf(() => read(whole, changed, 50_000)), `byte ${at}`).not.toBe('no error')
    expect(await codeOf(() => read(whole, plaintext.subarray(0, at), 50_000)), `cut at ${at}`).not.toBe('no error')
  }
})

test('a backup of another store than the one asked for is refused before any record [C-74]', async () => {
  const bound = Uint8Array.of(...fromText(whole.envelope).subarray(0, 7), 0, 0)
  const other = '00000000-00000000-00000000-00000000-00000000'
  const reading = readBackup([await plaintextOf(whole)], { fingerprint: other, bound, primitives })
  expect(await codeOf(() => reading.next())).toBe('authentication-failed')
})

test('an item over its limit is refused before it is collected [C-70]', async () => {
  const huge = Uint8Array.of(1, 0xff, 0xff, 0xff, 0xff)
  expect(await codeOf(() => read(whole, huge))).toBe('malformed')
})
