import { expect, test } from 'vitest'
import { primitivesModule } from '../dist/index.js'

interface Exports {
  memory: WebAssembly.Memory
  nonceAt: WebAssembly.Global
  outAt: WebAssembly.Global
  nonceOfChunk(chunk: number): number
}

/** C2SP chunked-encryption §AEAD usage, with whole numbers: the last five bytes XOR the chunk's number. */
function reference(base: Uint8Array, chunk: number): Uint8Array {
  const nonce = base.slice()
  let rest = BigInt(chunk)
  for (let i = 11; rest > 0n; i--, rest >>= 8n) nonce[i] = (nonce[i] as number) ^ Number(rest & 255n)
  return nonce
}

test.each([2 ** 8, 2 ** 16, 2 ** 24, 2 ** 31, 2 ** 32, 2 ** 38])('the nonce of chunks around %i', (boundary) => {
  const { exports } = new WebAssembly.Instance(primitivesModule())
  const { memory, nonceAt, outAt, nonceOfChunk } = exports as unknown as Exports
  const bytes = new Uint8Array(memory.buffer)
  for (const base of [new Uint8Array(12), new Uint8Array(12).fill(255), crypto.getRandomValues(new Uint8Array(12))]) {
    bytes.set(base, nonceAt.value)
    for (let chunk = boundary - 3; chunk < Math.min(boundary + 3, 2 ** 38); chunk++) {
      expect(nonceOfChunk(chunk)).toBe(12)
      expect(bytes.slice(outAt.value, outAt.value + 12)).toEqual(reference(base, chunk))
    }
  }
})

test('the module imports nothing, starts nothing, and its memory cannot grow', () => {
  expect(WebAssembly.Module.imports(primitivesModule())).toEqual([])
  const { exports } = new WebAssembly.Instance(primitivesModule())
  expect(exports).not.toHaveProperty('_start')
  expect(() => (exports.memory as WebAssembly.Memory).grow(1)).toThrow(RangeError)
})
