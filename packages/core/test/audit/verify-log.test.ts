import { expect, test } from 'vitest'
import { type KeyStore, MemoryStore } from '../../src/index.ts'
import { newKms, openKms } from '../kms/memory-kms.ts'

/** Bytes of a record or entry instead of its own; null: it is gone. */
type Tampering = (id: string, bytes: Uint8Array) => Uint8Array | null

/** What a process reads when somebody changed the database under it. */
async function tampered(store: KeyStore, tamper: Tampering): Promise<KeyStore> {
  const change = <T extends { readonly id: string; readonly bytes: Uint8Array }>(records: readonly T[]): T[] =>
    records.flatMap((record) => {
      const bytes = tamper(record.id, record.bytes)
      return bytes === null ? [] : [{ ...record, bytes }]
    })
  const copy = Object.create(store) as KeyStore
  copy.read = async (ids) => change(await store.read(ids))
  copy.list = async (kind, prefix, after, limit) => change(await store.list(kind, prefix, after, limit))
  copy.commit = (commit) => store.commit(commit)
  copy.watch = (signal) => store.watch(signal)
  copy.close = async () => {}
  return copy
}

async function logFindings(store: KeyStore): Promise<string[]> {
  const kms = await openKms(store)
  return (await kms.doctor())
    .filter(({ check }) => check === 'log')
    .map(({ status, message }) => `${status} ${message}`)
}

async function filled(): Promise<MemoryStore> {
  const { kms, store } = await newKms()
  await kms.keys.create('a')
  await kms.keys.rotate('a')
  await kms.keys.create('b')
  await kms.keys.retire('a', 1)
  return store
}

test('an untouched log is whole, with the number of its entries', async () => {
  const [storeLog, ringLog] = await logFindings(await filled())
  expect(storeLog).toMatch(/^pass .*\b1 entry/)
  expect(ringLog).toMatch(/^pass .*\b6 entries/)
})

test('an older genuine record put back is found, by its id [C-61]', async () => {
  const { kms, store } = await newKms()
  await kms.keys.create('a')
  const [old] = await store.list('administered', 'version/', '', 1)
  await kms.keys.disable('a')
  const copy = new MemoryStore()
  copy.list = async (...page) => (await store.list(...page)).map((record) => (record.id === old?.id ? old : record))
  copy.read = async (ids) => (await store.read(ids)).map((record) => (record.id === old?.id ? old : record))
  const findings = await logFindings(copy)
  expect(findings[1]).toMatch(/^fail .*1 records are not as the log left them: version\//)
})

test.each<[string, Tampering, RegExp]>([
  ['a record that is gone', (id, bytes) => (id.startsWith('name/') ? null : bytes), /2 records are not as the log/],
  ['the last entry gone', (id, bytes) => (/^log\/[^s].*5$/.test(id) ? null : bytes), /1 of 6 entries are missing/],
  [
    'an entry in the middle gone',
    (id, bytes) => (/^log\/[^s].*2$/.test(id) ? null : bytes),
    /entry 2 is damaged or not in its place/,
  ],
  [
    'an actor changed in an entry',
    (id, bytes) =>
      /^log\/[^s].*1$/.test(id)
        ? new TextEncoder().encode(new TextDecoder().decode(bytes).replace('"reason":""', '"reason":"x"'))
        : bytes,
    /not those that the head was signed for/,
  ],
])('%s is found [C-60]', async (_, tamper, expected) => {
  const findings = await logFindings(await tampered(await filled(), tamper))
  expect(findings[1]).toMatch(/^fail/)
  expect(findings[1]).toMatch(expected)
})

test('a log of more entries than a store lists at once is read page by page', { timeout: 60_000 }, async () => {
  const { kms, store } = await newKms()
  await kms.keys.create('a')
  for (let i = 0; i < 1_010; i++) await kms.keys.describe('a', `description ${i}`)
  expect((await logFindings(store))[1]).toMatch(/^pass .*\b1012 entries/)
})

test('changes that others make while the log is read are no findings', { timeout: 60_000 }, async () => {
  const { kms, store } = await newKms()
  await kms.keys.create('a')
  let changes = 0
  const busy = await tampered(store, (_, bytes) => bytes)
  busy.read = async (ids) => {
    // Between the log and the records that it tells of.
    if (ids.some((id) => id.startsWith('key/')) && changes < 2) await kms.keys.describe('a', `change ${changes++}`)
    return store.read(ids)
  }
  const findings = await logFindings(busy)
  expect(changes).toBe(2)
  expect(findings[1]).toMatch(/^pass/)
})
