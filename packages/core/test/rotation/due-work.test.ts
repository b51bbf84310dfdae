import { afterEach, describe, expect, test, vi } from 'vitest'
import { type Finding, type KeyStore, type Kms, KmsError } from '../../src/index.ts'
import { testClock } from '../../src/testing/index.ts'
import { codeOf, newKms, openKms } from '../kms/memory-kms.ts'
import { interposed } from './interposed.ts'

const day = 86_400_000
const hour = 3_600_000
const never = { dueWork: false } as const

const finding = async (kms: Kms, name: string): Promise<Finding | undefined> =>
  (await kms.doctor()).find(({ check }) => check === name)

/** A store in which no version of a key can be made, as long as `broken` says so. */
function failing(store: KeyStore, broken: { key: string }): KeyStore {
  return {
    read: (ids) => store.read(ids),
    list: (kind, prefix, after, limit) => store.list(kind, prefix, after, limit),
    watch: (signal) => store.watch(signal),
    close: async () => {},
    commit: async (commit) => {
      if (broken.key !== '' && commit.put.some(({ id }) => id.startsWith('version/') && id.includes(broken.key))) {
        throw new KmsError('limit-exceeded', 'The disk is full.')
      }
      return store.commit(commit)
    },
  }
}

afterEach(() => {
  vi.useRealTimers()
})

describe('one process', () => {
  test('a process that waits longer than its lease keeps the work while it lives, and another leaves it alone', async () => {
    // Real time, for the claim is renewed in real time; waiting takes three times as long as it should.
    let ahead = 0
    const slow = {
      wall: () => Date.now() + ahead,
      pause: (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds * 3)),
    }
    const { kms, store } = await newKms(slow, 2_000)
    await kms.keys.create('k', { rotationDays: 1, transitionDays: 0 })
    const other = await openKms(store, { wall: slow.wall, ...never })
    ahead = 2 * day
    const first = kms.work()
    await new Promise((resolve) => setTimeout(resolve, 500))
    const second = await other.work()
    expect(second).toMatchObject({ elected: false, done: [] })
    expect(await first).toMatchObject({ elected: true, done: [{ kind: 'rotate' }] })
    expect((await kms.keys.show('k')).versions.length).toBe(2)
    expect((await kms.rotations.list({ all: true }))[0]?.step).toBe('done')
    await other.close()
    await kms.close()
  })

  test('a process that slept while another took over commits nothing more [C-78] [C-79]', async () => {
    const clock = testClock()
    let sleeping: (() => void) | undefined
    let asleep = (): void => {}
    const fellAsleep = new Promise<void>((resolve) => {
      asleep = resolve
    })
    // The first one sleeps in the middle of its work: neither its timers nor its calls go on.
    const intervals = vi.spyOn(globalThis, 'setInterval')
    const { kms, store } = await newKms({ ...clock })
    await kms.close()
    let sleeps = false
    const sleeper = await openKms(
      {
        ...store,
        read: (ids) => store.read(ids),
        list: (kind, prefix, after, limit) => store.list(kind, prefix, after, limit),
        watch: (signal) => store.watch(signal),
        close: async () => {},
        commit: async (commit) => {
          if (sleeps && commit.append.length > 0 && sleeping === undefined) {
            asleep()
            await new Promise<void>((resolve) => {
              sleeping = resolve
            })
          }
          return store.commit(commit)
        },
      } as KeyStore,
      { ...clock, ...never },
    )
    for (const name of ['a', 'b', 'c']) await sleeper.keys.create(name, { rotationDays: 1 })
    clock.advance(2 * day)
    sleeps = true
    const before = intervals.mock.results.length
    const first = sleeper.work()
    await fellAsleep
    for (const { value } of intervals.mock.results.slice(before)) clearInterval(value)
    const other = await openKms(store, { ...clock, ...never })
    const second = await other.work()
    expect(second).toMatchObject({ elected: true, failed: [] })
    expect(second.done.length).toBe(3)
    sleeping?.()
    const late = await first
    expect(late.done).toEqual([])
    for (const name of ['a', 'b', 'c']) expect((await other.keys.show(name)).versions.length).toBe(2)
    const log = await store.list('log', 'log/', '', 1_000)
    const generated = log.filter(({ bytes }) => new TextDecoder().decode(bytes).includes('"rotation.generate"'))
    expect(generated.length).toBe(3)
    await other.close()
    await sleeper.close()
  })

  test('two calls of one process share one run', async () => {
    const clock = testClock()
    const { kms } = await newKms({ ...clock })
    for (const name of ['a', 'b']) await kms.keys.create(name, { rotationDays: 1 })
    clock.advance(2 * day)
    const [first, second] = await Promise.all([kms.work(), kms.work()])
    expect(second).toBe(first)
    expect(first.done.length).toBe(2)
    await kms.close()
  })

  test('when the first was killed another takes over after a lease, and one that closes leaves nothing to wait for', async () => {
    const clock = testClock()
    const { kms, store } = await newKms({ ...clock })
    await kms.keys.create('k', { rotationDays: 1, transitionDays: 0 })
    const other = await openKms(store, { ...clock, ...never })
    clock.advance(2 * day)
    // The first is stuck for ever in its wait for leases.
    const stuck = await openKms(store, { ...clock, ...never, pause: () => new Promise(() => {}) })
    void stuck.work().catch(() => {})
    await vi.waitFor(async () => expect((await kms.keys.show('k')).versions.length).toBe(2))
    await vi.waitFor(async () => expect((await kms.rotations.list())[0]?.step).toBe('retire'))
    await stuck.close()
    const waited = clock.monotonic()
    expect(await other.work()).toMatchObject({ elected: true, done: [{ kind: 'retire', step: 'retire' }] })
    expect((await kms.rotations.list({ all: true }))[0]?.step).toBe('done')
    // One wait for the leases that the retirement outlasts, and none for the claim.
    expect(clock.monotonic() - waited).toBe(33_000)
    await other.close()
    await kms.close()
  })

  test('an open process does it soon after opening, and then in each period', async () => {
    const clock = testClock()
    const { kms: maker, store } = await newKms({ ...clock })
    await maker.keys.create('k', { rotationDays: 2 })
    await maker.close()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const kms = await openKms(store, { ...clock })
    clock.advance(2 * day)
    vi.advanceTimersByTime(31_000)
    await vi.waitUntil(async () => (await kms.keys.show('k')).primary === '2', { timeout: 10_000 })
    clock.advance(2 * day)
    await vi.waitUntil(
      async () => {
        vi.advanceTimersByTime(4_000_000)
        return (await kms.keys.show('k')).primary === '3'
      },
      { timeout: 10_000 },
    )
    await kms.close()
  })
})

