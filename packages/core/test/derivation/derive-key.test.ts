import { hkdfSync, pbkdf2Sync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createWasmPrimitives } from '../../src/hazmat.ts'
import { deriveKey, deriveKeys, hashPassword, newKeyParams, Secret } from '../../src/index.ts'

const primitives = createWasmPrimitives()
const options = { primitives }
const password = (): Secret => Secret.fromPassword('correct horse battery staple')
const hex = (secret: Secret): string => Buffer.from(secret.reveal()).toString('hex')

describe('a key from a password', () => {
  test.each([
    ['argon2id', /^\$argon2id\$v=19\$m=65536,t=3,p=4\$[A-Za-z0-9+/]{22}$/],
    ['scrypt', /^\$scrypt\$ln=17,r=8,p=1\$[A-Za-z0-9+/]{22}$/],
    ['pbkdf2', /^\$pbkdf2-sha256\$i=600000\$[A-Za-z0-9+/]{22}$/],
  ] as const)('comes again from its parameters, %s', async (kdf, form) => {
    const params = newKeyParams(kdf)
    expect(params).toMatch(form)
    const key = await deriveKey(password(), params, options)
    expect(key.length).toBe(32)
    expect(hex(await deriveKey(password(), params, options))).toBe(hex(key))
    expect(hex(await deriveKey(Secret.fromPassword('another'), params, options))).not.toBe(hex(key))
    expect(hex(await deriveKey(password(), newKeyParams(kdf), options))).not.toBe(hex(key))
  })

  test('is PBKDF2-HMAC-SHA-256 as others compute it', async () => {
    const params = newKeyParams('pbkdf2')
    const salt = Buffer.from(params.split('$')[3] as string, 'base64')
    expect(salt.length).toBe(16)
    const expected = pbkdf2Sync(password().reveal(), salt, 600_000, 32, 'sha256').toString('hex')
    expect(hex(await deriveKey(password(), params, options))).toBe(expected)
  })

  test('is Argon2id unless another kdf is asked for', () => expect(newKeyParams()).toMatch(/^\$argon2id\$/))

  test('is not derived from the hash of a login password, which a database holds', async () => {
    const hash = await hashPassword(password(), options)
    await expect(deriveKey(password(), hash, options)).rejects.toMatchObject({ code: 'malformed' })
  })

  test('is not derived from a string, nor beyond limits', async () => {
    const params = newKeyParams('pbkdf2')
    await expect(deriveKey('text' as unknown as Secret, params, options)).rejects.toMatchObject({
      code: 'invalid-argument',
    })
    const limits = { pbkdf2Iterations: 1_000 }
    await expect(deriveKey(password(), params, { primitives, limits })).rejects.toMatchObject({
      code: 'limit-exceeded',
    })
  })
})

describe('keys for several purposes from one master', () => {
  const master = (): Secret => Secret.copy(new Uint8Array(32).map((_, i) => (i * 89 + 5) & 0xff))

  test('are all different, of 32 bytes, and the same every time', () => {
    const keys = deriveKeys(master(), ['encryption', 'authentication', 'signing'], options)
    expect(Object.keys(keys)).toEqual(['encryption', 'authentication', 'signing'])
    expect(new Set([...Object.values(keys).map(hex), hex(master())]).size).toBe(4)
    for (const key of Object.values(keys)) expect(key.length).toBe(32)
    expect(hex(deriveKeys(master(), ['signing'], options).signing)).toBe(hex(keys.signing))
  })

  test('are those that the documentation says', () => {
    const { encryption } = deriveKeys(master(), ['encryption'], options)
    expect(hex(encryption)).toBe(expected('', 'encryption'))
    const salted = deriveKeys(master(), ['encryption'], { primitives, salt: new TextEncoder().encode('tenant 7') })
    expect(hex(salted.encryption)).toBe(expected('tenant 7', 'encryption'))
  })

  test.each([
    ['a string', 'correct horse battery staple, and more' as unknown as Secret, 'invalid-argument'],
    ['bytes', new Uint8Array(32) as unknown as Secret, 'invalid-argument'],
    ['a password', Secret.fromPassword('correct horse battery staple, and more'), 'weak-key'],
    ['31 bytes', Secret.copy(crypto.getRandomValues(new Uint8Array(31))), 'weak-key'],
    ['one byte, repeated', Secret.copy(new Uint8Array(32).fill(200)), 'weak-key'],
    ['a pattern', Secret.copy(new Uint8Array(32).map((_, i) => 200 + (i % 5))), 'weak-key'],
  ])('do not come from %s', (_, given, code) => {
    expect(() => deriveKeys(given, ['encryption'], options)).toThrow(expect.objectContaining({ code }))
  })

  test('are for known purposes, each once', () => {
    const derive = (purposes: readonly string[]) => () => deriveKeys(master(), purposes as 'signing'[], options)
    for (const purposes of [[], ['encryption', 'encryption'], ['everything'], ['toString']]) {
      expect(derive(purposes)).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
    }
  })

  function expected(salt: string, purpose: string): string {
    return Buffer.from(hkdfSync('sha512', master().reveal(), salt, `kms1/derive-keys\0${purpose}`, 32)).toString('hex')
  }
})
