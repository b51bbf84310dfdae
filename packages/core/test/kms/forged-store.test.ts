import { describe, expect, test } from 'vitest'
import { type KeyStore, Kms, MemoryStore, memoryLastSeen } from '../../src/index.ts'
import { codeOf, newKms, openKms, parts, rewrite, root } from './memory-kms.ts'

// What whoever can write the database, without any key, can do: destroy, but not forge, alter or swap unnoticed.

const context = { tenant: 'acme' }
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

async function failing(checks: ReturnType<Awaited<ReturnType<typeof openKms>>['doctor']>): Promise<string[]> {
  return (await checks).filter(({ status }) => status === 'fail').map(({ check }) => check)
}

describe('records that someone else wrote', () => {
  test.each([
    ['a key record with another primary', 'key/', (text: string) => text.replace('"primary":2', '"primary":1')],
    ['a retired version made active again', 'version/', (text: string) => text.replace('"deactivated"', '"active"')],
    ['a longer lease', 'store', (text: string) => text.replace('"lease":30000', '"lease":90000')],
    ['a name that points at another key', 'name/', (text: string) => text.replace('"name":"a"', '"name":"b"')],
    ['an older epoch', 'head/', (text: string) => text.replace(/"epoch":\d+/, '"epoch":1')],
    ['bytes that are no record', 'key/', () => '{"a":1}'],
    ['a record with white space', 'key/', (text: string) => ` ${text}`],
    ['an empty log of rings', 'ring/', (text: string) => text.replace('"name":"default"', '"name":"defaulT"')],
  ])('%s is store-corrupt', async (_, prefix, change) => {
    const { kms, store } = await newKms()
    await kms.keys.create('a')
    await kms.keys.rotate('a')
    await kms.keys.retire('a', 1)
    const envelope = await kms.encrypt('x', { key: 'a', context })
    const forged = await rewrite(store, prefix, (bytes) => encode(change(decode(bytes))))
    const use = async (): Promise<void> => {
      const other = await openKms(forged)
      await other.decrypt(envelope, { key: 'a', context })
      await other.keys.show('a')
    }
    expect(await codeOf(use)).toBe('store-corrupt')
  })

  test('a record that was genuine when it was read, and is changed in its place, is store-corrupt', async () => {
    const store = new MemoryStore()
    const forged = new Map<string, Uint8Array>()
    const altered: KeyStore = {
      read: async (ids) => (await store.read(ids)).map((one) => ({ ...one, bytes: forged.get(one.id) ?? one.bytes })),
      list: (kind, prefix, after, limit) => store.list(kind, prefix, after, limit),
      commit: (commit) => store.commit(commit),
      watch: (signal) => store.watch(signal),
      close: () => store.close(),
    }
    const kms = await Kms.create({ ...parts(altered), roots: [root()] })
    const { id } = await kms.keys.create('a', { description: 'one' })
    expect((await kms.keys.show('a')).description).toBe('one')
    const [record] = (await store.list('administered', 'key/', '', 10)).filter((one) => one.id.endsWith(id))
    if (record === undefined) throw new Error('no record')
    forged.set(record.id, encode(decode(record.bytes).replace('"one"', '"two"')))
    expect(await codeOf(() => kms.keys.show('a'))).toBe('store-corrupt')
    forged.clear()
    expect((await kms.keys.show('a')).description).toBe('one')
  })

  test('the records of two keys swapped are store-corrupt [C-19]', async () => {
    const { kms, store } = await newKms()
    const a = await kms.keys.create('a')
    const b = await kms.keys.create('b')
    const records = new Map((await store.list('administered', 'version/', '', 10)).map((one) => [one.id, one.bytes]))
    const swapped = await rewrite(store, 'version/', (_, id) => {
      const from = id.includes(a.id) ? id.replace(a.id, b.id) : id.replace(b.id, a.id)
      return records.get(from) as Uint8Array
    })
    const other = await openKms(swapped)
    expect(await codeOf(() => other.encrypt('x', { key: 'a', context }))).toBe('store-corrupt')
  })

  test('material moved from one key to another does not open, even in a record signed for it', async () => {
    const { kms, store } = await newKms()
    await kms.keys.create('a')
    await kms.keys.create('b')
    const material = /"material":"([^"]*)"/
    const all = (await store.list('administered', 'version/', '', 10)).map(
      ({ bytes }) => material.exec(decode(bytes))?.[1],
    )
    const moved = await rewrite(store, 'version/', (bytes) =>
      encode(decode(bytes).replace(material, `"material":"${all[0]}"`)),
    )
    const other = await openKms(moved)
    const codes = await Promise.all(['a', 'b'].map((key) => codeOf(() => other.encrypt('x', { key, context }))))
    expect(codes).toContain('store-corrupt')
  })

  test('every single bit of every record flipped is refused or seen by doctor', async () => {
    const { kms, store } = await newKms()
    await kms.keys.create('a')
    const records = await store.list('administered', '', '', 100)
    let seen = 0
    for (const { id, bytes } of records) {
      // One bit in each of forty places of each record: all of them would take minutes.
      for (let i = 0; i < 40; i++) {
        const at = Math.floor((bytes.length * i) / 40)
        const flipped = await rewrite(store, id, (own, at_) => {
          if (at_ !== id) return own
          const copy = own.slice()
          copy[at] = (copy[at] as number) ^ (1 << (i % 8))
          return copy
        })
        const outcome = await codeOf(async () => {
          const other = await openKms(flipped)
          if ((await failing(other.doctor())).length > 0) throw Object.assign(new Error(), { code: 'doctor' })
        })
        if (outcome !== 'no error') seen++
      }
    }
    expect(seen).toBe(records.length * 40)
  }, 60_000)
})

