import { createCipheriv, createHmac, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { rewrappingModule } from '../dist/rewrapping.js'

const laneRoom = 32_768
const headerAt = 32
const longest = laneRoom - 64

type Call = (...args: readonly number[]) => number

function instantiate() {
  const exports = new WebAssembly.Instance(rewrappingModule()).exports
  const memory = new Uint8Array((exports.memory as WebAssembly.Memory).buffer)
  const at = (name: string): number => (exports[name] as WebAssembly.Global).value as number
  return { add: exports.rewrapAdd as Call, end: exports.rewrapEnd as Call, memory, at }
}

const wrap = (kek: Uint8Array, key: Uint8Array): Buffer =>
  createCipheriv('id-aes256-wrap', kek, Buffer.alloc(8, 0xa6)).update(key)

/** The header's bytes with wrapped key and mac in their places (envelope v1, mode 2). */
function headerOf(bytes: Uint8Array, at: number, kek: Uint8Array, key: Uint8Array): Buffer {
  const header = Buffer.from(bytes)
  wrap(kek, key).copy(header, at)
  const macked = header.subarray(0, -32)
  const mac = createHmac('sha512', key).update('kms1/header\0').update(macked).update('\x01').digest()
  mac.copy(header, macked.length, 0, 32)
  return header
}

test('headers of all lengths come out as node:crypto makes them, whichever lanes are taken', () => {
  const { add, end, memory, at } = instantiate()
  const lengths = [72, 73, 103, 139, 140, 141, 255, 256, 1_000, 5_001, longest]
  for (let round = 0; round < 60; round++) {
    const lanes = 1 + (round % 8)
    const expected = Array.from({ length: lanes }, (_, lane) => {
      const [key, kek, nextKek] = [randomBytes(32), randomBytes(32), randomBytes(32)]
      const [length, nextLength] = [round + lane, 3 * round + lane].map((n) => lengths[n % lengths.length] as number)
      const [oldAt, nextAt] = [length, nextLength].map((n) => Math.floor(((n as number) - 72) * Math.random()))
      const old = headerOf(randomBytes(length as number), oldAt as number, kek, key)
      const bytes = randomBytes(nextLength as number)
      memory.set(kek, at('keyAt'))
      memory.set(nextKek, at('keyAt') + 32)
      memory.set(old, at('inAt') + lane * laneRoom + headerAt)
      memory.set(bytes, at('outAt') + lane * laneRoom + headerAt)
      expect(add(lane, old.length, oldAt as number, bytes.length, nextAt as number)).toBe(0)
      return headerOf(bytes, nextAt as number, nextKek, key)
    })
    expect(end(lanes)).toBe(0)
    for (const [lane, header] of expected.entries()) {
      const from = at('outAt') + lane * laneRoom + headerAt
      expect(Buffer.compare(memory.subarray(from, from + header.length), header)).toBe(0)
    }
  }
})

test('one changed bit of a header is refused in its lane alone, and leaves zeros there', () => {
  const { add, end, memory, at } = instantiate()
  const length = 103
  for (let bit = 0; bit < 8 * length; bit++) {
    for (const lane of [0, 1, 2]) {
      const kek = randomBytes(32)
      const header = headerOf(randomBytes(length), 31, kek, randomBytes(32))
      if (lane === 1) header[bit >> 3] = (header[bit >> 3] as number) ^ (1 << (bit & 7))
      memory.set(kek, at('keyAt'))
      memory.set(header, at('inAt') + lane * laneRoom + headerAt)
      memory.set(header, at('outAt') + lane * laneRoom + headerAt)
      add(lane, length, 31, length, 31)
    }
    expect(end(3)).toBe(2)
    const from = at('outAt') + laneRoom + headerAt
    expect(memory.subarray(from, from + length).every((byte) => byte === 0)).toBe(true)
  }
})

test('what does not lie in a lane is refused, and the keys are wiped all the same', () => {
  const { add, end, memory, at } = instantiate()
  for (const args of [
    [8, 103, 31, 103, 31],
    [-1, 103, 31, 103, 31],
    [0, longest + 1, 31, 103, 31],
    [0, 103, 31, longest + 1, 31],
    [0, 71, 0, 103, 31],
    [0, 103, 32, 103, 31],
    [0, 103, 31, 103, 32],
    [0, 103, -1, 103, 31],
    [0, 2 ** 32 - 1, 31, 103, 31],
  ]) {
    memory.fill(7, at('keyAt'), at('keyAt') + 64)
    expect(add(...args), String(args)).toBe(-3)
    expect(memory.subarray(at('keyAt'), at('keyAt') + 64).every((byte) => byte === 0)).toBe(true)
  }
  expect(end(9)).toBe(-3)
})
