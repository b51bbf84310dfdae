import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { sandbox } from './kms.ts'

const box = sandbox()
const env = { KMS_ROOT: 'file:root.key', KMS_PASSWORD: 'correct horse battery staple' }
const kms: typeof box.kms = (args, options) => box.kms(args, { env, ...options })

beforeAll(async () => {
  writeFileSync(box.path('letter.txt'), 'pay bob 5')
  await kms(['init'])
  await kms(['key', 'create', 'inbox'])
})

describe('keygen', () => {
  test('prints the public half, and writes the private one under a password, for nobody else to read', async () => {
    const { code, stdout } = await kms(['keygen', '--sign', '--name', 'alice', 'alice.pair'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^kmsvk1[\w-]{51}\n$/)
    writeFileSync(box.path('alice.pub'), stdout)
    expect(statSync(box.path('alice.pair')).mode & 0o777).toBe(0o600)
    const wrong = await kms(['public', 'alice.pair'], { env: { ...env, KMS_PASSWORD: 'another password' } })
    expect(wrong).toMatchObject({ code: 3, stdout: '' })
  })

  test.each([
    ['--sign', '--spec', 'ed25519'],
    ['--sign', '--spec', 'p-256'],
    ['--name', 'x', '--spec', 'x25519'],
    ['--name', 'x', '--spec', 'p-256'],
    ['--name', 'x', '--spec', 'x-wing'],
    ['--name', 'x', '--spec', 'rsa-2048'],
  ])('%s %s %s %s: the private half is nowhere in what it writes, in any spelling', async (...options) => {
    const file = `${['pair', ...options].join('')}.kms`
    const ran = await kms(['keygen', file, '--key', 'inbox', '--json', ...options])
    expect(ran.code).toBe(0)
    const { material } = JSON.parse(
      execFileSync(process.execPath, ['--input-type=module', '-e', reveal, file], {
        cwd: box.path(),
        env: { ...process.env, ...env, XDG_STATE_HOME: box.path('state') },
        encoding: 'utf8',
      }),
    ) as { material: string }
    // Its last bytes: of an Ed25519 and an X25519 key, of a seed and of RSA they are secret; P-256 has the public half there.
    const secret = Buffer.from(material, 'hex')
    const own = secret.length === 138 ? secret.subarray(36, 68) : secret.subarray(-32)
    const written = [ran.stdout, ran.stderr, readFileSync(box.path(file), 'latin1')].join('\n')
    for (const spelling of spellings(own)) expect(written).not.toContain(spelling)
  })

  test('what goes wrong with a key pair is not said to be of a store, nor mended by options that are not there', async () => {
    const sealed = await kms(['keygen', 'hints.pair'])
    expect(sealed.code).toBe(0)
    const again = await kms(['keygen', 'hints.pair'])
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('only copy') })
    expect(again.stderr).not.toContain('--force')
    const locked = await kms(['public', 'hints.pair'], { env: {} })
    expect(locked).toMatchObject({ code: 7, stderr: expect.stringContaining('KMS_PASSWORD') })
    expect(locked.stderr).not.toContain('kms config')
    const taken = await kms(['encrypt', '--to', 'hints.pair', '--no-context', 'letter.txt'])
    expect(taken.stderr).toContain('kms public FILE')
  })

  test('overwrites nothing, and leaves nothing behind when it fails', async () => {
    const before = readFileSync(box.path('alice.pair'))
    expect(await kms(['keygen', 'alice.pair', '--sign'])).toMatchObject({ code: 2, stdout: '' })
    expect(readFileSync(box.path('alice.pair'))).toEqual(before)
    expect(await kms(['keygen', 'none.pair', '--key', 'no-such-key'])).toMatchObject({ code: 4 })
    expect(await kms(['keygen', 'none.pair', '--spec', 'ed448', '--sign'])).toMatchObject({ code: 2 })
    expect(await kms(['keygen', 'none.pair', '--key', 'inbox', '--kdf', 'scrypt'])).toMatchObject({ code: 2 })
    expect(existsSync(box.path('none.pair'))).toBe(false)
  })
})

/** Bytes as they stand raw, in hex, and in the middle of any base64. */
function spellings(bytes: Buffer): string[] {
  const base64 = [0, 1, 2].flatMap((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .slice(4, -4)
    return [text, text.replaceAll('+', '-').replaceAll('/', '_')]
  })
  return [bytes.toString('latin1'), bytes.toString('hex'), bytes.toString('hex').toUpperCase(), ...base64]
}

/** Prints the private half of a package, through the SDK. */
const sdk = new URL('../../../packages/node/dist/index.js', import.meta.url).href
const reveal = `
  import { Kms, backendParts, keyFileRoot, newestVersion, openKeyPackage, readSecretFile } from '${sdk}'
  const kms = await Kms.open('sqlite:kms.db', { root: keyFileRoot('root.key') })
  const openers = [await kms.opener()]
  const opened = await openKeyPackage(readSecretFile(process.argv[1]), { ...backendParts(), openers })
  console.log(JSON.stringify({ material: Buffer.from(newestVersion(opened.package).material.reveal()).toString('hex') }))
  await kms.close()`

