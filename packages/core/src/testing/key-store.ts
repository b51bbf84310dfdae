import { type Commit, type KeyStore, logEntryId, type StoredRecord, storeLimits } from '../store/key-store.ts'
import { type ConformanceCase, require, requireCode, requireEqual } from './conformance.ts'
import { watchCases } from './key-store-watch.ts'

/** A store under test. */
export interface KeyStoreSubject {
  /** New and empty. */
  readonly store: KeyStore
  /** Opens the same records again after `store` was closed. Absent where they end with it. */
  reopen?(): Promise<KeyStore>
  /** Opens the same records beside `store`, as another process does. Absent where no other can. */
  another?(): Promise<KeyStore>
}

/** What a store can do beyond its own lifetime; cases of what it cannot are left out. */
export interface KeyStoreCapabilities {
  /** Records outlive `close`: `reopen` is given. */
  readonly persistent: boolean
  /** Several instances may have the same records open: `another` is given. */
  readonly shared: boolean
}

/**
 * What every `KeyStore` does (contents-v1 §Stores). Each case opens a store of its own and closes it; run them with any test
 * runner: `for (const { name, run } of keyStoreConformance(open, …)) test(name, run)`.
 * @param open makes a new, empty store
 */
export function keyStoreConformance(
  open: () => Promise<KeyStoreSubject>,
  capabilities: KeyStoreCapabilities,
): ConformanceCase[] {
  const on = (name: string, run: (store: KeyStore, subject: KeyStoreSubject) => Promise<void>): ConformanceCase => ({
    name,
    async run() {
      const subject = await open()
      try {
        await run(subject.store, subject)
      } finally {
        await subject.store.close()
      }
    },
  })
  return [
    ...recordCases.map(({ name, run }) => on(name, run)),
    ...logCases.map(({ name, run }) => on(name, run)),
    ...limitCases.map(({ name, run }) => on(name, run)),
    ...watchCases.map(({ name, run }) => on(name, run)),
    ...(capabilities.persistent ? [on('what was committed is there when the store is opened again', persists)] : []),
    ...(capabilities.shared
      ? sharedCases.map(({ name, run }) =>
          on(name, async (store, { another }) => {
            const other = await another?.()
            require(other !== undefined, 'the subject of a shared store to have `another`')
            try {
              await run(store, other)
            } finally {
              await other.close()
            }
          }),
        )
      : []),
  ]
}

interface StoreCase {
  readonly name: string
  run(store: KeyStore): Promise<void>
}

const nothing: Commit = { expect: [], put: [], remove: [], append: [] }
const commit = (store: KeyStore, parts: Partial<Commit>): ReturnType<KeyStore['commit']> =>
  store.commit({ ...nothing, ...parts })
const record = (id: string, revision: number, ...bytes: number[]): StoredRecord => ({
  id,
  revision,
  bytes: Uint8Array.from(bytes),
})
const ids = (records: readonly StoredRecord[]): string[] => records.map(({ id }) => id)

/** The records of these ids, by id: `read` promises no order. */
async function stored(store: KeyStore, ...wanted: string[]): Promise<StoredRecord[]> {
  const found = await store.read(wanted)
  return [...found].sort((a, b) => (a.id < b.id ? -1 : 1)).map(({ id, revision, bytes }) => ({ id, revision, bytes }))
}