describe('the clock', () => {
  test('runs a minute apart do not make a daily timer implausible', async () => {
    const clock = testClock()
    const { kms, store } = await newKms({ ...clock })
    await kms.work()
    clock.advance(60_000)
    await kms.work()
    await kms.close()
    for (let i = 0; i < 3; i++) {
      clock.advance(day + hour)
      const timer = await openKms(store, { ...clock, ...never })
      expect((await timer.work()).elected).toBe(true)
      await timer.close()
    }
  })

  test('a first run trusts no clock that is a year ahead, whatever was written since it jumped', async () => {
    const clock = testClock()
    const { kms, store } = await newKms({ ...clock })
    await kms.keys.create('k')
    await kms.close()
    clock.jump(400 * day)
    const jumped = await openKms(store, { ...clock, ...never })
    await jumped.keys.create('another')
    expect(await codeOf(() => jumped.work())).toBe('clock-implausible')
    expect((await jumped.keys.show('k')).versions.length).toBe(1)
    expect(await finding(jumped, 'clock')).toMatchObject({ status: 'warn' })
    await jumped.close()
  })

  test('a clock that jumps ahead, or back, rotates and destroys nothing, in the process that saw it and in the next [C-80]', async () => {
    const clock = testClock()
    const { kms, store } = await newKms({ ...clock })
    for (const name of ['a', 'b', 'c']) await kms.keys.create(name)
    for (let i = 0; i < 5; i++) {
      await kms.work()
      clock.advance(day)
    }
    const { version } = await kms.keys.importVersion('a', crypto.getRandomValues(new Uint8Array(32)))
    await kms.keys.compromise('a', version)
    await kms.keys.destroy('a', version, { waitDays: 30 })
    const later = await openKms(store, { ...clock, ...never })
    const refused = async (one: Kms): Promise<void> => {
      expect(await codeOf(() => one.work())).toBe('clock-implausible')
      expect(await codeOf(() => one.keys.destroy('a', version))).not.toBe('no error')
      for (const name of ['a', 'b', 'c']) expect((await one.keys.show(name)).primary).toBe('1')
      expect((await one.keys.version('a', version)).state).toBe('compromised')
    }
    clock.jump(400 * day)
    const next = await openKms(store, { ...clock, ...never })
    for (const one of [kms, later, next]) await refused(one)
    expect(await codeOf(() => kms.keys.destroy('a', version))).toBe('clock-implausible')
    clock.jump(-800 * day)
    for (const one of [kms, later, next]) await refused(one)
    expect(await finding(kms, 'clock')).toMatchObject({ status: 'fail' })
    clock.jump(400 * day)
    expect((await kms.work()).elected).toBe(true)
    for (const one of [kms, later, next]) await one.close()
  })

  test('a gap that is true is accepted by one call with a reason, which the log keeps and other processes go by', async () => {
    const clock = testClock()
    const { kms, store } = await newKms({ ...clock })
    await kms.keys.create('k')
    await kms.work()
    await kms.close()
    clock.advance(400 * day)
    const timer = await openKms(store, { ...clock, ...never })
    expect(await codeOf(() => timer.work())).toBe('clock-implausible')
    expect(await codeOf(() => timer.clock.accept({ reason: '' }))).toBe('invalid-argument')
    expect(await timer.clock.accept({ reason: 'switched off for a year' })).toMatchObject({ standing: 'plausible' })
    const log = await store.list('log', `log/${timer.info.ring.id}/`, '', 1_000)
    expect(new TextDecoder().decode(log.at(-1)?.bytes)).toContain('switched off for a year')
    const another = await openKms(store, { ...clock, ...never })
    expect((await another.work()).done.length).toBe(1)
    await another.close()
    await timer.close()
  })

  test('a clock that was a year ahead and accepted can be set back, and accepted again', async () => {
    const clock = testClock()
    const { kms, store } = await newKms({ ...clock })
    await kms.keys.create('k')
    clock.jump(400 * day)
    await kms.clock.accept({ reason: 'a mistake' })
    expect((await kms.work()).done.length).toBe(1)
    clock.jump(-400 * day)
    expect(await codeOf(() => kms.work())).toBe('clock-implausible')
    await kms.clock.accept({ reason: 'it was wrong' })
    expect((await kms.work()).elected).toBe(true)
    const another = await openKms(store, { ...clock, ...never })
    expect((await another.work()).elected).toBe(true)
    await another.close()
    await kms.close()
  })

  test('a process that has been open all the time knows that the time has passed', async () => {
    const clock = testClock()
    const { kms } = await newKms({ ...clock })
    await kms.keys.create('k')
    clock.advance(400 * day)
    expect((await kms.work()).done.length).toBe(1)
    await kms.close()
  })
})