describe('an older state put back', () => {
  test('a single older genuine record is found by doctor', async () => {
    const { kms, store } = await newKms()
    await kms.keys.create('a')
    const before = (await store.list('administered', 'version/', '', 10))[0]?.bytes as Uint8Array
    await kms.keys.disable('a')
    // The older record says revision 1 and is stored as such, which is what an attacker can do in SQL.
    const replayed = new MemoryStore()
    for (const record of await store.list('administered', '', '', 100)) {
      const old = record.id.startsWith('version/')
      for (let revision = 1; revision <= (old ? 1 : record.revision); revision++) {
        await replayed.commit({
          expect: [],
          put: [{ id: record.id, revision, bytes: old ? before : record.bytes }],
          remove: [],
          append: [],
        })
      }
    }
    for (const entry of await store.list('log', '', '', 100)) {
      const [, log, position] = entry.id.split('/') as [string, string, string]
      await replayed.commit({
        expect: [],
        put: [],
        remove: [],
        append: [{ log, position: Number(position), bytes: entry.bytes }],
      })
    }
    expect(await failing((await openKms(replayed)).doctor())).toEqual(['log'])
  })

  test('a single older genuine record is refused by a process that has seen the newer one', async () => {
    const { kms, store } = await newKms()
    await kms.keys.create('a')
    const envelope = await kms.encrypt('x', { key: 'a', context })
    const [before] = await store.list('administered', 'version/', '', 10)
    await kms.keys.disable('a')
    // Whoever can write the database answers readings as they like.
    let replaying = false
    const replayed: KeyStore = {
      ...parts(store).store,
      read: async (ids) => {
        const records = await store.read(ids)
        return replaying ? records.map((one) => (one.id === before?.id ? before : one)) : records
      },
    }
    const other = await openKms(replayed)
    expect(await codeOf(() => other.decrypt(envelope, { key: 'a', context }))).toBe('key-disabled')
    replaying = true
    await kms.keys.create('b')
    expect(await codeOf(() => other.decrypt(envelope, { key: 'a', context }))).toBe('store-rolled-back')
  })

  test('a request id stands for one operation [C-35]', async () => {
    const { kms } = await newKms()
    const requestId = crypto.randomUUID()
    await kms.keys.create('a', { requestId })
    expect(await codeOf(() => kms.keys.rotate('a', { requestId }))).toBe('conflict')
    expect((await kms.keys.show('a')).primary).toBe('1')
  })

  test('the whole store rolled back is noticed by an open process and by later ones [C-59] [C-42]', async () => {
    const lastSeen = memoryLastSeen()
    const { kms, store } = await newKms({ lastSeen })
    await kms.keys.create('a')
    const backup = await rewrite(store, 'none', (bytes) => bytes)
    await kms.keys.rotate('a')
    const envelope = await kms.encrypt('after the backup', { key: 'a', context })
    expect(await codeOf(() => openKms(backup, { lastSeen }))).toBe('store-rolled-back')
    // A machine that never saw the newer state cannot know, and SECURITY.md says so.
    const stranger = await openKms(backup)
    expect((await stranger.keys.show('a')).primary).toBe('1')
    // Accepted on purpose: a new incarnation, whose numbers are never those of the lost one.
    const accepted = await openKms(backup, { lastSeen, acceptRestore: 'disk failure' })
    expect(accepted.info.incarnation).toBeGreaterThan(0)
    const rotated = await accepted.keys.rotate('a')
    expect(rotated.primary).toMatch(/^r[0-9a-f]{4}\.1$/)
    expect(await codeOf(() => accepted.decrypt(envelope, { key: 'a', context }))).toBe('version-lost')
    expect((await openKms(backup, { lastSeen })).info.incarnation).toBe(accepted.info.incarnation)
  })

  test('log entries cut off or changed are found by doctor', async () => {
    const { kms, store } = await newKms()
    await kms.keys.create('a')
    const ring = kms.info.ring.id
    const changed = await rewrite(store, `log/${ring}/`, (bytes) =>
      encode(decode(bytes).replace('key.create', 'key.rotate')),
    )
    expect(await failing((await openKms(changed)).doctor())).toEqual(['log'])
    const cut = await rewrite(store, `log/${ring}/0000000000000001`, () => new Uint8Array(0))
    expect(await failing((await openKms(cut)).doctor())).toEqual(['log'])
  })

  test('a sound store passes every check but the second root', async () => {
    const { kms } = await newKms()
    await kms.keys.create('a')
    expect((await kms.doctor()).filter(({ status }) => status !== 'pass').map(({ check }) => check)).toEqual(['roots'])
  })
})

