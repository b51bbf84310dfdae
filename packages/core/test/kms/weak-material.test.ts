import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { newKms } from './memory-kms.ts'

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'))
const digest = (hash: string, password: string, length = 32): Uint8Array =>
  new Uint8Array(createHash(hash).update(password).digest().subarray(0, length))

const { kms } = await newKms()
await kms.keys.create('k')

/** What an import is refused with, or the version it made. */
async function imported(material: Uint8Array): Promise<string> {
  try {
    return (await kms.keys.importVersion('k', material)).version
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    return `${code}: ${message}`
  }
}

describe('imported material is refused', () => {
  test.each([
    ['one byte, repeated', new Uint8Array(32).fill(0xc5), /^weak-key: All bytes of the material are the same/],
    ['a pattern of two bytes', bytes('a1f7'.repeat(16)), /^weak-key: The material is 2 bytes, repeated/],
    [
      'a pattern of seven bytes',
      bytes('0196aa3cf0e17d'.repeat(5)).slice(0, 32),
      /^weak-key: The material is 7 bytes, repeated/,
    ],
    ['text', new TextEncoder().encode('correct horse battery staple, ok'), /^weak-key: The material is plain text/],
    [
      'a hash in hexadecimal',
      new TextEncoder().encode(createHash('md5').update('x').digest('hex')),
      /^weak-key: .*plain text/,
    ],
    [
      'the key of FIPS 197',
      bytes('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'),
      /^weak-key: .*published.*counted up/,
    ],
    ['the message of FIPS 197, twice', bytes('00112233445566778899aabbccddeeff'.repeat(2)), /^weak-key: .*counted up/],
    ['counted down', new Uint8Array(32).map((_, i) => 200 - i), /^weak-key: .*counted/],
    [
      'the key of SP 800-38A',
      bytes('603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4'),
      /^weak-key: .*SP 800-38A/,
    ],
    [
      'the key of the Fernet specification',
      new Uint8Array(Buffer.from('cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=', 'base64url')),
      /^weak-key: .*Fernet/,
    ],
    [
      'a key of Wycheproof',
      bytes('1e225cafb90339bba1b24076d4206c3e79c355805d851682bc818baa4f5a7779'),
      /^weak-key: .*test vectors/,
    ],
    [
      'SHA-256 of the commonest',
      digest('sha256', '123456'),
      /^weak-key: The material is the SHA-256 of a common password/,
    ],
    ['SHA-512, cut', digest('sha512', 'letmein'), /^weak-key: .*SHA-512/],
    [
      'SHA-1, filled up with zeros',
      Uint8Array.from({ length: 32 }, (_, i) => digest('sha1', 'monkey')[i] ?? 0),
      /^weak-key: .*SHA-1/,
    ],
    ['MD5, twice', bytes(createHash('md5').update('dragon').digest('hex').repeat(2)), /^weak-key: .*MD5/],
    ['SHA-256 of the hundred-thousandth', digest('sha256', '070162'), /^weak-key: .*SHA-256/],
  ])('%s', async (_, material, refusal) => {
    expect(await imported(material)).toMatch(refusal)
    expect(material.every((byte) => byte === 0)).toBe(true)
  })

  test('and random material, and the hash of an uncommon password, are not', async () => {
    expect(await imported(crypto.getRandomValues(new Uint8Array(32)))).toBe('2')
    expect(await imported(digest('sha256', `correct horse battery staple ${crypto.randomUUID()}`))).toBe('3')
  })

  test('though its first bytes are those of such a hash, which all is compared for', async () => {
    const material = crypto.getRandomValues(new Uint8Array(32))
    material.set(digest('sha256', '123456').subarray(0, 4))
    expect(await imported(material)).toBe('4')
  })
})
