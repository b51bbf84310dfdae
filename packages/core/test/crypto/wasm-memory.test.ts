import { createHmac, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { createWasmKeySlots } from '../../src/hazmat.ts'

const header = Buffer.alloc(27, 7)
const label = Buffer.from('c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0')
const deriveInfo = Buffer.from('label')
const bound = Buffer.from('what is bound')

function expand(key: Buffer, info: Buffer, blocks: number): Buffer {
  let output = Buffer.alloc(0)
  for (let i = 1, block = Buffer.alloc(0); i <= blocks; i++) {
    block = createHmac('sha512', key).update(block).update(info).update(Buffer.of(i)).digest()
    output = Buffer.concat([output, block])
  }
  return output
}

/** Every piece of eight bytes of a secret, in both byte orders of a 64-bit word, that stands anywhere in memory. */
function found(memory: Buffer, secret: Buffer): number {
  let count = 0
  for (let at = 0; at + 8 <= secret.length; at += 8) {
    const piece = secret.subarray(at, at + 8)
    if (memory.includes(piece)) count++
    if (memory.includes(Buffer.from(piece).reverse())) count++
  }
  return count
}

test.each([10, 300, 20_000, 600_000])(
  'after a message of %i bytes nothing of it or its key is in the module’s memory',
  (length) => {
    const slots = createWasmKeySlots()
    const memory = Buffer.from(slots.bound.buffer)
    const material = randomBytes(32)
    const content = expand(material, deriveInfo, 1).subarray(0, 32)
    const root = slots.importKey(Uint8Array.from(material))
    const slot = slots.deriveKey(root, deriveInfo)
    slots.prepare(slot, 1, header)
    slots.bound.set(bound)
    // The clear part is short: searching for all of a long plaintext would take minutes.
    const plaintext = Buffer.concat([randomBytes(Math.min(length, 64)), Buffer.alloc(Math.max(0, length - 64))])
    const sealed = slots.seal(slot, bound.length, plaintext)
    const message = expand(content, Buffer.concat([label, sealed.subarray(27, 51), bound]), 2)
    const secrets = [material, content, message.subarray(0, 44), plaintext.subarray(0, 64)]
    for (const secret of secrets) expect(found(memory, secret)).toBe(0)
    expect(Buffer.compare(slots.open(slot, bound.length, sealed), plaintext)).toBe(0)
    for (const secret of secrets) expect(found(memory, secret)).toBe(0)
    slots.release(slot)
    slots.release(root)
  },
)

test.each([10, 300, 600_000])(
  'after a mac of %i bytes nothing of them or its key is in the module’s memory',
  (length) => {
    const slots = createWasmKeySlots()
    const memory = Buffer.from(slots.bound.buffer)
    const material = randomBytes(32)
    const keys = expand(material, deriveInfo, 1)
    const root = slots.importKey(Uint8Array.from(material))
    const [, slot] = slots.derivePair(root, deriveInfo)
    const data = Buffer.concat([randomBytes(Math.min(length, 64)), Buffer.alloc(Math.max(0, length - 64))])
    slots.bound.set(bound)
    const mac = slots.mac(slot, bound.length, data, 64)
    const expected = createHmac('sha512', keys.subarray(32)).update(bound).update(data).digest()
    expect(Buffer.compare(mac, expected)).toBe(0)
    for (const secret of [material, keys, data.subarray(0, 64), expected]) expect(found(memory, secret)).toBe(0)
  },
)

test('a pair that finds no room for its second half takes none for its first', () => {
  const slots = createWasmKeySlots()
  const root = slots.importKey(randomBytes(32))
  for (let i = 1; i < 4095; i++) slots.importKey(randomBytes(32))
  const full = expect.objectContaining({ code: 'limit-exceeded' })
  expect(() => slots.derivePair(root, deriveInfo)).toThrow(full)
  slots.deriveKey(root, deriveInfo)
  expect(() => slots.deriveKey(root, deriveInfo)).toThrow(full)
})

test('a slot’s states are in memory while it is held, and zeros once it is released', () => {
  const slots = createWasmKeySlots()
  const memory = Buffer.from(slots.bound.buffer)
  const before = Buffer.from(memory)
  const slot = slots.importKey(randomBytes(32))
  const held: number[] = []
  for (let i = 0; i < memory.length; i++) if (memory[i] !== before[i]) held.push(i)
  expect(held.length).toBeGreaterThan(100) // two states of 64 bytes
  slots.release(slot)
  expect(held.filter((i) => memory[i] !== 0)).toEqual([])
})