describe('a signed file', () => {
  test('opens for whoever asks for its signer, and says from whom it is', async () => {
    const sealing = ['encrypt', '--key', 'inbox', '--from', 'alice.pair', '--context', 'to=bob', 'letter.txt']
    expect(await kms(sealing)).toMatchObject({ code: 0 })
    const text = readFileSync(box.path('alice.pub'), 'utf8').trim()
    for (const from of ['alice.pub', text]) {
      const opened = await box.json(['decrypt', 'letter.txt.kms', '-o', '-', '--context', 'to=bob', '--from', from], {
        env,
      })
      expect(opened).toMatchObject({ plaintext: 'pay bob 5', key: { name: 'inbox' }, from: text })
    }
    const pem = (await kms(['public', 'alice.pair', '--form', 'pem'])).stdout
    writeFileSync(box.path('alice.pem'), pem)
    const jwk = (await kms(['public', 'alice.pair', '--form', 'jwk'])).stdout
    writeFileSync(box.path('alice.jwk'), jwk)
    for (const from of ['alice.pem', 'alice.jwk']) {
      expect(await kms(['verify', 'letter.txt.kms', '--context', 'to=bob', '--from', from])).toMatchObject({ code: 0 })
    }
  })

  test('is refused without a signer, from another one, and where nobody signed', async () => {
    const context = ['--context', 'to=bob']
    const unnamed = await kms(['decrypt', 'letter.txt.kms', '-o', 'out.txt', ...context])
    expect(unnamed).toMatchObject({ code: 2, stdout: '' })
    expect(unnamed.stderr).toContain('--from')
    const { stdout: mallory } = await kms(['keygen', 'mallory.pair', '--sign', '--key', 'inbox'])
    const other = await kms(['decrypt', 'letter.txt.kms', '-o', 'out.txt', ...context, '--from', mallory.trim()])
    expect(other).toMatchObject({ code: 3, stdout: '' })
    await kms(['encrypt', '--key', 'inbox', '-o', 'plain.kms', 'letter.txt'])
    expect(await kms(['decrypt', 'plain.kms', '-o', 'out.txt', '--from', 'alice.pub'])).toMatchObject({ code: 3 })
    expect(existsSync(box.path('out.txt'))).toBe(false)
  })

  test('goes to a password too, and as text', async () => {
    const sealed = await kms(['encrypt', '--password', '--from', 'alice.pair', '--text', '--context', 'to=bob'], {
      input: 'a',
    })
    expect(sealed.stdout).toMatch(/^kms1/)
    const opening = ['decrypt', '--password', '--from', 'alice.pub', '--context', 'to=bob']
    expect((await kms(opening, { input: sealed.stdout })).stdout).toBe('a')
  })

  test('opens with a key pair, without a store, if it was sealed to its public half', async () => {
    await kms(['keygen', '--name', 'bob', 'bob.pair'])
    const { stdout } = await kms(['public', 'bob.pair'])
    const sealing = ['encrypt', '--to', stdout.trim(), '--context', 'to=bob', 'letter.txt', '-o']
    expect(await kms([...sealing, 'for-bob.kms'])).toMatchObject({ code: 0 })
    expect(await kms([...sealing, 'from-alice.kms', '--from', 'alice.pair'])).toMatchObject({ code: 0 })
    const opening = ['--context', 'to=bob', '-o', '-', '--identity', 'bob.pair', '--store', 'sqlite:none.db']
    expect(await kms(['decrypt', 'for-bob.kms', ...opening])).toMatchObject({ code: 0, stdout: 'pay bob 5' })
    const signed = await kms(['decrypt', 'from-alice.kms', ...opening, '--from', 'alice.pub'])
    expect(signed).toMatchObject({ code: 0, stdout: 'pay bob 5' })
    const verified = await box.json(['verify', 'for-bob.kms', '--context', 'to=bob', '--identity', 'bob.pair'], { env })
    expect(verified).toMatchObject({ opens: true, key: null, identity: 'bob.pair' })
    expect(await kms(['decrypt', 'for-bob.kms', ...opening.slice(0, 4), '--identity', 'alice.pair'])).toMatchObject({
      code: 2,
    })
    expect(await kms(['decrypt', 'letter.txt.kms', ...opening, '--from', 'alice.pub'])).toMatchObject({ code: 3 })
  })

  test("a key pair's password may be another than the store's", async () => {
    writeFileSync(box.path('pair.password'), 'correct horse battery staple\n', { mode: 0o600 })
    const other = { ...env, KMS_PASSWORD: 'another password here' }
    const given = ['public', 'alice.pair', '--identity-password-file', 'pair.password']
    expect(await kms(given, { env: other })).toMatchObject({
      code: 0,
      stdout: readFileSync(box.path('alice.pub'), 'utf8'),
    })
  })

  test('a key pair that others can read is refused', async () => {
    chmodSync(box.path('mallory.pair'), 0o644)
    const ran = await kms(['public', 'mallory.pair'])
    expect(ran.code).not.toBe(0)
    expect(ran.stderr).toContain('chmod 600')
  })
})
