import { createHash } from 'node:crypto'
import { statSync, writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { sandbox } from './kms.ts'

const box = sandbox()
const env = { KMS_ROOT: 'file:root.key' }

beforeAll(async () => {
  for (const [name, password] of Object.entries({ one: 'correct horse battery staple', other: 'another password' })) {
    writeFileSync(box.path(name), `${password}\n`, { mode: 0o600 })
  }
  await box.kms(['init'], { env })
  await box.kms(['key', 'create', 'a'], { env })
})

describe('kms password', () => {
  test('hashes, and verifies from stdin or an argument', async () => {
    const { stdout } = await box.kms(['password', 'hash', '--password-file', 'one'])
    expect(stdout).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$\S+\n$/)
    const verify = ['password', 'verify', '--password-file']
    expect(await box.kms([...verify, 'one'], { input: stdout })).toMatchObject({
      code: 0,
      stdout: 'It is the password.\n',
    })
    expect(await box.kms([...verify, 'one', stdout.trim()])).toMatchObject({ code: 0 })
    expect(await box.kms([...verify, 'other'], { input: stdout })).toMatchObject({
      code: 3,
      stdout: '',
      stderr: 'kms: The password is not the one that was hashed.\n',
    })
  })

  test('says when to hash anew', async () => {
    const { stdout } = await box.kms(['password', 'hash', '--password-file', 'one', '--kdf', 'pbkdf2'])
    const verified = await box.kms(['password', 'verify', '--password-file', 'one'], { input: stdout })
    expect(verified.stdout).toContain('Hash it anew with kms password hash: it is made with pbkdf2')
  })

  test('takes no password from arguments, and says what is no hash', async () => {
    expect(await box.kms(['password', 'hash', 'correct horse'])).toMatchObject({ code: 2 })
    const verify = ['password', 'verify', '--password-file', 'one']
    expect(await box.kms([...verify, 'correct horse'])).toMatchObject({ code: 3, stdout: '' })
    expect(await box.kms(verify, { input: 'x'.repeat(1_000) })).toMatchObject({ code: 3 })
  })
})

describe('kms fernet', () => {
  test('makes a file of mode 600 that is shown, and imported as a version', async () => {
    const password = ['--fernet-password-file', 'one']
    expect(await box.kms(['fernet', 'create', 'a.fernet', ...password])).toMatchObject({ code: 0 })
    expect(statSync(box.path('a.fernet')).mode & 0o777).toBe(0o600)
    expect((await box.kms(['fernet', 'show', 'a.fernet', ...password])).stdout).toContain('A key of 32 bytes')
    const imported = await box.kms(
      ['key', 'import', '--as-version-of', 'a', '--form', 'fernet', 'a.fernet', ...password],
      {
        env,
      },
    )
    expect(imported).toMatchObject({ code: 0 })
    expect(await box.json(['key', 'version', 'a', '2'], { env })).toMatchObject({
      origin: 'imported',
      method: expect.stringMatching(/^from a Fernet key file of 20/),
    })
  })

  test('never overwrites, and has one error for a wrong password and a damaged file', async () => {
    const password = ['--fernet-password-file', 'one']
    await box.kms(['fernet', 'create', 'b.fernet', ...password])
    expect(await box.kms(['fernet', 'create', 'b.fernet', ...password])).toMatchObject({ code: 2 })
    const wrong = await box.kms(['fernet', 'show', 'b.fernet', '--fernet-password-file', 'other'])
    writeFileSync(box.path('cut.fernet'), 'x'.repeat(100), { mode: 0o600 })
    const cut = await box.kms(['fernet', 'show', 'cut.fernet', ...password])
    expect(wrong).toMatchObject({ code: 3, stdout: '' })
    expect({ ...cut, bytes: undefined }).toEqual({ ...wrong, bytes: undefined })
  })

  test('takes a given key in hexadecimal', async () => {
    writeFileSync(box.path('given'), '5f2c9a0d71e8b34466f0a3c58d12e7b9', { mode: 0o600 })
    const args = ['fernet', 'create', 'c.fernet', '--from', 'given', '--form', 'hex', '--fernet-password-file', 'one']
    expect(await box.json(args)).toEqual({ file: 'c.fernet', bytes: 16, key: 'given' })
  })
})

test('kms key import refuses the hash of a common password, and says so', async () => {
  writeFileSync(box.path('weak'), createHash('sha1').update('qwerty').digest('hex').padEnd(64, '0'), { mode: 0o600 })
  const ran = await box.kms(['key', 'import', '--as-version-of', 'a', '--form', 'hex', 'weak'], { env })
  expect(ran).toMatchObject({ code: 4, stdout: '' })
  expect(ran.stderr).toContain('is the SHA-1 of a common password')
})

test('kms init and kms root add refuse a root key that others can guess', async () => {
  const store = { KMS_STORE: 'sqlite:other.keys' }
  writeFileSync(box.path('guessed.key'), createHash('sha256').update('password').digest('hex'), { mode: 0o600 })
  const init = await box.kms(['init'], { env: { ...store, KMS_ROOT: 'file:guessed.key' } })
  expect(init).toMatchObject({ code: 4, stdout: '' })
  expect(init.stderr).toContain('The root key is the SHA-256 of a common password')
  const counted = Buffer.from(Array.from({ length: 32 }, (_, i) => i)).toString('base64url')
  const variable = await box.kms(['init'], { env: { ...store, KMS_ROOT: 'env:APP_ROOT', APP_ROOT: counted } })
  expect(variable).toMatchObject({ code: 4, stdout: '' })
  expect(variable.stderr).toContain('The root key was published')
  expect(await box.kms(['root', 'add', 'file:guessed.key'], { env })).toMatchObject({ code: 4, stdout: '' })
})

test('kms specs says of each what it is for, its weakness, status and sources', async () => {
  const { kdf, storage } = (await box.json(['specs', '--kdf', '--storage'])) as { kdf: object[]; storage: object[] }
  for (const one of [...kdf, ...storage]) {
    expect(one).toEqual(
      expect.objectContaining({
        use: expect.any(String),
        weakness: expect.any(String),
        status: expect.stringMatching(/^(?:recommended|acceptable|deprecated)$/),
        sources: expect.arrayContaining([expect.any(String)]),
      }),
    )
  }
  expect((await box.kms(['specs'])).stdout).toMatch(/rsa-2048 {2}acceptable[\s\S]*until +2030/)
  expect((await box.kms(['specs', '--kdf'])).stdout).toMatch(/PBKDF2-HMAC-SHA-256 {2}acceptable[\s\S]*600,000/)
  expect((await box.kms(['specs', '--storage'])).stdout).not.toContain('PBKDF2-HMAC-SHA-256 ')
})
