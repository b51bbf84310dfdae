import { pbkdf2Sync, scryptSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createWasmPrimitives } from '../../src/hazmat.ts'
import { hashPassword, KmsError, Secret, verifyPassword } from '../../src/index.ts'

const primitives = createWasmPrimitives()
const options = { primitives }
const secret = (password: string): Secret => Secret.fromPassword(password)
const unpadded = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64').replaceAll('=', '')

const salt = new Uint8Array(16).map((_, i) => 40 + 3 * i)
const pbkdf2 = (iterations: number, length = 32, hash: 'sha256' | 'sha512' = 'sha256'): string =>
  `$pbkdf2-${hash}$i=${iterations}$${unpadded(salt)}$${unpadded(pbkdf2Sync('a password', salt, iterations, length, hash))}`

describe('a login password', () => {
  test('is hashed with Argon2id of 19 MiB, 2 passes and 1 lane under a salt of its own, and verifies', async () => {
    const [one, two] = [
      await hashPassword(secret('a password'), options),
      await hashPassword(secret('a password'), options),
    ]
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
    expect(one).not.toBe(two)
    expect(await verifyPassword(secret('a password'), one, options)).toEqual({ ok: true, rehash: false })
    expect(await verifyPassword(secret('another password'), one, options)).toEqual({ ok: false, rehash: false })
  })

  test('is the same in another Unicode form', async () => {
    const hash = await hashPassword(secret('p\u00e4ssw\u00f6rd'), options)
    expect(await verifyPassword(secret('pa\u0308sswo\u0308rd'), hash, options)).toMatchObject({ ok: true })
  })

  test.each(['scrypt', 'pbkdf2'] as const)('is hashed with %s where that is asked for', async (kdf) => {
    const hash = await hashPassword(secret('a password'), { primitives, kdf })
    expect(hash).toMatch(kdf === 'scrypt' ? /^\$scrypt\$ln=17,r=8,p=1\$/ : /^\$pbkdf2-sha256\$i=600000\$/)
    expect(await verifyPassword(secret('a password'), hash, { primitives, kdf })).toEqual({ ok: true, rehash: false })
    expect(await verifyPassword(secret('a password'), hash, options)).toMatchObject({ ok: true, rehash: true })
  })

  test('is never a string, nor a cost under the least', async () => {
    await expect(hashPassword('a password' as unknown as Secret, options)).rejects.toMatchObject({
      code: 'invalid-argument',
    })
    const kdf = { name: 'pbkdf2', iterations: 100_000 } as const
    await expect(hashPassword(secret('a password'), { primitives, kdf })).rejects.toMatchObject({
      code: 'invalid-argument',
    })
  })
})

describe('a hash made elsewhere verifies', () => {
  test.each([
    // The reference implementation's test.c (github.com/P-H-C/phc-winner-argon2).
    ['Argon2id', 'password', '$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc'],
    [
      'scrypt',
      'a password',
      `$scrypt$ln=10,r=8,p=2$${unpadded(salt)}$${unpadded(scryptSync('a password', salt, 64, { N: 1024, r: 8, p: 2 }))}`,
    ],
    ['PBKDF2-HMAC-SHA-256', 'a password', pbkdf2(1_000)],
    ['PBKDF2-HMAC-SHA-512', 'a password', pbkdf2(1_000, 64, 'sha512')],
    ['PBKDF2 that says its length', 'a password', pbkdf2(1_000).replace('$i=1000', '$i=1000,l=32')],
  ])('%s', async (_, password, hash) => {
    const verified = await verifyPassword(secret(password), hash, options)
    expect(verified).toMatchObject({ ok: true, rehash: true, reason: expect.any(String) })
    expect(await verifyPassword(secret('wrong'), hash, options)).toEqual({ ok: false, rehash: false })
  })
})

describe('advice to hash anew', () => {
  const kdf = 'pbkdf2'
  test.each([
    ['fewer iterations', pbkdf2(599_999), true],
    ['as many iterations', pbkdf2(600_000), false],
    ['more iterations', pbkdf2(600_001), false],
    ['a short hash', pbkdf2(600_000, 20), true],
    ['SHA-512 with 210,000 iterations', pbkdf2(210_000, 64, 'sha512'), false],
    ['SHA-512 with fewer', pbkdf2(209_999, 64, 'sha512'), true],
  ])('%s', async (_, hash, rehash) => {
    expect(await verifyPassword(secret('a password'), hash, { primitives, kdf })).toMatchObject({ ok: true, rehash })
  })

  test('memory counts before passes: more of one pass is no less', async () => {
    const bytes = await primitives.argon2id(
      secret('a password').reveal(),
      salt,
      { memoryKiB: 47_104, passes: 1, lanes: 1 },
      32,
    )
    const hash = `$argon2id$v=19$m=47104,t=1,p=1$${unpadded(salt)}$${unpadded(bytes)}`
    expect(await verifyPassword(secret('a password'), hash, options)).toEqual({ ok: true, rehash: false })
  })
})

