import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { createWasmPrimitives } from '../../src/hazmat.ts'
import { KmsError } from '../../src/index.ts'

const primitives = createWasmPrimitives()
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

// NIST, examples for FIPS 180-2 (appendix B.3, C.3, D.3): a million times the letter a.
test.each([
  ['SHA-256', 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
  ['SHA-384', '9d0e1809716474cb086e834e310a4a1ced149e9c00f248527972cec5704c2a5b07b8b3dc38ecc4ebae97ddd87f3d8985'],
  [
    'SHA-512',
    'e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973ebde0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b',
  ],
] as const)('%s of a million a', (hash, digest) => {
  expect(hex(primitives.hash(hash, new Uint8Array(1_000_000).fill(0x61)))).toBe(digest)
})

test('HKDF takes an info that holds the longest context of an envelope, and no more than its limit', () => {
  const prk = new Uint8Array(32).fill(1)
  for (const length of [65_535, 65_536, 65_700, 66_048]) {
    const info = new Uint8Array(length).map((_, i) => i)
    const first = createHmac('sha512', prk).update(info).update(Uint8Array.of(1)).digest()
    expect(hex(primitives.hkdfExpand('SHA-512', prk, info, 32))).toBe(hex(first.subarray(0, 32)))
    const extracted = createHmac('sha512', 'salt').update(prk).digest()
    const whole = createHmac('sha512', extracted).update(info).update(Uint8Array.of(1)).digest()
    expect(hex(primitives.hkdf('SHA-512', prk, Buffer.from('salt'), info, 64))).toBe(hex(whole))
  }
  const expand = (): Uint8Array => primitives.hkdfExpand('SHA-512', prk, new Uint8Array(66_049), 32)
  expect(expand).toThrow(KmsError)
})
