import { createPrivateKey, createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { Kms, keyFileRoot } from '@kms/node'
import { beforeAll, expect, test } from 'vitest'
import { sandbox } from './kms.ts'

const box = sandbox()
const env = { KMS_ROOT: 'file:root.key' }
const kms = (...args: readonly string[]) => box.kms(args, { env })
const made = (path: string): Buffer => readFileSync(box.path(path))

beforeAll(async () => {
  writeFileSync(box.path('release.tgz'), 'a release')
  await kms('init')
})

test('a file is signed, and checked by the file beside it, with nothing else named', async () => {
  await kms('key', 'create', 'releases', '--purpose', 'sign')
  await kms('sign', '--key', 'releases', 'release.tgz')
  const checked = await kms('verify', 'release.tgz', '--signature', 'release.tgz.sig')
  expect(checked).toMatchObject({ code: 0, stdout: expect.stringContaining('Genuine') })
  writeFileSync(box.path('changed.tgz'), 'a  release')
  expect(await kms('verify', 'changed.tgz', '--signature', 'release.tgz.sig')).toMatchObject({ code: 3 })
  await kms('key', 'compromise', 'releases', '1', '--since', '2026-01-02T03:04:05Z', '--yes')
  const since = await kms('verify', 'release.tgz', '--signature', 'release.tgz.sig')
  expect(since).toMatchObject({ code: 4, stdout: '', stderr: expect.stringContaining('compromised since 2026-01-02') })
  const allowed = await kms('verify', 'release.tgz', '--signature', 'release.tgz.sig', '--allow-compromised')
  expect(allowed).toMatchObject({ code: 0, stderr: expect.stringContaining('compromised since 2026-01-02') })
  const given = await kms('key', 'public', 'releases', '1')
  expect(given).toMatchObject({ code: 0, stderr: expect.stringContaining('compromised since 2026-01-02') })
})

test('OpenSSL checks what a P-256 key signed in DER, with the key that kms gives out', async () => {
  await kms('key', 'create', 'vendor', '--purpose', 'sign', '--spec', 'p-256')
  await kms('sign', '--key', 'vendor', '--form', 'der', 'release.tgz', '-o', 'release.der')
  const { stdout: pem } = await kms('key', 'public', 'vendor')
  expect(verify('sha256', made('release.tgz'), createPublicKey(pem), made('release.der'))).toBe(true)
  expect(await kms('verify', 'release.tgz', '--signature', 'release.der', '--form', 'der')).toMatchObject({ code: 2 })
  const named = ['--signature', 'release.der', '--form', 'der', '--key', 'vendor'] as const
  expect(await kms('verify', 'release.tgz', ...named)).toMatchObject({ code: 0 })
})

test('a mac is made, and checked', async () => {
  await kms('key', 'create', 'webhooks', '--purpose', 'mac')
  const { stdout } = await kms('mac', '--key', 'webhooks', 'release.tgz')
  expect(await kms('mac', '--key', 'webhooks', 'release.tgz', '--verify', stdout.trim())).toMatchObject({ code: 0 })
  const other = stdout.trim().replace(/^./, (first) => (first === '0' ? '1' : '0'))
  expect(await kms('mac', '--key', 'webhooks', 'release.tgz', '--verify', other)).toMatchObject({ code: 3 })
})

test('a mac of a version that is not among the newest 64 is genuine', async () => {
  await kms('key', 'create', 'old', '--purpose', 'mac')
  const { stdout } = await kms('mac', '--key', 'old', 'release.tgz')
  const store = await Kms.open(`sqlite:${box.path('kms.db')}`, { root: keyFileRoot(box.path('root.key')) })
  for (let i = 0; i < 65; i++) await store.keys.rotate('old')
  await store.close()
  const check = ['mac', '--key', 'old', 'release.tgz', '--verify', stdout.trim()] as const
  expect(await kms(...check)).toMatchObject({ code: 0, stdout: expect.stringContaining('version 1') })
  expect(await kms(...check, '--key-version', '1')).toMatchObject({ code: 0 })
  expect(await kms(...check, '--key-version', '2')).toMatchObject({ code: 3 })
  expect(await kms('mac', '--key', 'old', 'release.tgz', '--key-version', '1')).toMatchObject({ code: 2 })
})

test('a key that transports opens no files', async () => {
  await kms('key', 'create', 'partner', '--purpose', 'transport', '--spec', 'rsa-2048')
  writeFileSync(box.path('partner.pem'), (await kms('key', 'public', 'partner')).stdout)
  await kms('encrypt', '--to', 'partner.pem', 'release.tgz', '-o', 'partner.kms')
  const refused = await kms('decrypt', '--key', 'partner', 'partner.kms', '-o', '-')
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('--purpose agree') })
})

