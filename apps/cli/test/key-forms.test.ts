import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { fromBase64, fromHex } from '../src/key-forms.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

test.each([0, 1, 2, 3, 31, 32, 33])('%i bytes are read as they were written, whatever the form', (length) => {
  const key = randomBytes(length)
  const written = Uint8Array.from(key)
  for (const hex of [key.toString('hex'), key.toString('hex').toUpperCase(), ` ${key.toString('hex')}\r\n`]) {
    expect(fromHex(bytes(hex))).toEqual(written)
  }
  for (const base64 of [key.toString('base64'), key.toString('base64url'), `\t${key.toString('base64')}\n`]) {
    expect(fromBase64(bytes(base64))).toEqual(written)
  }
})

test.each(['0', '0g', '00 00', '0x00', 'zz'])('"%s" is no hexadecimal', (text) => {
  expect(fromHex(bytes(text))).toBeUndefined()
})

test.each(['A', 'AA=A', 'AA=', 'A===', 'AA AA', 'AAA.', '====', 'ÄÄ'])('"%s" is no base64', (text) => {
  expect(fromBase64(bytes(text))).toBeUndefined()
})

test('every character but those of the alphabets is refused', () => {
  const alphabet = new Set('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=')
  for (let code = 0x21; code < 0x100; code++) {
    const character = String.fromCharCode(code)
    const read = fromBase64(Uint8Array.of(0x41, code, 0x41, 0x41))
    expect(read !== undefined, character).toBe(alphabet.has(character) && character !== '=')
    const digit = fromHex(Uint8Array.of(code, 0x30))
    expect(digit !== undefined, character).toBe(/[0-9a-f]/i.test(character))
  }
})
