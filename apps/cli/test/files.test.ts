import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { sandbox } from './kms.ts'

const box = sandbox()
const env = { KMS_ROOT: 'file:root.key' }
const kms = (args: string[], more: { input?: string | Uint8Array; env?: Record<string, string> } = {}) =>
  box.kms(args, { ...more, env: { ...env, ...more.env } })

beforeAll(async () => {
  expect(await kms(['init'])).toMatchObject({ code: 0 })
  expect(await kms(['key', 'create', 'user-data'])).toMatchObject({ code: 0 })
})

describe('files', () => {
  test('notes.txt becomes notes.txt.kms, mode 600, and comes back', async () => {
    writeFileSync(box.path('notes.txt'), 'hello')
    const sealed = await kms(['encrypt', '--key', 'user-data', 'notes.txt'])
    expect(sealed).toMatchObject({ code: 0, stdout: expect.stringContaining('notes.txt → notes.txt.kms') })
    expect(sealed.stderr).toContain('No context')
    expect(statSync(box.path('notes.txt.kms')).mode & 0o777).toBe(0o600)
    writeFileSync(box.path('notes.txt'), 'changed meanwhile')
    const refused = await kms(['decrypt', 'notes.txt.kms'])
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('--force') })
    expect(readFileSync(box.path('notes.txt'), 'utf8')).toBe('changed meanwhile')
    expect(await kms(['decrypt', '--force', 'notes.txt.kms'])).toMatchObject({ code: 0 })
    expect(readFileSync(box.path('notes.txt'), 'utf8')).toBe('hello')
  })

  test('an output that is the input is refused, by whatever name, forced or not', async () => {
    writeFileSync(box.path('same.txt'), 'only copy')
    symlinkSync('same.txt', box.path('link.txt'))
    const sealed = await kms(['encrypt', '--key', 'user-data', 'same.txt'])
    expect(sealed.code).toBe(0)
    const envelope = readFileSync(box.path('same.txt.kms'))
    for (const args of [
      ['encrypt', '--key', 'user-data', 'same.txt', '-o', './same.txt', '--force'],
      ['encrypt', '--key', 'user-data', 'same.txt', '-o', 'link.txt', '--force'],
      ['encrypt', '--key', 'user-data', '--text', '--no-context', 'same.txt', '-o', 'same.txt', '--force'],
      ['decrypt', 'same.txt.kms', '-o', 'same.txt.kms', '--force'],
      ['decrypt', 'same.txt.kms', '-o', 'same.txt.kms'],
    ]) {
      const refused = await kms(args)
      expect(refused).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('the input itself') })
    }
    expect(readFileSync(box.path('same.txt'), 'utf8')).toBe('only copy')
    expect(readFileSync(box.path('same.txt.kms')).equals(envelope)).toBe(true)
  })

  test('pipes carry any bytes, of any length', async () => {
    for (const length of [0, 1, 16_384, 300_001]) {
      const data = randomBytes(length)
      const sealed = await kms(['encrypt', '--key', 'user-data'], { input: data })
      expect(sealed).toMatchObject({ code: 0, stderr: '' })
      const opened = await kms(['decrypt', '-'], { input: sealed.bytes })
      expect(opened).toMatchObject({ code: 0, stderr: '' })
      expect(opened.bytes.equals(data)).toBe(true)
    }
  })

  test('the context must be the same, in any order', async () => {
    const input = 'data'
    const context = ['--context', 'a=1', '--context', 'b=x=y']
    const { bytes } = await kms(['encrypt', '--key', 'user-data', ...context], { input })
    const turned = ['--context', 'b=x=y', '--context', 'a=1']
    expect(await kms(['decrypt', ...turned], { input: bytes })).toMatchObject({ code: 0, stdout: input })
    for (const wrong of [[], ['--context', 'a=1'], ['--context', 'a=2', '--context', 'b=x=y']]) {
      const refused = await kms(['decrypt', ...wrong], { input: bytes })
      expect(refused).toMatchObject({ code: 3, stdout: '' })
    }
  })

  test('verify opens all of it and writes nothing', async () => {
    const { bytes } = await kms(['encrypt', '--key', 'user-data'], { input: 'data' })
    writeFileSync(box.path('verified.kms'), bytes)
    expect(await kms(['verify', 'verified.kms'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('4 bytes, by user-data version 1'),
    })
    expect(existsSync(box.path('verified'))).toBe(false)
    bytes[bytes.length - 1]! ^= 1
    expect(await kms(['verify'], { input: bytes })).toMatchObject({ code: 3, stdout: '' })
  })

  test('a rotated key opens what it sealed before, and seals under the new version', async () => {
    await kms(['key', 'create', 'turning'])
    const before = await kms(['encrypt', '--key', 'turning'], { input: 'old' })
    expect((await kms(['key', 'rotate', 'turning'])).stdout).toContain('version 2 protects new data')
    const after = await kms(['encrypt', '--key', 'turning'], { input: 'new' })
    expect((await kms(['inspect'], { input: before.bytes })).stdout).toMatch(/opened by\s+key [0-9a-f-]{36} version 1/)
    expect((await kms(['inspect'], { input: after.bytes })).stdout).toMatch(/opened by\s+key [0-9a-f-]{36} version 2/)
    expect(await kms(['decrypt'], { input: before.bytes })).toMatchObject({ code: 0, stdout: 'old' })
    expect(await kms(['key', 'disable', 'turning', '1'])).toMatchObject({ code: 0 })
    expect(await kms(['decrypt'], { input: before.bytes })).toMatchObject({ code: 4, stdout: '' })
    expect(await kms(['decrypt'], { input: after.bytes })).toMatchObject({ code: 0, stdout: 'new' })
    expect(await kms(['key', 'enable', 'turning', '1'])).toMatchObject({ code: 0 })
    expect(await kms(['decrypt'], { input: before.bytes })).toMatchObject({ code: 0, stdout: 'old' })
  })

  test('--key demands that key', async () => {
    await kms(['key', 'create', 'another'])
    const { bytes } = await kms(['encrypt', '--key', 'user-data'], { input: 'data' })
    expect(await kms(['decrypt', '--key', 'another'], { input: bytes })).toMatchObject({ code: 3, stdout: '' })
  })

  test('an output that is not named by .kms needs a name', async () => {
    writeFileSync(box.path('plain'), 'x')
    expect(await kms(['decrypt', 'plain'])).toMatchObject({ code: 2, stderr: expect.stringContaining('-o OUT') })
  })
})

