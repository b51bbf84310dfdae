import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { inflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { createWasmKeySlots, createWasmPrimitives } from '../../src/hazmat.ts'
import { type Aead, type Hash, KmsError } from '../../src/index.ts'

const primitives = createWasmPrimitives()
const hex = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits, 'hex'))

type Row = Readonly<Record<string, string | number>> & { readonly tcId: number; readonly result: string }

function rows(file: string): Row[] {
  const { columns, rows } = JSON.parse(readFileSync(new URL(`vectors/${file}.json`, import.meta.url), 'utf8')) as {
    columns: string[]
    rows: (string | number)[][]
  }
  return rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i]])) as Row)
}
const bytes = (row: Row, name: string): Uint8Array => hex(row[name] as string)

/** The code a call is refused with, or its result. */
function outcome(call: () => Uint8Array): Uint8Array | string {
  try {
    return call()
  } catch (error) {
    if (error instanceof KmsError) return error.code
    throw error
  }
}

function aeadRows(file: string, name: (keyLength: number) => Aead | undefined): void {
  let ran = 0
  for (const row of rows(file)) {
    const key = bytes(row, 'key')
    const aead = name(key.length)
    if (aead === undefined) continue // AES-192, which is not ours
    const [iv, aad, msg] = [bytes(row, 'iv'), bytes(row, 'aad'), bytes(row, 'msg')]
    const sealed = new Uint8Array([...bytes(row, 'ct'), ...bytes(row, 'tag')])
    const opened = outcome(() => primitives.aeadOpen(aead, key, iv, aad, sealed))
    if (iv.length !== 12) expect(opened, `tcId ${row.tcId}`).toBe('invalid-argument')
    else if (row.result === 'invalid') expect(opened, `tcId ${row.tcId}`).toBe('authentication-failed')
    else {
      expect(opened, `tcId ${row.tcId}`).toEqual(msg)
      expect(primitives.aeadSeal(aead, key, iv, aad, msg), `tcId ${row.tcId}`).toEqual(sealed)
    }
    ran++
  }
  expect(ran).toBeGreaterThan(200)
}

describe('Wycheproof', () => {
  test('AES-GCM with 128 and 256 bits; nonces of other than 12 bytes are refused', () => {
    aeadRows('aes-gcm', (length) => ({ 16: 'AES-128-GCM', 32: 'AES-256-GCM' })[length] as Aead | undefined)
  })

  test('ChaCha20-Poly1305', () => {
    aeadRows('chacha20-poly1305', () => 'ChaCha20-Poly1305')
  })

  test('AES key wrap', () => {
    let ran = 0
    for (const row of rows('aes-wrap')) {
      const [key, msg, wrapped] = [bytes(row, 'key'), bytes(row, 'msg'), bytes(row, 'ct')]
      if (key.length === 24) continue // AES-192, which is not ours
      const unwrapped = outcome(() => primitives.keyUnwrap(key, wrapped))
      if (row.result === 'valid') {
        expect(unwrapped, `tcId ${row.tcId}`).toEqual(msg)
        expect(primitives.keyWrap(key, msg), `tcId ${row.tcId}`).toEqual(wrapped)
      } else expect(unwrapped, `tcId ${row.tcId}`).toBe('authentication-failed')
      ran++
    }
    expect(ran).toBeGreaterThan(100)
  })

  test('HKDF-SHA-256', () => {
    for (const row of rows('hkdf-sha256')) {
      const derived = outcome(() =>
        primitives.hkdf('SHA-256', bytes(row, 'ikm'), bytes(row, 'salt'), bytes(row, 'info'), row.size as number),
      )
      expect(derived, `tcId ${row.tcId}`).toEqual(row.result === 'invalid' ? 'invalid-argument' : bytes(row, 'okm'))
    }
  })

  test.each([
    ['hmac-sha256', 'SHA-256'],
    ['hmac-sha512', 'SHA-512'],
  ] as const satisfies [string, Hash][])('%s, shortened tags too', (file, hash) => {
    for (const row of rows(file)) {
      const tag = bytes(row, 'tag')
      const mac = primitives.hmac(hash, bytes(row, 'key'), bytes(row, 'msg')).slice(0, tag.length)
      expect(primitives.equal(mac, tag), `tcId ${row.tcId}`).toBe(row.result === 'valid')
    }
  })

  test('PBKDF2-HMAC-SHA-256', async () => {
    for (const row of rows('pbkdf2-hmacsha256')) {
      const [password, salt] = [bytes(row, 'password'), bytes(row, 'salt')]
      const derived = await primitives.pbkdf2(
        'SHA-256',
        password,
        salt,
        row.iterationCount as number,
        row.dkLen as number,
      )
      expect(Buffer.from(derived).toString('hex') === row.dk, `tcId ${row.tcId}`).toBe(row.result === 'valid')
    }
  }, 60_000)

  test('C2SP chunked encryption with AES-256-GCM, as key slots open it [E-20] [E-21]', () => {
    const slots = createWasmKeySlots()
    for (const row of rows('c2sp-chunked-encryption-aes-256-gcm')) {
      const key = bytes(row, 'key')
      if (key.length !== 32) {
        expect(outcome(() => [slots.importKey(key)] as never)).toBe('invalid-argument')
        continue
      }
      const slot = slots.importKey(key)
      slots.prepare(slot, 1, new Uint8Array(0))
      const context = bytes(row, 'ctx')
      const sealed = new Uint8Array(inflateSync(Buffer.from(row.ct64 as string, 'base64')))
      slots.bound.set(context)
      const opened = outcome(() => slots.open(slot, context.length, sealed))
      if (row.result === 'valid') {
        expect(typeof opened, `tcId ${row.tcId}`).toBe('object')
        expect(opened.length).toBe(row.msgLength)
        expect(createHash('sha512').update(opened).digest('hex'), `tcId ${row.tcId}`).toBe(row.msgSha512)
        const salt = sealed.slice(0, 24)
        expect(Buffer.compare(slots.seal(slot, context.length, opened as Uint8Array, salt), sealed)).toBe(0)
        const message = slots.messageKey(slot, context.length, salt)
        expect(Buffer.from(message.key.reveal()).toString('hex')).toBe(row.aeadKey)
        expect(Buffer.from(message.nonce).toString('hex')).toBe(row.baseNonce)
      } else expect(opened, `tcId ${row.tcId}`).toBe('authentication-failed')
      slots.release(slot)
    }
  })
})