describe('what fails', () => {
  test('is tried ten times with growing pauses, is recorded and shown with its last error, and fails the doctor [C-77]', async () => {
    const clock = testClock()
    const { kms: maker, store: memory } = await newKms({ ...clock })
    const bad = await maker.keys.create('bad', { rotationDays: 1 })
    await maker.keys.create('good', { rotationDays: 1 })
    await maker.close()
    const broken = { key: bad.id }
    const kms = await openKms(failing(memory, broken), { ...clock, ...never })
    clock.advance(day)
    expect(await kms.work()).toMatchObject({
      done: [{ key: 'good' }],
      failed: [{ key: 'bad', code: 'limit-exceeded' }],
    })
    const [record] = await memory.list('operational', 'op/work/', '', 1)
    const { record: work } = JSON.parse(new TextDecoder().decode(record?.bytes))
    expect(work).toMatchObject({
      kind: 'work',
      state: 'idle',
      interval: day,
      size: expect.any(Number),
      attempts: [{ item: 'rotate', key: bad.id, rotation: '', count: 1, code: 'limit-exceeded' }],
    })
    const message = (await finding(kms, 'due-work'))?.message
    expect(message).toMatch(/1 item fails: bad \(rotate, tried 1 time, again from .*: The disk is full\.\)/)
    let tried = 1
    const at: number[] = [0]
    for (let hours = 1; hours < 200; hours++) {
      clock.advance(hour)
      const { failed } = await kms.work()
      if (!failed.some(({ key }) => key === 'bad')) continue
      tried++
      at.push(hours)
    }
    expect(tried).toBe(10)
    expect(at.slice(0, 6)).toEqual([0, 1, 3, 7, 15, 31])
    const item = (await kms.due()).find(({ key, kind }) => key === 'bad' && kind === 'rotate')
    expect(item).toMatchObject({
      automatic: false,
      failure: { count: 10, next: null, code: 'limit-exceeded', message: 'The disk is full.' },
    })
    expect(await finding(kms, 'due-work')).toMatchObject({
      status: 'fail',
      message: expect.stringContaining('given up'),
    })
    broken.key = ''
    expect((await kms.work({ retry: true })).done).toMatchObject([{ key: 'bad' }])
    expect((await kms.due()).filter(({ failure }) => failure !== undefined)).toEqual([])
    expect(await finding(kms, 'due-work')).toMatchObject({ status: 'pass' })
    await kms.close()
  })

  test('doctor fails when nothing has run for two periods, or when what is due waits for two days', async () => {
    const clock = testClock()
    const { kms } = await newKms({ ...clock, ...never })
    await kms.keys.create('k', { rotationDays: 10 })
    const status = async (): Promise<string | undefined> => (await finding(kms, 'due-work'))?.status
    expect(await status()).toBe('pass')
    clock.advance(13 * day)
    expect(await status()).toBe('fail')
    await kms.work()
    expect(await status()).toBe('pass')
    clock.advance(2 * day)
    expect(await status()).toBe('pass')
    clock.advance(1)
    expect(await status()).toBe('fail')
    await kms.work({ interval: hour })
    clock.advance(3 * hour)
    expect(await status()).toBe('warn')
    await kms.work({ interval: 7 * day })
    clock.advance(13 * day)
    expect((await finding(kms, 'due-work'))?.message).toContain('k (rotate)')
    await kms.close()
  })
})

