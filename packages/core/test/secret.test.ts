import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { constantTimeEqual, Secret } from '../src/index.ts'

test('a secret prints as redacted in every way', () => {
  const secret = Secret.fromPassword('correct horse battery staple')
  const printed = [`${secret}`, JSON.stringify({ secret }), inspect(secret), inspect({ a: [secret] }), String(secret)]
  for (const one of printed) {
    expect(one).toContain('[redacted]')
    expect(one).not.toContain('correct')
  }
})

test('wiping zeroes the bytes themselves', () => {
  const bytes = Uint8Array.of(1, 2, 3)
  const secret = Secret.take(bytes)
  secret.wipe()
  secret.wipe()
  expect([...bytes]).toEqual([0, 0, 0])
  expect(() => secret.reveal()).toThrow('wiped')
})

test('a password is NFC as UTF-8; empty, NUL and lone surrogates are refused [E-51]', () => {
  expect([...Secret.fromPassword('e\u0301').reveal()]).toEqual([0xc3, 0xa9])
  for (const bad of ['', 'a\0b', '\ud800']) expect(() => Secret.fromPassword(bad)).toThrow('password')
})

test('comparing looks at length and at every byte', () => {
  expect(constantTimeEqual(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true)
  expect(constantTimeEqual(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false)
  expect(constantTimeEqual(Uint8Array.of(1), Uint8Array.of(1, 2))).toBe(false)
})
