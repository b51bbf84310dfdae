import { readFileSync, writeFileSync } from 'node:fs'
import { beforeAll, expect, test } from 'vitest'
import { sandbox } from './kms.ts'

const box = sandbox()
const password = { KMS_PASSWORD: 'correct horse battery staple' }
const office = { ...password, KMS_STORE: 'sqlite:./office.keys', KMS_ROOT: 'file:office.root' }
const branch = { ...password, KMS_STORE: 'sqlite:./branch.keys', KMS_ROOT: 'file:branch.root' }
let fingerprint = ''

async function ok(env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await box.kms(args, { env })
  expect({ args, code, stderr: code === 0 ? '' : stderr }).toEqual({ args, code: 0, stderr: '' })
  return stdout
}

beforeAll(async () => {
  await ok(office, 'init')
  await ok(branch, 'init')
  await ok(office, 'key', 'create', 'data', '--exportable')
  await ok(office, 'key', 'create', 'head-office', '--purpose', 'sign')
  await ok(branch, 'key', 'create', 'inbox', '--purpose', 'agree')
  writeFileSync(box.path('inbox.pem'), await ok(branch, 'key', 'public', 'inbox'))
  writeFileSync(box.path('office.pem'), await ok(office, 'key', 'public', 'head-office'))
  fingerprint = (JSON.parse(await ok(branch, 'key', 'public', 'inbox', '--json')) as { fingerprint: string })
    .fingerprint
  writeFileSync(box.path('letter.txt'), 'the figures are right')
})

const sending = (...more: readonly string[]): readonly string[] => [
  ...['key', 'send', 'data', '--to', 'inbox.pem', '--fingerprint', fingerprint, '--from-key', 'head-office', ...more],
]

test('a key of one store opens in another what was sealed with it, and it is said whom it was sent to', async () => {
  const said = await ok(
    office,
    ...sending('--name', 'branch', '--environment', 'live', '-o', 'data.kms', '--reason', 'new'),
  )
  expect(said).toContain(`branch (${fingerprint})`)
  expect(await ok(office, 'key', 'sent', 'data')).toMatch(/VERSION[\s\S]*1 +branch/)
  await ok(office, 'encrypt', '--key', 'data', 'letter.txt')
  const receiving = ['key', 'receive', 'data.kms', '--from', 'office.pem', '--key', 'inbox', '--as', 'from-office']
  expect(await box.kms(receiving, { env: branch })).toMatchObject({ code: 5, stdout: '' })
  expect(await box.kms([...receiving, '--environment', 'test'], { env: branch })).toMatchObject({ code: 5 })
  expect(await ok(branch, ...receiving, '--environment', 'live')).toMatch(/Received from-office, to encrypt, version 1/)
  expect(await ok(branch, 'decrypt', 'letter.txt.kms', '-o', '-')).toBe('the figures are right')
  expect(await box.kms([...receiving, '--environment', 'live'], { env: branch })).toMatchObject({ code: 4 })
  await ok(office, 'key', 'rotate', 'data')
  await ok(office, ...sending('--environment', 'live', '-o', 'later.kms'))
  const again = ['key', 'receive', 'later.kms', '--from', 'office.pem', '--key', 'inbox', '--environment', 'live']
  const later = await box.kms(again, { env: branch })
  expect(later.stdout).toMatch(/Received from-office, to encrypt, version 2,/)
  expect(later.stderr).toContain('kms key rotate from-office --to 2')
  // Another name is no way to take a key twice.
  for (const more of [[], ['--as', 'another']]) {
    const twice = await box.kms([...again, ...more], { env: branch })
    expect(twice).toMatchObject({ code: 4, stdout: '' })
    expect(twice.stderr).not.toContain('--as')
  }
  await ok(branch, 'key', 'rotate', 'from-office', '--to', '2')
  const compromised = await ok(office, 'key', 'compromise', 'data', '--yes')
  expect(compromised).toMatch(/It was sent, and is not gone there[\s\S]*branch/)
})

