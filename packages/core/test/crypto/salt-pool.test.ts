import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { poolLength, SaltPool } from '../../src/hazmat.ts'

let now = 0
let fills = 0
const pool = new Uint8Array(poolLength)

/** Each filling is another one, and all its salts differ. */
function fill(bytes: Uint8Array): void {
  fills++
  for (let i = 0; i < bytes.length; i++) bytes[i] = i % 24 === 0 ? fills : Math.floor(i / 24)
}

beforeEach(() => {
  now = 1_000_000
  fills = 0
  vi.spyOn(performance, 'now').mockImplementation(() => now)
})

afterEach(() => {
  vi.restoreAllMocks()
})

test('a pool has no more than a kibibyte, and hands out no salt twice', () => {
  expect(poolLength).toBeLessThanOrEqual(1024)
  const salts = new SaltPool(pool, fill)
  const taken = Array.from({ length: 200 }, () => String(salts.takeCopy()))
  expect(new Set(taken).size).toBe(200)
})

test('what is left of a pool after 100 ms is not handed out', () => {
  const salts = new SaltPool(pool, fill)
  expect(salts.takeCopy()[0]).toBe(1)
  now += 100
  expect(salts.takeCopy()[0]).toBe(1)
  now += 1
  expect(salts.takeCopy()[0]).toBe(2)
  now += 99
  expect(salts.takeCopy()[0]).toBe(2)
  now += 2
  expect(salts.takeCopy()[0]).toBe(3)
})

test('a salt is gone from the pool once it was taken, and dropping forgets the rest', () => {
  const salts = new SaltPool(pool, fill)
  salts.takeCopy()
  expect(pool.subarray(0, 24)).toEqual(new Uint8Array(24))
  salts.drop()
  expect(pool).toEqual(new Uint8Array(poolLength))
  expect(salts.takeCopy()[0]).toBe(2)
})