describe('what is read', () => {
  /** A store that notes which records are asked for, by the beginnings of their ids. */
  function noting(store: KeyStore, of: string[]): KeyStore {
    return {
      read: (ids) => {
        of.push(...ids)
        return store.read(ids)
      },
      list: (kind, prefix, after, limit) => {
        of.push(prefix)
        return store.list(kind, prefix, after, limit)
      },
      commit: (commit) => store.commit(commit),
      watch: (signal) => store.watch(signal),
      close: async () => {},
    }
  }

  test('rotations that have ended are not looked at, and the record of a key once', async () => {
    const clock = testClock()
    const { kms, store } = await newKms({ ...never, ...clock })
    for (const name of ['old', 'due', 'plain']) {
      await kms.keys.create(name, { rotationDays: 20, transitionDays: 1 })
    }
    for (let i = 0; i < 3; i++) await kms.keys.rotate('old')
    clock.advance(2 * day)
    expect((await kms.work()).done.map(({ kind }) => kind)).toEqual(['retire', 'retire', 'retire'])
    const [begun] = await kms.rotations.list({ key: 'old', all: true })
    expect(begun?.step).toBe('done')
    clock.advance(day)
    await kms.keys.rotate('due')
    clock.advance(2 * day)
    const asked: string[] = []
    const other = await openKms(noting(store, asked), { ...never, ...clock })
    asked.length = 0
    expect(await other.due()).toMatchObject([{ kind: 'retire', key: 'due' }])
    const { id } = await kms.keys.show('due')
    const rotations = asked.filter((one) => one.startsWith('rotation/'))
    expect(rotations.length).toBeGreaterThan(0)
    expect(rotations.every((one) => one.includes(id))).toBe(true)
    expect(asked.filter((one) => one.startsWith('key/') && one.includes(id))).toEqual([])
    expect((await other.work()).done).toMatchObject([{ kind: 'retire', key: 'due', step: 'retire' }])
    asked.length = 0
    expect(await other.due()).toEqual([])
    expect(asked.filter((one) => one.startsWith('rotation/'))).toEqual([])
  })

  test('a rotation that is gone on with and the end of a period are told apart: one run makes one version', async () => {
    const clock = testClock()
    const { kms, store } = await newKms({ ...never, ...clock })
    await kms.keys.create('a', { rotationDays: 1, transitionDays: 5 })
    const dead = interposed(store, 2, () => Promise.reject(new Error('gone')))
    const victim = await openKms(dead, { ...never, ...clock })
    await expect(victim.keys.rotate('a')).rejects.toThrow('gone')
    clock.advance(2 * day)
    expect((await kms.work()).done.map(({ kind }) => kind)).toEqual(['resume'])
    expect((await kms.keys.show('a')).versions.length).toBe(2)
  })

  test.each(['rollback', 'incident'])('nothing under way is missed or counted twice after a %s', async (what) => {
    const clock = testClock()
    const { kms } = await newKms({ ...never, ...clock })
    await kms.keys.create('a', { rotationDays: 90, transitionDays: 1 })
    await kms.keys.rotate('a')
    const [rotation] = await kms.rotations.list()
    if (what === 'rollback') await kms.rotations.rollback(rotation?.id ?? '')
    else await kms.incidents.declare('departure', { keys: ['a'] }, { reason: 'x' })
    await kms.keys.rotate('a')
    clock.advance(2 * day)
    const expected = what === 'rollback' ? ['retire'] : ['retire', 'retire', 'retire']
    expect((await kms.due()).map(({ kind }) => kind)).toEqual(expected)
    expect((await kms.work()).done.map(({ kind }) => kind)).toEqual(expected)
    expect(await kms.due()).toEqual([])
    expect((await kms.keys.show('a')).versions.filter(({ state }) => state === 'active').length).toBe(1)
  })
})