const recordCases: readonly StoreCase[] = [
  {
    name: 'a new store holds nothing',
    async run(store) {
      requireEqual(await stored(store, 'store', 'op/a'), [], 'what is read')
      for (const of of ['administered', 'operational', 'log'] as const)
        requireEqual(await store.list(of, '', '', 1000), [], 'a list')
      requireEqual(await store.read([]), [], 'what is read of no ids')
    },
  },
  {
    name: 'a committed record is read back, bytes and revision; what does not exist is left out; an id asked for twice comes once',
    async run(store) {
      await commit(store, { put: [record('key/a', 1, 0, 255, 128), record('op/b', 1)] })
      const expected = [record('key/a', 1, 0, 255, 128), record('op/b', 1)]
      requireEqual(await stored(store, 'op/b', 'key/a', 'key/c', 'key/a'), expected, 'what is read')
      await commit(store, { put: [record('key/a', 2, 7)] })
      requireEqual(await stored(store, 'key/a'), [record('key/a', 2, 7)], 'the changed record')
    },
  },
  {
    name: 'a put whose revision is not the next one is a conflict',
    async run(store) {
      await requireCode('conflict', 'revision 2 of a new record', () => commit(store, { put: [record('a', 2)] }))
      await commit(store, { put: [record('a', 1, 1)] })
      for (const revision of [1, 3]) {
        const put = [record('a', revision, 9)]
        await requireCode('conflict', `revision ${revision} after 1`, () => commit(store, { put }))
      }
      requireEqual(await stored(store, 'a'), [record('a', 1, 1)], 'the record')
    },
  },
  {
    name: 'an expectation that does not hold is a conflict, also about records that the commit leaves alone',
    async run(store) {
      await commit(store, { put: [record('a', 1)] })
      await commit(store, { expect: [{ id: 'a', revision: 1 }], put: [record('b', 1)] })
      for (const [id, revision] of [
        ['a', 0],
        ['a', 2],
        ['absent', 1],
      ] as const) {
        await requireCode('conflict', `expecting ${id} at ${revision}`, () =>
          commit(store, { expect: [{ id, revision }], put: [record('c', 1)] }),
        )
      }
      requireEqual(await stored(store, 'c'), [], 'what the refused commits would have put')
    },
  },
  {
    name: 'a commit is done as a whole or not at all',
    async run(store) {
      await commit(store, { put: [record('a', 1, 1), record('b', 1, 1)] })
      const before = (await commit(store, { put: [record('op/x', 1)] })).sequence
      const halves: Partial<Commit>[] = [
        { put: [record('a', 2, 2), record('b', 9)] },
        { put: [record('a', 2, 2)], remove: ['b'], append: [{ log: 'store', position: 3, bytes: new Uint8Array(1) }] },
        { expect: [{ id: 'b', revision: 7 }], put: [record('a', 2, 2)], remove: ['b'] },
      ]
      for (const half of halves) await requireCode('conflict', 'a commit that half fits', () => commit(store, half))
      requireEqual(await stored(store, 'a', 'b'), [record('a', 1, 1), record('b', 1, 1)], 'the records')
      requireEqual(await store.list('log', '', '', 10), [], 'the logs')
      const after = (await commit(store, { put: [record('op/x', 2)] })).sequence
      require(after > before, 'the sequence to grow with each commit')
    },
  },
  {
    name: 'a removed record is gone and may be made anew; removing what is not there is no error',
    async run(store) {
      await commit(store, { put: [record('op/a', 1, 1)] })
      await commit(store, { remove: ['op/a', 'op/absent'] })
      requireEqual(await stored(store, 'op/a'), [], 'the removed record')
      requireEqual(await store.list('operational', '', '', 10), [], 'its class')
      await commit(store, { expect: [{ id: 'op/a', revision: 0 }], put: [record('op/a', 1, 2)] })
      requireEqual(await stored(store, 'op/a'), [record('op/a', 1, 2)], 'the record made anew')
    },
  },
  {
    name: 'lists are in the order of ids as bytes, by class, within the prefix, and paged',
    async run(store) {
      const names = ['key/Z', 'key/a', 'key/a!', 'key/a/1', 'key/a~', 'key/b', 'key', 'kez', 'op/key/a', 'op/key/b']
      await commit(store, { put: names.map((id) => record(id, 1)) })
      const inOrder = ['key/Z', 'key/a', 'key/a!', 'key/a/1', 'key/a~', 'key/b']
      requireEqual(ids(await store.list('administered', 'key/', '', 100)), inOrder, 'the list under key/')
      requireEqual(ids(await store.list('administered', '', '', 100)), ['key', ...inOrder, 'kez'], 'the whole class')
      requireEqual(ids(await store.list('operational', '', '', 100)), ['op/key/a', 'op/key/b'], 'the other class')
      requireEqual(ids(await store.list('operational', 'key/', '', 100)), [], 'a prefix of the other class')
      const paged: string[] = []
      for (;;) {
        const page = ids(await store.list('administered', 'key/', paged.at(-1) ?? '', 2))
        require(page.length <= 2, 'at most as many records as asked for')
        if (page.length === 0) break
        paged.push(...page)
      }
      requireEqual(paged, inOrder, 'the pages together')
      requireEqual(ids(await store.list('administered', 'key/', 'key/a0', 100)), inOrder.slice(4), 'after an absent id')
      requireEqual(ids(await store.list('administered', 'key/', 'key', 100)), inOrder, 'after an id before the prefix')
      requireEqual(ids(await store.list('administered', 'key/', 'key/', 100)), inOrder, 'after the prefix itself')
      requireEqual(ids(await store.list('administered', 'key/', 'kez', 100)), [], 'after an id beyond the prefix')
    },
  },
  {
    name: 'bytes are copied in and out, so that what a caller does with its own changes nothing',
    async run(store) {
      const mine = Uint8Array.of(1, 2, 3)
      const entry = Uint8Array.of(4)
      await commit(store, {
        put: [{ id: 'a', revision: 1, bytes: mine }],
        append: [{ log: 'store', position: 0, bytes: entry }],
      })
      mine.fill(9)
      entry.fill(9)
      for (const read of await store.read(['a', logEntryId('store', 0)])) read.bytes.fill(8)
      for (const read of await store.list('administered', '', '', 1)) read.bytes.fill(7)
      const expected = [record('a', 1, 1, 2, 3), record(logEntryId('store', 0), 1, 4)]
      requireEqual(await stored(store, 'a', logEntryId('store', 0)), expected, 'the records')
    },
  },
  {
    name: 'bytes that are a view on a larger buffer are taken as the view shows them',
    async run(store) {
      const view = Uint8Array.of(0, 1, 2, 3, 4).subarray(1, 3)
      await commit(store, { put: [{ id: 'a', revision: 1, bytes: view }] })
      requireEqual(await stored(store, 'a'), [record('a', 1, 1, 2)], 'the record')
    },
  },
  {
    name: 'of concurrent commits that expect the same, exactly one is done',
    async run(store) {
      await commit(store, { put: [record('a', 1)] })
      const racers = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => commit(store, { put: [record('a', 2, i)] }))
      const outcomes = await Promise.allSettled(racers)
      requireEqual(outcomes.filter(({ status }) => status === 'fulfilled').length, 1, 'the number of winners')
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected')
          await requireCode('conflict', 'a loser', () => Promise.reject(outcome.reason))
      }
      const winner = outcomes.findIndex(({ status }) => status === 'fulfilled')
      requireEqual(await stored(store, 'a'), [record('a', 2, winner)], 'the record')
    },
  },
  {
    name: 'after close every call is refused as closed, and closing again is no error',
    async run(store) {
      await store.close()
      await store.close()
      await requireCode('closed', 'read', () => store.read(['a']))
      await requireCode('closed', 'list', () => store.list('log', '', '', 1))
      await requireCode('closed', 'commit', () => commit(store, { put: [record('a', 1)] }))
      await requireCode('closed', 'watch', async () => {
        const first = store.watch(new AbortController().signal)[Symbol.asyncIterator]().next()
        await Promise.race([first, new Promise((resolve) => setTimeout(resolve, 1000))])
      })
    },
  },
]

