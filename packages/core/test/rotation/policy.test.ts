import { describe, expect, test, vi } from 'vitest'
import { ceilingAt, type ProfileName, profiles, type Warning } from '../../src/index.ts'
import { testClock } from '../../src/testing/index.ts'
import { codeOf, newKms } from '../kms/memory-kms.ts'

const day = 86_400_000
const names = Object.keys(profiles) as ProfileName[]

describe('profiles', () => {
  test.each(names)('%s: its periods keep to the strictest rule in force, whose source is named', async (profile) => {
    const { kms } = await newKms(testClock(new Date('2026-11-25')))
    const { rotationDays } = await kms.keys.create('k', { profile })
    const { now } = ceilingAt(profiles[profile], Date.parse('2026-11-25'))
    expect(rotationDays).toBeLessThanOrEqual(now?.days ?? 0)
    expect(now?.source).toMatch(/NIST|PCI|CA\/Browser|requirement/)
    expect(await codeOf(() => kms.keys.setPolicy('k', { rotationDays: (now?.days ?? 0) + 1 }))).toBe('invalid-argument')
    expect(await codeOf(() => kms.keys.setPolicy('k', { rotationDays: null }))).toBe('invalid-argument')
    expect((await kms.keys.setPolicy('k', { rotationDays: 30 })).rotationDays).toBe(30)
    const free = await kms.keys.setPolicy('k', { profile: null, rotationDays: 5_000, processingDays: null })
    expect(free).toMatchObject({ profile: null, rotationDays: 5_000, processingDays: null })
  })

  test('no profile allows more than requirement R1', () => {
    const year = 365
    const most: Record<ProfileName, number> = {
      'data-key': 2 * year,
      'high-security': 90,
      'pci-dss': year,
      tls: year,
      'code-signing': 3 * year,
      ssh: year,
      'mail-signing': 3 * year,
    }
    for (const name of names) {
      const { now } = ceilingAt(profiles[name], Date.parse('2026-11-25'))
      expect(now?.days, name).toBeLessThanOrEqual(most[name])
      expect(profiles[name].rotationDays, name).toBeLessThanOrEqual(most[name])
    }
    expect(profiles['data-key'].rotationDays).toBeGreaterThanOrEqual(year)
    expect(profiles['mail-signing'].rotationDays).toBeGreaterThanOrEqual(2 * year)
  })

  test('a rule that comes into force later binds keys that were made before, and their end is known beforehand', async () => {
    const clock = testClock(new Date('2027-02-01'))
    const { kms } = await newKms({ ...clock, dueWork: false })
    const key = await kms.keys.create('k', { profile: 'tls', rotationDays: 200 })
    // 100 days from 2027-03-15 on, which are over on 2027-05-12.
    expect(key.rotationDue?.toISOString().slice(0, 10)).toBe('2027-05-12')
    clock.advance(99 * day)
    expect((await kms.due()).map(({ kind }) => kind)).toEqual(['ends-soon'])
    clock.advance(day)
    expect((await kms.work()).done).toMatchObject([{ kind: 'rotate', key: 'k' }])
    // An older key whose period by the rule is over when the rule begins ends on that day.
    const old = await newKms({ ...testClock(new Date('2026-11-01')), dueWork: false })
    const before = await old.kms.keys.create('k', { profile: 'tls', rotationDays: 200 })
    expect(before.rotationDue?.toISOString().slice(0, 10)).toBe('2027-03-15')
    await old.kms.close()
    await kms.close()
  })

  test('a rule that comes into force later binds from then on', async () => {
    const { tls } = profiles
    expect(ceilingAt(tls, Date.parse('2026-11-25'))).toMatchObject({
      now: { days: 200 },
      next: { days: 100, from: '2027-03-15' },
    })
    expect(ceilingAt(tls, Date.parse('2029-03-15'))).toMatchObject({ now: { days: 47 } })
    const { kms } = await newKms(testClock(new Date('2029-04-01')))
    expect(await kms.keys.create('k', { profile: 'tls' })).toMatchObject({ rotationDays: 47 })
  })

  test('unless told otherwise a key is rotated every year, with a transition of 30 days', async () => {
    const { kms } = await newKms()
    expect(await kms.keys.create('k')).toMatchObject({
      profile: 'data-key',
      rotationDays: 365,
      processingDays: 1_460,
      transitionDays: 30,
    })
    expect(await kms.keys.create('own', { rotationDays: 10 })).toMatchObject({
      profile: null,
      rotationDays: 10,
      processingDays: null,
    })
    expect(await kms.keys.create('never', { rotationDays: null })).toMatchObject({ profile: null, rotationDays: null })
    expect(await codeOf(() => kms.keys.create('x', { processingDays: 5, rotationDays: 10 }))).toBe('invalid-argument')
    expect(await codeOf(() => kms.keys.create('x', { transitionDays: -1 }))).toBe('invalid-argument')
    expect(await codeOf(() => kms.keys.create('x', { profile: 'none' as ProfileName }))).toBe('invalid-argument')
    expect((await kms.keys.setPolicy('k', { transitionDays: 7 })).transitionDays).toBe(7)
  })
})

