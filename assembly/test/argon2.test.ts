import { argon2id } from '@noble/hashes/argon2.js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { passwordHashingModule } from '../dist/password-hashing.js'

interface Exports {
  largeAt: WebAssembly.Global
  outAt: WebAssembly.Global
  argon2Begin(inputLength: number, memoryKiB: number, passes: number, lanes: number): number
  argon2Fill(count: number): number
  argon2End(length: number): number
  scryptBegin(log2N: number, r: number, p: number): number
}

function instantiate(pages: number): { exports: Exports; bytes: Uint8Array } {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
  const { exports } = new WebAssembly.Instance(passwordHashingModule(), { env: { memory } })
  return { exports: exports as unknown as Exports, bytes: new Uint8Array(memory.buffer) }
}

/** H0's input (RFC 9106 §3.2 step 1), without secret and associated data. */
function input(password: Uint8Array, salt: Uint8Array, numbers: readonly number[]): Buffer {
  const words = (...values: number[]): Buffer => Buffer.from(Uint32Array.from(values).buffer)
  return Buffer.concat([words(...numbers, password.length), password, words(salt.length), salt, words(0, 0)])
}

test('Argon2id gives what noble gives, whatever the slices', () => {
  const parameters = fc.record({
    password: fc.uint8Array({ maxLength: 150 }),
    salt: fc.uint8Array({ minLength: 8, maxLength: 150 }),
    lanes: fc.integer({ min: 1, max: 5 }),
    blocks: fc.integer({ min: 8, max: 300 }),
    surplus: fc.integer({ min: 0, max: 4 }),
    passes: fc.integer({ min: 1, max: 3 }),
    length: fc.oneof(fc.integer({ min: 4, max: 200 }), fc.constant(1024)),
    slice: fc.integer({ min: 1, max: 700 }),
  })
  fc.assert(
    fc.property(parameters, ({ password, salt, lanes, blocks, surplus, passes, length, slice }) => {
      const memoryKiB = Math.max(8 * lanes, blocks) + surplus
      const { exports, bytes } = instantiate(1 + Math.ceil(memoryKiB / 64))
      const { largeAt, outAt, argon2Begin, argon2Fill, argon2End } = exports
      const seed = input(password, salt, [lanes, length, memoryKiB, passes, 0x13, 2])
      bytes.set(seed, largeAt.value)
      expect(argon2Begin(seed.length, memoryKiB, passes, lanes)).toBe(1)
      while (argon2Fill(slice) !== 0);
      expect(argon2End(length)).toBe(1)
      const expected = argon2id(password, salt, { m: memoryKiB, t: passes, p: lanes, dkLen: length })
      expect(Buffer.from(bytes.subarray(outAt.value, outAt.value + length)).equals(expected)).toBe(true)
    }),
    { numRuns: 100 },
  )
})

test('parameters that the memory cannot hold are refused, and an unfinished derivation gives nothing', () => {
  const { exports } = instantiate(3)
  expect(exports.argon2Begin(100, 129, 1, 1)).toBe(0)
  expect(exports.argon2Begin(2 ** 17 + 1, 128, 1, 1)).toBe(0)
  expect(exports.argon2End(32)).toBe(0)
  expect(exports.scryptBegin(10, 8, 1)).toBe(0)
  expect(exports.scryptBegin(30, 255, 255)).toBe(0)
  expect(exports.argon2Begin(100, 128, 1, 1)).toBe(1)
  exports.argon2Fill(127 - 2)
  expect(exports.argon2End(32)).toBe(0)
})

test('the module imports its memory alone', () => {
  expect(WebAssembly.Module.imports(passwordHashingModule())).toEqual([
    { module: 'env', name: 'memory', kind: 'memory' },
  ])
})