const entry = (log: string, position: number, ...bytes: number[]): Commit['append'][number] => ({
  log,
  position,
  bytes: Uint8Array.from(bytes),
})

const logCases: readonly StoreCase[] = [
  {
    name: 'log entries get the positions they name, which have no gaps, in each log on its own',
    async run(store) {
      const first = await commit(store, { append: [entry('store', 0, 1), entry('ring-a', 0, 2), entry('store', 1, 3)] })
      requireEqual(first.positions, [0, 0, 1], 'the positions')
      requireEqual((await commit(store, { append: [entry('ring-a', 1, 4)] })).positions, [1], 'the next position')
      for (const [log, position] of [
        ['store', 0],
        ['store', 1],
        ['store', 3],
        ['ring-b', 1],
      ] as const) {
        await requireCode('conflict', `position ${position} of ${log}`, () =>
          commit(store, { append: [entry(log, position)] }),
        )
      }
      const log = await store.list('log', 'log/store/', '', 10)
      requireEqual(log, [record(logEntryId('store', 0), 1, 1), record(logEntryId('store', 1), 1, 3)], 'the log')
    },
  },
  {
    name: 'a log of more than ten entries lists in its order and page by page',
    async run(store) {
      const entries = Array.from({ length: 25 }, (_, i) => entry('store', i, i))
      await commit(store, { append: entries })
      const paged: number[] = []
      let after = ''
      for (;;) {
        const page = await store.list('log', 'log/store/', after, 10)
        if (page.length === 0) break
        paged.push(...page.map(({ bytes }) => bytes[0] as number))
        after = page.at(-1)?.id as string
      }
      requireEqual(
        paged,
        entries.map(({ position }) => position),
        'the entries in order',
      )
    },
  },
  {
    name: 'log entries can be neither put nor removed',
    async run(store) {
      await commit(store, { append: [entry('store', 0, 1)] })
      const id = logEntryId('store', 0)
      await requireCode('invalid-argument', 'a put', () => commit(store, { put: [record(id, 2, 9)] }))
      await requireCode('invalid-argument', 'a removal', () => commit(store, { remove: [id] }))
      requireEqual(await stored(store, id), [record(id, 1, 1)], 'the entry')
    },
  },
]