describe('a string from elsewhere is refused', () => {
  const hash = unpadded(new Uint8Array(32).fill(9))
  const s = unpadded(salt)
  test.each([
    ['nothing', '', 'malformed'],
    ['text', 'a password', 'malformed'],
    ['over 512 characters', `$argon2id$v=19$m=19456,t=2,p=1$${s}$${'A'.repeat(512)}`, 'malformed'],
    ['Argon2i', `$argon2i$v=19$m=19456,t=2,p=1$${s}$${hash}`, 'unsupported'],
    ['bcrypt', '$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW', 'unsupported'],
    ['version 16', `$argon2id$v=16$m=19456,t=2,p=1$${s}$${hash}`, 'unsupported'],
    ['no version', `$argon2id$m=19456,t=2,p=1$${s}$${hash}`, 'unsupported'],
    ['a keyid', `$argon2id$v=19$m=19456,t=2,p=1,keyid=AAAA$${s}$${hash}`, 'unsupported'],
    ['another parameter', `$argon2id$v=19$m=19456,t=2,p=1,x=1$${s}$${hash}`, 'unsupported'],
    ['parameters in another order', `$argon2id$v=19$t=2,m=19456,p=1$${s}$${hash}`, 'malformed'],
    ['zeros before a number', `$argon2id$v=19$m=019456,t=2,p=1$${s}$${hash}`, 'malformed'],
    ['a number of 11 digits', `$pbkdf2-sha256$i=10000000000$${s}$${hash}`, 'malformed'],
    ['no pass', `$argon2id$v=19$m=19456,t=0,p=1$${s}$${hash}`, 'malformed'],
    ['padding', `$argon2id$v=19$m=19456,t=2,p=1$${s}$${hash}=`, 'malformed'],
    ['the other alphabet', `$argon2id$v=19$m=19456,t=2,p=1$${s}$${hash.slice(0, -2)}-_`, 'malformed'],
    ['unused bits that are set', `$argon2id$v=19$m=19456,t=2,p=1$${s}$${hash.slice(0, -1)}l`, 'malformed'],
    ['a salt of 7 bytes', `$argon2id$v=19$m=19456,t=2,p=1$${unpadded(salt.subarray(9))}$${hash}`, 'malformed'],
    ['a salt of 65 bytes', `$argon2id$v=19$m=19456,t=2,p=1$${unpadded(new Uint8Array(65))}$${hash}`, 'malformed'],
    ['a hash of 15 bytes', `$argon2id$v=19$m=19456,t=2,p=1$${s}$${unpadded(new Uint8Array(15))}`, 'malformed'],
    ['no hash', `$argon2id$v=19$m=19456,t=2,p=1$${s}`, 'malformed'],
    ['one field more', `$argon2id$v=19$m=19456,t=2,p=1$${s}$${hash}$`, 'malformed'],
    ['a length that is another', `$pbkdf2-sha256$i=1000,l=64$${s}$${hash}`, 'malformed'],
    ['512 MiB', `$argon2id$v=19$m=524288,t=1,p=1$${s}$${hash}`, 'limit-exceeded'],
    ['4 GiB of work', `$argon2id$v=19$m=262144,t=16,p=1$${s}$${hash}`, 'limit-exceeded'],
    ['17 lanes', `$argon2id$v=19$m=19456,t=2,p=17$${s}$${hash}`, 'limit-exceeded'],
    ['scrypt of 1 GiB', `$scrypt$ln=20,r=8,p=1$${s}$${hash}`, 'limit-exceeded'],
    ['an N over all numbers', `$scrypt$ln=1000000000,r=1,p=1$${s}$${hash}`, 'limit-exceeded'],
    ['two thousand million iterations', `$pbkdf2-sha256$i=2000000000$${s}$${hash}`, 'limit-exceeded'],
    ['memory of less than 8 KiB a lane', `$argon2id$v=19$m=8,t=1,p=2$${s}$${hash}`, 'limit-exceeded'],
  ])('%s', async (_, string, code) => {
    const started = performance.now()
    await expect(verifyPassword(secret('a password'), string, options)).rejects.toMatchObject({ code })
    expect(performance.now() - started).toBeLessThan(1_000)
  })

  test('over a limit that was lowered, and not over one that was raised', async () => {
    const hash = pbkdf2(1_000)
    const verify = (iterations: number): Promise<unknown> =>
      verifyPassword(secret('a password'), hash, { primitives, limits: { pbkdf2Iterations: iterations } })
    await expect(verify(999)).rejects.toMatchObject({ code: 'limit-exceeded' })
    await expect(verify(1_000)).resolves.toMatchObject({ ok: true })
  })

  test('whatever it is, with one of our errors', async () => {
    const part = fc.constantFrom(
      '$',
      'argon2id',
      'scrypt',
      'pbkdf2-sha256',
      'v=19',
      'm=8',
      't=1',
      'p=1',
      'ln=1',
      'r=1',
      'i=1',
      ',',
      s,
      hash,
    )
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.array(part, { maxLength: 14 }).map((parts) => parts.join('')),
        ),
        async (string) => {
          try {
            expect((await verifyPassword(secret('a password'), string, options)).ok).toBe(false)
          } catch (error) {
            expect(error).toBeInstanceOf(KmsError)
            expect((error as KmsError).message).not.toContain('a password')
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})
