import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { instantiate } from './instance.ts'

const closed = -1
const full = -4
const slotCount = 4096

type Instance = ReturnType<typeof instantiate>

function importKey({ call, area, memory }: Instance, serial: number): number {
  memory.set(randomBytes(32), area('keyAt'))
  return call('importKey', serial)
}

/** Every call that takes a handle, with arguments that are in range. */
const uses: readonly (readonly [string, ...number[]])[] = [
  ['expandKey', 4],
  ['deriveKey', 4, 99, 0],
  ['prepare', 1, 27],
  ['headerLength'],
  ['seal', 0, 10, 0],
  ['open', 0, 200],
  ['sealBegin', 0],
  ['openBegin', 0],
  ['messageKey', 0],
  ['sealSalted', 0, 10],
  ['slotMacBegin'],
  ['release'],
]

test('a released handle is no handle to any call, also when its slot is another key’s by then', () => {
  const instance = instantiate()
  const { call } = instance
  const stale = importKey(instance, 1)
  expect(call('release', stale)).toBe(0)
  for (const [name, ...rest] of uses) expect(call(name, stale, ...rest), name).toBe(closed)
  const next = importKey(instance, 2)
  expect(next % slotCount).toBe(stale % slotCount)
  for (const [name, ...rest] of uses) expect(call(name, stale, ...rest), name).toBe(closed)
  expect(call('expandKey', next, 4)).toBe(64)
})

test('a handle of another instance, a made-up one, and no number at all are no handles', () => {
  const instance = instantiate()
  const { call } = instance
  const held = importKey(instance, 7)
  const foreign = importKey(instantiate(), 8)
  const others = [foreign, held + 1, held + slotCount, held - slotCount, -held, 0, 2 ** 53, 2 ** 64, 1e300]
  for (const handle of [...others, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    for (const [name, ...rest] of uses) expect(call(name, handle, ...rest), `${name} ${handle}`).toBe(closed)
  }
})

test('a slot is freed once: a second release gives nobody two handles of one slot', () => {
  const instance = instantiate()
  const first = importKey(instance, 1)
  instance.call('release', first)
  expect(instance.call('release', first)).toBe(closed)
  const slots = [2, 3, 4].map((serial) => importKey(instance, serial) % slotCount)
  expect(new Set(slots).size).toBe(3)
})

test('a freed slot is zeros, and so are all of them after a wipe', () => {
  const instance = instantiate()
  const { call, memory } = instance
  const before = Buffer.from(memory)
  const handles = [1, 2, 3].map((serial) => importKey(instance, serial))
  for (const handle of handles) call('prepare', handle, 1, 27)
  const [first, ...others] = handles as [number, number, number]
  const changed = (): number[] => [...memory.keys()].filter((i) => memory[i] !== before[i])
  const held = changed()
  expect(held.length).toBeGreaterThan(3 * 100) // two states of 64 bytes each
  call('release', first)
  const left = changed()
  expect(held.length - left.length).toBeGreaterThan(100)
  for (const handle of others) expect(call('expandKey', handle, 0)).toBe(64)
  call('wipe')
  expect(changed()).toEqual([])
  for (const handle of handles) expect(call('headerLength', handle)).toBe(closed)
})

test('the table is bounded, and a full one gives a slot again once one is freed', () => {
  const instance = instantiate()
  const handles = Array.from({ length: slotCount }, (_, i) => importKey(instance, i + 1))
  expect(new Set(handles.map((handle) => handle % slotCount)).size).toBe(slotCount)
  expect(importKey(instance, 5000)).toBe(full)
  const some = handles[77] as number
  expect(instance.call('deriveKey', some, 0, 5001, 0)).toBe(full)
  instance.call('release', some)
  expect(importKey(instance, 5002) % slotCount).toBe(some % slotCount)
})