test('keys that are derived and agreed go to files of mode 600, and nowhere else', async () => {
  await kms('key', 'create', 'master', '--purpose', 'derive')
  expect(await kms('derive', '--key', 'master', 'encryption')).toMatchObject({ code: 2 })
  await kms('derive', '--key', 'master', 'encryption', '-o', 'one.key')
  await kms('derive', '--key', 'master', 'encryption', '-o', 'two.key')
  expect(made('one.key')).toHaveLength(32)
  expect(made('one.key')).toEqual(made('two.key'))
  expect(statSync(box.path('one.key')).mode & 0o777).toBe(0o600)
  for (const name of ['ada', 'bob']) {
    await kms('key', 'create', name, '--purpose', 'agree', '--spec', 'p-384')
    writeFileSync(box.path(`${name}.pem`), (await kms('key', 'public', name)).stdout)
  }
  await kms('agree', '--key', 'ada', '--with', 'bob.pem', '--info', 'backup', '-o', 'ada.key')
  await kms('agree', '--key', 'bob', '--with', 'ada.pem', '--info', 'backup', '-o', 'bob.key')
  expect(made('ada.key')).toEqual(made('bob.key'))
})

test('what is encrypted to a key that agrees, also by who has its public half alone, opens with it by name', async () => {
  await kms('key', 'create', 'inbox', '--purpose', 'agree')
  writeFileSync(box.path('inbox.pem'), (await kms('key', 'public', 'inbox')).stdout)
  await kms('encrypt', '--to', 'inbox.pem', 'release.tgz', '-o', 'sent.kms')
  expect(await kms('decrypt', 'sent.kms', '-o', '-')).toMatchObject({ stderr: expect.stringContaining('--key NAME') })
  expect(await kms('decrypt', '--key', 'inbox', 'sent.kms', '-o', '-')).toMatchObject({ stdout: 'a release' })
  await kms('encrypt', '--key', 'inbox', 'release.tgz', '-o', 'ours.kms')
  expect(await kms('decrypt', '--key', 'inbox', 'ours.kms', '-o', '-')).toMatchObject({ stdout: 'a release' })
})

test('a private key goes out under a password, OpenSSL opens it, and it comes back as another key', async () => {
  writeFileSync(box.path('key.password'), 'correct horse battery\n', { mode: 0o600 })
  const password = ['--key-password-file', 'key.password'] as const
  await kms('key', 'create', 'leaves', '--purpose', 'sign', '--spec', 'p-256', '--exportable')
  expect(await kms('key', 'export', 'leaves', ...password)).toMatchObject({ code: 2 })
  expect(await kms('key', 'export', 'leaves', ...password, '-o', 'leaves.pem', '--yes')).toMatchObject({ code: 0 })
  const opened = createPrivateKey({ key: made('leaves.pem'), passphrase: 'correct horse battery' })
  const { stdout: pem } = await kms('key', 'public', 'leaves')
  expect(createPublicKey(opened).export({ format: 'pem', type: 'spki' })).toBe(pem)
  const again = await kms(
    'key',
    'import',
    '--as',
    'again',
    '--purpose',
    'sign',
    '--form',
    'pkcs8',
    ...password,
    'leaves.pem',
  )
  expect(again.stderr).toContain('version 1 of "leaves"')
  expect(await kms('key', 'export', 'releases', ...password, '-o', 'no.pem', '--yes')).toMatchObject({ code: 5 })
})

test('a private key of OpenSSL becomes a key, and a weak one does not', async () => {
  const { privateKey } = generateKeyPairSync('ed25519')
  writeFileSync(box.path('theirs.pem'), privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 })
  await kms('key', 'import', '--as', 'theirs', '--purpose', 'sign', '--form', 'pkcs8', 'theirs.pem')
  await kms('sign', '--key', 'theirs', '--form', 'raw', 'release.tgz', '-o', 'theirs.raw')
  expect(verify(null, made('release.tgz'), createPublicKey(privateKey), made('theirs.raw'))).toBe(true)
  const weak = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).privateKey
  writeFileSync(box.path('weak.pem'), weak.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 })
  const refused = await kms('key', 'import', '--as', 'weak', '--purpose', 'sign', '--form', 'pkcs8', 'weak.pem')
  expect(refused.stderr).toContain('exponent')
})
