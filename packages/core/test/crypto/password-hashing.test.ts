import { scryptSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Argon2idCost, argon2id, type ScryptCost, scrypt } from '../../src/hazmat.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const text = (string: string): Uint8Array => new TextEncoder().encode(string)
const filled = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value)
const salt = filled(16, 7)

describe('Argon2id', () => {
  test('RFC 9106 §5.3', async () => {
    const tag = await argon2id(filled(32, 1), filled(16, 2), { memoryKiB: 32, passes: 3, lanes: 4 }, 32, {
      secret: filled(8, 3),
      associatedData: filled(12, 4),
    })
    expect(hex(tag)).toBe('0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659')
  })

  // From the reference implementation's test.c (github.com/P-H-C/phc-winner-argon2), version 1.3.
  test.each([
    [65_536, 2, 1, 'password', 'somesalt', '09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7'],
    [256, 2, 1, 'password', 'somesalt', '9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe'],
    [256, 2, 2, 'password', 'somesalt', '6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037'],
    [65_536, 2, 1, 'differentpassword', 'somesalt', '0b84d652cf6b0c4beaef0dfe278ba6a80df6696281d7e0d2891b817d8c458fde'],
  ])(
    'the reference implementation, %i KiB, %i passes, %i lanes',
    async (memoryKiB, passes, lanes, password, name, tag) => {
      expect(hex(await argon2id(text(password), text(name), { memoryKiB, passes, lanes }, 32))).toBe(tag)
    },
  )

  test.each<[string, Partial<Argon2idCost>, number, number]>([
    ['memory of less than 8 KiB a lane', { memoryKiB: 15, lanes: 2 }, 16, 32],
    ['memory over 1 GiB', { memoryKiB: 2 ** 20 + 1 }, 16, 32],
    ['memory times passes over 4 GiB', { memoryKiB: 2 ** 20, passes: 5 }, 16, 32],
    ['no pass', { passes: 0 }, 16, 32],
    ['half a pass', { passes: 1.5 }, 16, 32],
    ['no lane', { lanes: 0 }, 16, 32],
    ['17 lanes', { memoryKiB: 1024, lanes: 17 }, 16, 32],
    ['a salt of 7 bytes', {}, 7, 32],
    ['a tag of 3 bytes', {}, 16, 3],
    ['a tag of 1,025 bytes', {}, 16, 1025],
  ])('%s is refused', async (_, cost, saltLength, length) => {
    const derived = argon2id(text('p'), filled(saltLength, 1), { memoryKiB: 64, passes: 1, lanes: 1, ...cost }, length)
    await expect(derived).rejects.toMatchObject({ code: 'invalid-argument' })
  })
})

describe('scrypt', () => {
  // Without the fourth vector, which takes 1 GiB and seconds.
  test.each([
    [
      '',
      '',
      4,
      1,
      1,
      '77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906',
    ],
    [
      'password',
      'NaCl',
      10,
      8,
      16,
      'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640',
    ],
    [
      'pleaseletmein',
      'SodiumChloride',
      14,
      8,
      1,
      '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887',
    ],
  ])('RFC 7914 §12: "%s", "%s"', async (password, name, log2N, r, p, derived) => {
    expect(hex(await scrypt(text(password), text(name), { log2N, r, p }, 64))).toBe(derived)
  })

  test('gives what node:crypto gives', async () => {
    const parameters = fc.record({
      password: fc.uint8Array({ maxLength: 200 }),
      salt: fc.uint8Array({ maxLength: 100 }),
      log2N: fc.integer({ min: 1, max: 9 }),
      r: fc.integer({ min: 1, max: 20 }),
      p: fc.integer({ min: 1, max: 5 }),
      length: fc.integer({ min: 1, max: 200 }),
    })
    await fc.assert(
      fc.asyncProperty(parameters, async ({ password, salt, log2N, r, p, length }) => {
        const expected = scryptSync(password, salt, length, { N: 2 ** log2N, r, p })
        expect(hex(await scrypt(password, salt, { log2N, r, p }, length))).toBe(hex(expected))
      }),
      { numRuns: 60 },
    )
  })

  test.each<[string, Partial<ScryptCost>, number]>([
    ['128·N·r over 1 GiB', { log2N: 21 }, 32],
    ['N·r·p over 2^24', { log2N: 18, p: 16 }, 32],
    ['a p of 17', { p: 17 }, 32],
    ['log2 N of 0', { log2N: 0 }, 32],
    ['log2 N of 16·r', { log2N: 16, r: 1 }, 32],
    ['an r of 0', { r: 0 }, 32],
    ['an r of 256', { r: 256 }, 32],
    ['no bytes', {}, 0],
    ['1,025 bytes', {}, 1025],
  ])('%s is refused', async (_, cost, length) => {
    const derived = scrypt(text('p'), salt, { log2N: 4, r: 8, p: 1, ...cost }, length)
    await expect(derived).rejects.toMatchObject({ code: 'invalid-argument' })
  })
})

const long = [
  ['Argon2id', (options: object) => argon2id(text('p'), salt, { memoryKiB: 65_536, passes: 8, lanes: 2 }, 32, options)],
  ['scrypt', (options: object) => scrypt(text('p'), salt, { log2N: 17, r: 8, p: 2 }, 32, options)],
] as const

describe.each(long)('a long derivation by %s', (_, derive) => {
  test('reports progress that rises to 1, and lets others have turns', async () => {
    const reports: number[] = []
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    await derive({ onProgress: (done: number) => reports.push(done) })
    clearInterval(timer)
    expect(reports.length).toBeGreaterThan(2)
    expect(reports.every((done, i) => done > 0 && done <= 1 && done >= (reports[i - 1] ?? 0))).toBe(true)
    expect(reports.at(-1)).toBe(1)
    expect(turns).toBeGreaterThan(1)
  })

  test('is stopped by its signal', async () => {
    const controller = new AbortController()
    const derived = derive({ signal: controller.signal, onProgress: () => controller.abort() })
    await expect(derived).rejects.toMatchObject({ code: 'aborted' })
    await expect(derive({ signal: controller.signal })).rejects.toMatchObject({ code: 'aborted' })
  })
})

test.each([
  ['Argon2id', (options: object) => argon2id(text('p'), salt, { memoryKiB: 65_536, passes: 2, lanes: 1 }, 32, options)],
  ['scrypt', (options: object) => scrypt(text('p'), salt, { log2N: 15, r: 8, p: 4 }, 32, options)],
] as const)('the memory of %s is fixed in size and all zeros afterwards, also when stopped', async (_, derive) => {
  const memories: WebAssembly.Memory[] = []
  const { Memory } = WebAssembly
  WebAssembly.Memory = class extends Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super(descriptor)
      memories.push(this)
    }
  }
  const controller = new AbortController()
  try {
    await derive({})
    await expect(derive({ signal: controller.signal, onProgress: () => controller.abort() })).rejects.toThrow()
  } finally {
    WebAssembly.Memory = Memory
  }
  expect(memories).toHaveLength(2)
  for (const memory of memories) {
    expect(() => memory.grow(1)).toThrow(RangeError)
    expect(new BigUint64Array(memory.buffer).every((word) => word === 0n)).toBe(true)
  }
})