const limitCases: readonly StoreCase[] = [
  {
    name: 'ids are 1 to 256 characters of printable ASCII',
    async run(store) {
      const good = ['a', 'a'.repeat(storeLimits.idBytes), ' !"#$%&\'()*+,-./0:;<=>?@A[\\]^_`a{|}~', '%', "'"]
      await commit(store, { put: good.map((id) => record(id, 1)) })
      requireEqual((await store.read(good)).length, good.length, 'the number of records with unusual ids')
      requireEqual(ids(await store.list('administered', '%', '', 10)), ['%'], 'the list under %')
      for (const id of ['', 'a'.repeat(storeLimits.idBytes + 1), 'ä', 'a\0', 'a\n', '\x7f', '🗝']) {
        await requireCode('invalid-argument', `putting id ${JSON.stringify(id)}`, () =>
          commit(store, { put: [record(id, 1)] }),
        )
        await requireCode('invalid-argument', `reading id ${JSON.stringify(id)}`, () => store.read([id]))
      }
    },
  },
  {
    name: 'a record has at most 64 KiB, a log entry too',
    async run(store) {
      const whole = new Uint8Array(storeLimits.recordBytes).fill(0xa5)
      await commit(store, {
        put: [{ id: 'a', revision: 1, bytes: whole }],
        append: [{ log: 'store', position: 0, bytes: whole }],
      })
      const [back] = await store.read(['a'])
      require(back?.bytes.length === whole.length && back.bytes.every((byte) => byte === 0xa5), '65,536 bytes back')
      const long = new Uint8Array(storeLimits.recordBytes + 1)
      await requireCode('limit-exceeded', 'a longer record', () =>
        commit(store, { put: [{ id: 'b', revision: 1, bytes: long }] }),
      )
      await requireCode('limit-exceeded', 'a longer entry', () =>
        commit(store, { append: [{ log: 'store', position: 1, bytes: long }] }),
      )
    },
  },
  {
    name: 'a commit changes at most 1,000 records, each once; a call reads at most 1,000',
    async run(store) {
      const many = (count: number): StoredRecord[] =>
        Array.from({ length: count }, (_, i) => record(`key/${String(i).padStart(4, '0')}`, 1, i & 255))
      const full = many(storeLimits.commitRecords)
      await commit(store, { put: full })
      requireEqual((await store.read(ids(full))).length, 1000, 'the number of records read')
      requireEqual(ids(await store.list('administered', 'key/', '', 1000)), ids(full), 'the list')
      await requireCode('limit-exceeded', '1,001 records', () => commit(store, { remove: ids(many(1001)) }))
      await requireCode('invalid-argument', 'reading 1,001 ids', () => store.read(ids(many(1001))))
      for (const limit of [0, 1001, 1.5, -1])
        await requireCode('invalid-argument', `a list of ${limit}`, () => store.list('administered', '', '', limit))
      await requireCode('invalid-argument', 'a record put twice', () =>
        commit(store, { put: [record('a', 1), record('a', 2)] }),
      )
      await requireCode('invalid-argument', 'a record put and removed', () =>
        commit(store, { put: [record('a', 1)], remove: ['a'] }),
      )
      requireEqual(await stored(store, 'a', 'key/0000'), [record('key/0000', 1, 0)], 'what is left')
    },
  },
]

