import { generateKeyPairSync } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { beforeAll, expect, test, vi } from 'vitest'
import { sandbox } from './kms.ts'

// Each call is a process, and some stretch a password.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const box = sandbox()
const env = { KMS_ROOT: 'file:root.key', KMS_PASSWORD: 'correct horse battery staple' }
const kms: typeof box.kms = (args, options) => box.kms(args, { env, ...options })
const text: Record<string, string> = {}

beforeAll(async () => {
  writeFileSync(box.path('letter.txt'), 'attack at dawn')
  await kms(['init'])
  await kms(['key', 'create', 'files'])
  for (const spec of ['x25519', 'x-wing']) {
    const made = await kms(['keygen', `${spec}.pair`, '--spec', spec, '--key', 'files'])
    text[spec] = made.stdout.trim()
  }
})

test('a file is encrypted to public keys, a key and a password at once, and says so', async () => {
  writeFileSync(box.path('x-wing.pub'), `${text['x-wing']}\n`)
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey
  writeFileSync(box.path('rsa.pem'), rsa.export({ format: 'pem', type: 'spki' }))
  const args = ['--to', text.x25519 as string, '--to', 'x-wing.pub', '--to', 'rsa.pem', '--key', 'files', '--password']
  const sealed = await kms(['encrypt', 'letter.txt', ...args, '--kdf', 'scrypt', '--json'])
  expect(sealed.code).toBe(0)
  const { sealedTo } = JSON.parse(sealed.stdout) as { sealedTo: { publicKeys: string[] } }
  expect(sealedTo).toMatchObject({ key: 'files', version: '1', password: true, publicKeys: { length: 3 } })
  const { recipients } = JSON.parse((await kms(['inspect', 'letter.txt.kms', '--json'])).stdout) as {
    recipients: { name: string; keyId?: string }[]
  }
  expect(recipients.map(({ name }) => name)).toEqual(['key', 'hpke', 'hpke', 'rsa-oaep', 'password'])
  expect(recipients.slice(1, 4).map(({ keyId }) => keyId)).toEqual(sealedTo.publicKeys)
  const shown = (await kms(['inspect', 'letter.txt.kms'])).stdout
  for (const name of ['hpke X25519', 'hpke X-Wing', 'rsa-oaep 2048', 'scrypt']) expect(shown).toContain(name)
  for (const how of [[], ['--password']]) {
    expect(await kms(['decrypt', 'letter.txt.kms', '-o', '-', ...how])).toMatchObject({
      code: 0,
      stdout: 'attack at dawn',
    })
  }
})

test('to a public key alone neither store nor password is needed', async () => {
  const args = ['encrypt', 'letter.txt', '-o', 'for-grace.kms', '--to', text.x25519 as string]
  const sealed = await box.kms(args, { env: { KMS_STORE: 'sqlite:none.keys' } })
  expect(sealed).toMatchObject({ code: 0 })
  expect(sealed.stdout).toContain('public key X25519')
  expect(await kms(['decrypt', 'for-grace.kms', '-o', '-'])).toMatchObject({ code: 3, stdout: '' })
})

test('a value in text form to a key and a public key is no record', async () => {
  const args = ['encrypt', '--text', '--context', 'id=7', '--to', text.x25519 as string, '--key', 'files']
  const { stdout } = await kms(args, { input: 'ada@example.org' })
  expect(JSON.parse((await kms(['inspect', '--json'], { input: stdout })).stdout)).toMatchObject({ mode: { id: 2 } })
  const opened = await kms(['decrypt', '--context', 'id=7'], { input: stdout })
  expect(opened.stdout.trim()).toBe('ada@example.org')
})

test('what is no public key is refused before anything is written, and the file is named', async () => {
  const { privateKey } = generateKeyPairSync('x25519')
  writeFileSync(box.path('private.pem'), privateKey.export({ format: 'pem', type: 'pkcs8' }))
  const refused: readonly (readonly [string, number, RegExp])[] = [
    [`${text.x25519}A`, 2, /mistyped/],
    ['nothing.pub', 2, /nothing\.pub/],
    ['private.pem', 2, /private\.pem: .*private key/],
    ['letter.txt', 2, /letter\.txt: /],
  ]
  for (const [to, code, says] of refused) {
    const ran = await kms(['encrypt', 'letter.txt', '-o', 'none.kms', '--to', to])
    expect(ran).toMatchObject({ code, stdout: '' })
    expect(ran.stderr).toMatch(says)
  }
  expect(existsSync(box.path('none.kms'))).toBe(false)
  expect(await kms(['encrypt', 'letter.txt', '-o', 'none.kms'])).toMatchObject({ code: 2 })
  expect(await kms(['encrypt', 'letter.txt', '-o', 'none.kms', '--key', 'files', '--kdf', 'scrypt'])).toMatchObject({
    code: 2,
  })
})