describe('values in text form', () => {
  test('go to stdout and come back, with their line end forgotten', async () => {
    const sealed = await kms(['encrypt', '--key', 'user-data', '--text', '--context', 'id=7'], { input: 'ada' })
    expect(sealed.stdout).toMatch(/^kms1AQAAA[\w-]+\n$/)
    const opened = await kms(['decrypt', '--context', 'id=7'], { input: sealed.stdout })
    expect(opened).toMatchObject({ code: 0, stdout: 'ada' })
  })

  test('need a context, or --no-context', async () => {
    const args = ['encrypt', '--key', 'user-data', '--text']
    expect(await kms(args, { input: 'v' })).toMatchObject({ code: 2, stderr: expect.stringContaining('--no-context') })
    expect(await kms([...args, '--no-context'], { input: 'v' })).toMatchObject({ code: 0 })
  })

  test('are no arguments: the message says so, and does not repeat them', async () => {
    const { stdout } = await kms(['encrypt', '--key', 'user-data', '--text', '--no-context'], { input: 'v' })
    for (const args of [
      ['encrypt', '--key', 'user-data', '--text', '--no-context', 'hunter2'],
      ['decrypt', stdout.trim()],
      ['verify', stdout.trim()],
      ['inspect', stdout.trim()],
    ]) {
      const refused = await kms([...args, '--verbose'])
      expect(refused).toMatchObject({ code: 2, stdout: '' })
      expect(refused.stderr).toContain(`printf %s VALUE | kms ${args[0]}`)
      expect(refused.stderr).not.toContain(args.at(-1))
    }
  })

  test('a larger value than a pipe holds at once', async () => {
    const data = randomBytes(200_000).toString('hex')
    const { stdout } = await kms(['encrypt', '--key', 'user-data', '--text', '--no-context'], { input: data })
    expect((await kms(['decrypt'], { input: stdout })).stdout).toBe(data)
  })
})