async function persists(store: KeyStore, { reopen }: KeyStoreSubject): Promise<void> {
  const { sequence } = await commit(store, {
    put: [record('a', 1, 1), record('op/b', 1, 2)],
    append: [entry('store', 0, 3)],
  })
  await commit(store, { put: [record('a', 2, 9)] })
  await store.close()
  const again = await reopen?.()
  require(again !== undefined, 'the subject of a persistent store to have `reopen`')
  try {
    const expected = [record('a', 2, 9), record(logEntryId('store', 0), 1, 3), record('op/b', 1, 2)]
    requireEqual(await stored(again, 'a', 'op/b', logEntryId('store', 0)), expected, 'the records')
    await requireCode('conflict', 'a position taken before', () => commit(again, { append: [entry('store', 0)] }))
    require((await commit(again, { put: [record('a', 3)] })).sequence > sequence + 1, 'the sequence to go on')
  } finally {
    await again.close()
  }
}

const sharedCases: readonly {
  readonly name: string
  run(store: KeyStore, other: KeyStore): Promise<void>
}[] = [
  {
    name: 'a commit is there for another instance as soon as it resolves',
    async run(store, other) {
      for (let revision = 1; revision <= 20; revision++) {
        const [writer, reader] = revision % 2 === 0 ? [store, other] : [other, store]
        await commit(writer, { put: [record('a', revision, revision)] })
        requireEqual(await stored(reader, 'a'), [record('a', revision, revision)], 'the record elsewhere')
      }
    },
  },
  {
    name: 'two instances that count in one record lose no count',
    async run(store, other) {
      const count = async (by: KeyStore): Promise<void> => {
        for (let done = 0; done < 15; ) {
          const revision = (await by.read(['counter']))[0]?.revision ?? 0
          try {
            await commit(by, { put: [record('counter', revision + 1)] })
            done++
          } catch (error) {
            await requireCode('conflict', 'a lost race', () => Promise.reject(error))
          }
        }
      }
      await Promise.all([count(store), count(other)])
      requireEqual(await stored(store, 'counter'), [record('counter', 30)], 'the counter')
    },
  },
  {
    name: 'a read is of one moment: records changed together are never seen apart',
    async run(store, other) {
      await commit(store, { put: [record('a', 1), record('op/b', 1)] })
      let ended = false
      const writing = (async () => {
        for (let next = 2; next <= 40; next++) await commit(other, { put: [record('a', next), record('op/b', next)] })
        ended = true
      })()
      while (!ended) {
        const [a, b] = await stored(store, 'a', 'op/b')
        require(a?.revision === b?.revision, 'both records at one revision')
        await new Promise((resolve) => setTimeout(resolve, 0))
      }
      await writing
    },
  },
  {
    name: "watch tells of another instance's commit",
    async run(store, other) {
      const stop = new AbortController()
      const sequences = store.watch(stop.signal)[Symbol.asyncIterator]()
      try {
        const heard = sequences.next()
        await new Promise((resolve) => setTimeout(resolve, 50))
        const { sequence } = await commit(other, { put: [record('a', 1)] })
        // Half a second is the promise; the rest is for a machine that is busy with other tests.
        const timeout = setTimeout(() => stop.abort(), 10_000)
        const { value } = await heard
        clearTimeout(timeout)
        requireEqual(value, sequence, 'the sequence heard')
      } finally {
        stop.abort()
        await sequences.return?.()
      }
    },
  },
]