describe('a log entry that someone else wrote leads no repeated request [C-83]', () => {
  const logs = (store: MemoryStore, from: string, to: string): Promise<MemoryStore> =>
    rewrite(store, 'log/', (bytes) => encode(decode(bytes).replaceAll(from, to)))

  test('to another incident', async () => {
    const { kms, store } = await newKms()
    for (const name of ['a', 'b']) await kms.keys.create(name)
    const requestId = crypto.randomUUID()
    const declare = (on: Kms) => on.incidents.declare('departure', { keys: ['a'] }, { reason: 'x', requestId })
    const first = await declare(kms)
    const other = await kms.incidents.declare('compromise', { keys: ['b'] }, { reason: 'y' })
    const again = await openKms(await logs(store, first.id, other.id))
    expect((await declare(again)).id).toBe(first.id)
  })

  test('to another rotation', async () => {
    const { kms, store } = await newKms()
    await kms.keys.create('a')
    const requestId = crypto.randomUUID()
    const first = await kms.rotations.start('a', { requestId })
    const other = await kms.rotations.start('a')
    const again = await openKms(await logs(store, first.id, other.id))
    expect((await again.rotations.start('a', { requestId })).id).toBe(first.id)
  })

  test('to another version', async () => {
    const { kms, store } = await newKms()
    await kms.keys.create('a')
    const requestId = crypto.randomUUID()
    const material = crypto.getRandomValues(new Uint8Array(32))
    const { version } = await kms.keys.importVersion('a', material.slice(), { requestId })
    await kms.keys.importVersion('a', crypto.getRandomValues(new Uint8Array(32)))
    const again = await openKms(await logs(store, '/00000002"', '/00000003"'))
    expect((await again.keys.importVersion('a', material, { requestId })).version).toBe(version)
  })
})