describe('due work', () => {
  test('nearly three years of a key: rotated each year, old versions retired after 30 days, all of it open, nothing destroyed', async () => {
    const clock = testClock()
    const { kms } = await newKms(clock)
    await kms.keys.create('k')
    const sealed: Uint8Array[] = []
    for (let at = 0; at < 1_050; at += 5) {
      sealed.push(await kms.encrypt(`${at}`, { key: 'k', context: { at: `${at}` } }))
      await kms.work()
      clock.advance(5 * day)
    }
    const { versions } = await kms.keys.show('k')
    expect(versions.map(({ state }) => state)).toEqual(['deactivated', 'deactivated', 'active'])
    const years = versions.map(({ created }) => Math.round((created.getTime() - Date.parse('2026-01-01')) / day))
    expect(years).toEqual([0, 365, 730])
    expect(await kms.rotations.list()).toEqual([])
    for (const [index, envelope] of sealed.entries()) {
      expect(await kms.decryptText(envelope, { key: 'k', context: { at: `${index * 5}` } })).toBe(`${index * 5}`)
    }
    expect((await kms.doctor()).filter(({ status }) => status !== 'pass').map(({ check }) => check)).toEqual(['roots'])
    await kms.close()
  })

  test('what is due is named, with a notice before; one run begins so many rotations, and the next the rest', async () => {
    const clock = testClock()
    const warnings: Warning[] = []
    const { kms } = await newKms({ ...clock, onWarning: (warning) => warnings.push(warning) })
    for (let i = 0; i < 5; i++) await kms.keys.create(`k${i}`, { rotationDays: 100 })
    await kms.keys.create('idle', { rotationDays: null })
    await kms.keys.retire('idle', 1)
    expect(await kms.due()).toMatchObject([{ kind: 'no-primary', key: 'idle', automatic: false }])
    clock.advance(91 * day)
    expect((await kms.due()).map(({ kind }) => kind).sort()).toEqual([...Array(5).fill('ends-soon'), 'no-primary'])
    await kms.use('k0')
    expect(warnings.filter(({ code }) => code === 'rotation-due').map(({ message }) => message)).toEqual([
      '"k0" is due for rotation on 2026-04-11.',
    ])
    clock.advance(10 * day)
    const first = await kms.work({ limit: 3 })
    expect(first.done.map(({ kind }) => kind)).toEqual(['rotate', 'rotate', 'rotate'])
    expect(first.left.filter(({ kind }) => kind === 'rotate').length).toBe(2)
    clock.advance(60_000)
    expect((await kms.work({ limit: 3 })).done.length).toBe(2)
    expect((await kms.work()).done).toEqual([])
    await kms.close()
  })

  test('a handle that is held for months is told of the end of its period, once before and once after', async () => {
    const clock = testClock()
    const warnings: string[] = []
    const { kms } = await newKms({
      ...clock,
      dueWork: false,
      onWarning: ({ code, message }) => code === 'rotation-due' && warnings.push(message),
    })
    await kms.keys.create('k', { rotationDays: 300 })
    using key = await kms.use('k')
    for (let at = 0; at < 310; at++) {
      await key.renew()
      clock.advance(day)
    }
    expect(warnings).toEqual([
      '"k" is due for rotation on 2026-10-28.',
      '"k" was due for rotation on 2026-10-28. kms key rotate, or kms rotate --due from a timer.',
    ])
    await kms.close()
  })

  test('a handle is told in the background, too', async () => {
    const clock = testClock()
    const warnings: string[] = []
    const onWarning = ({ code }: Warning): unknown => code === 'rotation-due' && warnings.push(code)
    const { kms } = await newKms({ ...clock, dueWork: false, onWarning }, 2_000)
    await kms.keys.create('k', { rotationDays: 300 })
    using _ = await kms.use('k')
    clock.advance(271 * day)
    await vi.waitFor(() => expect(warnings.length).toBe(1), { timeout: 5_000 })
    await kms.close()
  })

  test('a version that is older than it should be is named, and goes on opening', async () => {
    const clock = testClock()
    const { kms } = await newKms(clock)
    await kms.keys.create('k', { rotationDays: 100, processingDays: 200 })
    const envelope = await kms.encrypt('x', { key: 'k', context: { a: '1' } })
    await kms.keys.rotate('k')
    await kms.keys.retire('k', 1)
    clock.advance(201 * day)
    expect((await kms.due()).filter(({ kind }) => kind === 'processing-ended').length).toBeGreaterThan(0)
    expect(await kms.decryptText(envelope, { key: 'k', context: { a: '1' } })).toBe('x')
    await kms.close()
  })

  test('who may only use the ring does no due work, and a record of it that is forged counts for nothing', async () => {
    const clock = testClock()
    const { kms, store } = await newKms(clock)
    await kms.keys.create('k')
    await kms.work()
    const [record] = await store.list('operational', 'op/work/', '', 1)
    const { id, revision, bytes } = record as { id: string; revision: number; bytes: Uint8Array }
    const forged = bytes.map((byte, i) => (i === bytes.length - 10 ? byte ^ 1 : byte))
    await store.commit({ expect: [], put: [{ id, revision: revision + 1, bytes: forged }], remove: [], append: [] })
    clock.advance(day)
    expect((await kms.work()).elected).toBe(true)
    await kms.close()
  })
})