test('a key goes to a key pair, from a key pair, with what either checks', async () => {
  await ok(office, 'keygen', '--sign', '--name', 'alice', 'alice.pair')
  await ok(branch, 'keygen', '--name', 'bob', 'bob.pair')
  writeFileSync(box.path('bob.pub'), await ok(branch, 'public', 'bob.pair'))
  writeFileSync(box.path('alice.pub'), await ok(office, 'public', 'alice.pair'))
  const bob = JSON.parse(await ok(branch, 'public', 'bob.pair', '--json')) as { fingerprint: string }
  await ok(office, 'key', 'create', 'more', '--exportable')
  await ok(office, 'key', 'rotate', 'more')
  const to = ['--to', 'bob.pub', '--fingerprint', bob.fingerprint, '--from', 'alice.pair']
  await ok(office, 'key', 'send', 'more', ...to, '--all-versions', '-o', 'more.kms')
  const received = await box.kms(['key', 'receive', '--from', 'office.pem', '--identity', 'bob.pair', 'more.kms'], {
    env: branch,
  })
  expect(received).toMatchObject({ code: 3, stdout: '' })
  expect(await ok(branch, 'key', 'receive', '--from', 'alice.pub', '--identity', 'bob.pair', 'more.kms')).toContain(
    'version 1, 2',
  )
})

test('what is missing or wrong is said, and nothing is written or recorded', async () => {
  await ok(office, 'key', 'create', 'third', '--exportable')
  await ok(office, 'key', 'create', 'closed')
  const wrong = `${fingerprint.slice(1)}${fingerprint.startsWith('0') ? '1' : '0'}`
  const to = ['--to', 'inbox.pem', '--from-key', 'head-office', '-o', 'third.kms']
  const runs: [readonly string[], number, string][] = [
    [['third', ...to], 2, 'fingerprint'],
    [['third', ...to, '--fingerprint', wrong], 3, 'another fingerprint'],
    [['closed', ...to, '--fingerprint', fingerprint], 5, '--exportable'],
    [['third', '--from-key', 'head-office', '-o', 'third.kms'], 2, '--to-certificate'],
    [['third', '--to', 'inbox.pem', '--fingerprint', fingerprint, '-o', 'third.kms'], 2, '--from-key'],
    [['third', '--to-certificate', 'inbox.pem', '--from-key', 'head-office', '-o', 'third.kms'], 2, '--authority'],
    [['third', '--to', 'inbox.pem', '--fingerprint', fingerprint, '--from-key', 'head-office'], 2, '-o FILE'],
  ]
  for (const [args, code, says] of runs) {
    const ran = await box.kms(['key', 'send', ...args], { env: office })
    expect(ran).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(says) })
    expect(() => readFileSync(box.path('third.kms'))).toThrow()
  }
  expect(await ok(office, 'key', 'sent', 'third')).toContain('nobody')
})

test('a key is sent to whom a certificate names, where an authority vouches for it', async () => {
  for (const file of ['ca.pem', 'branch-chain.pem', 'other-ca.pem']) {
    writeFileSync(box.path(file), readFileSync(new URL(`./certificates/${file}`, import.meta.url)))
  }
  await ok(office, 'key', 'create', 'certified', '--exportable')
  const to = ['--to-certificate', 'branch-chain.pem', '--name', 'branch.example', '--from-key', 'head-office']
  const refused = await box.kms(['key', 'send', 'certified', ...to, '--authority', 'other-ca.pem', '-o', 'c.kms'], {
    env: office,
  })
  expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('does not lead to any') })
  await ok(
    office,
    'key',
    'send',
    'certified',
    ...to,
    '--authority',
    'ca.pem',
    '--authority',
    'other-ca.pem',
    '-o',
    'c.kms',
  )
  const [sent] = JSON.parse(await ok(office, 'key', 'sent', 'certified', '--json')) as { certificate: string }[]
  expect(sent).toMatchObject({ recipientName: 'branch.example', certificate: expect.stringMatching(/^[0-9a-f]{64}$/) })
})