describe('a password alone', () => {
  test('needs no store', async () => {
    writeFileSync(box.path('alone.txt'), 'hello')
    const alone = { KMS_STORE: 'sqlite:nowhere/kms.db', KMS_ROOT: '', KMS_PASSWORD: 'correct horse battery' }
    expect(await kms(['encrypt', '--password', '-o', 'alone.kms', 'alone.txt'], { env: alone })).toMatchObject({
      code: 0,
    })
    const opened = await kms(['decrypt', '--password', 'alone.kms', '-o', '-'], { env: alone })
    expect(opened).toMatchObject({ code: 0, stdout: 'hello' })
    const wrong = await kms(['decrypt', '--password', 'alone.kms'], { env: { ...alone, KMS_PASSWORD: 'another' } })
    expect(wrong).toMatchObject({ code: 3, stdout: '' })
    expect(existsSync(box.path('alone'))).toBe(false)
    expect(await kms(['decrypt', 'alone.kms'])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('--password'),
    })
  })
})

describe('a new password', () => {
  test('of fewer than 12 characters is warned of, wherever it is given, and no key is spoken of', async () => {
    writeFileSync(box.path('short.txt'), 'hello')
    const short = { KMS_ROOT: 'password', KMS_PASSWORD: 'äöüäöüäöü', KMS_STORE: 'sqlite:short.db' }
    const made = await kms(['init'], { env: short })
    expect(made).toMatchObject({ code: 0, stderr: expect.stringContaining('fewer than 12 characters') })
    const added = await kms(['root', 'add', 'password'], { env: { KMS_PASSWORD: 'elevenchars' } })
    expect(added).toMatchObject({ code: 0, stderr: expect.stringContaining('fewer than 12 characters') })
    const sealed = await kms(['encrypt', '--password', 'short.txt'], { env: short })
    expect(sealed).toMatchObject({ code: 0, stderr: expect.stringContaining('fewer than 12 characters') })
    expect(sealed.stderr).toContain('wherever its password is known')
    expect(sealed.stderr).not.toContain('key')
    const long = { ...short, KMS_PASSWORD: 'twelve chars' }
    expect((await kms(['encrypt', '--password', '--force', 'short.txt'], { env: long })).stderr).not.toContain(
      'warning',
    )
  })
})

describe('names with control characters', () => {
  test('are shown as escapes', async () => {
    const name = 'a\x1b[2Jb\nkms: forged'
    writeFileSync(box.path(name), 'hello')
    const runs = [
      await kms(['encrypt', '--key', 'user-data', name]),
      await kms(['encrypt', '--key', 'user-data', name]),
      await kms(['verify', `${name}.kms`]),
      await kms(['decrypt', `${name}.kms`]),
      await kms(['decrypt', '--force', `${name}.kms`]),
      await kms(['doctor', '--root', `file:${name}`]),
      await kms(['config', '--root', `file:${name}`]),
    ]
    expect(runs.map(({ code }) => code)).toEqual([0, 2, 0, 2, 0, 1, 0])
    for (const { stdout, stderr } of runs) {
      expect(stdout + stderr).toContain('a\\u{1b}[2Jb\\u{a}kms: forged')
      expect(stdout + stderr).not.toContain('\x1b')
    }
  })
})

describe('relative paths', () => {
  test("mean the folder the user stands in under npm run kms, and npm's folder in anyone else's script", async () => {
    const under = (script: string) => ({ npm_lifecycle_event: script, INIT_CWD: box.path('state') })
    await kms(['init', '--root', 'file:x.key'], { env: { ...under('kms'), KMS_STORE: 'sqlite:x.db' } })
    expect([existsSync(box.path('state', 'x.db')), existsSync(box.path('state', 'x.key'))]).toEqual([true, true])
    await kms(['init', '--root', 'file:y.key'], { env: { ...under('backup'), KMS_STORE: 'sqlite:y.db' } })
    expect([existsSync(box.path('y.db')), existsSync(box.path('y.key'))]).toEqual([true, true])
  })
})
