import { generateKeyPairSync, pbkdf2Sync, randomBytes } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { program } from '../src/program.ts'
import { sandbox } from './kms.ts'

const box = sandbox()
const env = { KMS_ROOT: 'file:root.key' }
const ran = new Set<string>()
const salt = Buffer.alloc(16, 7)
const unpadded = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '')
const hashed = `$pbkdf2-sha256$i=1000$${unpadded(salt)}$${unpadded(pbkdf2Sync('a password', salt, 1_000, 32, 'sha256'))}`

beforeAll(() => {
  writeFileSync(box.path('notes.txt'), 'hello')
  const { publicKey } = generateKeyPairSync('x25519')
  writeFileSync(box.path('inbox.pem'), publicKey.export({ format: 'pem', type: 'spki' }))
  writeFileSync(box.path('password'), 'a password\n', { mode: 0o600 })
  writeFileSync(box.path('given.hex'), `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 })
})

/** Every command there is, with arguments, in an order that works, and what its document holds. */
const commands: readonly (readonly [command: string, args: readonly string[], holds: unknown])[] = [
  [
    'init',
    [],
    { fingerprint: expect.stringMatching(/^[0-9a-f-]+$/), ring: { name: 'default' }, roots: [{ kind: 'key' }] },
  ],
  ['config', [], { store: { from: 'default', exists: true }, root: { value: 'file:root.key', from: 'KMS_ROOT' } }],
  ['root add', ['file:spare.key'], [{ kind: 'key' }, { kind: 'key' }]],
  ['root list', [], [{ kind: 'key' }, { kind: 'key' }]],
  [
    'key create',
    ['a', '--description', 'for a', '--rotation-days', '90'],
    { name: 'a', primary: '1', rotationDays: 90 },
  ],
  [
    'key create',
    ['signing', '--purpose', 'sign', '--spec', 'p-256'],
    { name: 'signing', purpose: 'sign', spec: 'p-256', exportable: false },
  ],
  [
    'key public',
    ['signing'],
    {
      spec: 'p-256',
      pem: expect.stringContaining('PUBLIC KEY'),
      openSsh: expect.stringContaining('ecdsa-sha2-nistp256'),
    },
  ],
  ['sign', ['--key', 'signing', 'notes.txt'], { output: 'notes.txt.sig', key: 'signing', version: '1' }],
  [
    'verify',
    ['notes.txt', '--signature', 'notes.txt.sig'],
    { genuine: true, key: 'signing', version: '1', compromisedSince: null, destroyed: false },
  ],
  ['key create', ['macs', '--purpose', 'mac'], { spec: 'hmac-256' }],
  ['mac', ['--key', 'macs', 'notes.txt'], { version: '1', mac: expect.stringMatching(/^[0-9a-f]{64}$/) }],
  ['key create', ['master', '--purpose', 'derive'], { purpose: 'derive' }],
  ['derive', ['--key', 'master', 'encryption', '-o', 'derived.key'], { version: '1', output: 'derived.key' }],
  ['key create', ['inbox', '--purpose', 'agree'], { spec: 'x25519' }],
  [
    'agree',
    ['--key', 'inbox', '--with', 'inbox.pem', '--info', 'x', '-o', 'agreed.key'],
    { key: 'inbox', version: '1', output: 'agreed.key' },
  ],
  ['key policy', ['a', '--transition-days', '7'], { rotationDays: 90, transitionDays: 7, profile: null }],
  ['key describe', ['a', 'of users'], { description: 'of users' }],
  ['key rename', ['a', 'user-data'], { name: 'user-data' }],
  ['key rotate', ['user-data', '--reason', 'yearly'], { primary: '2' }],
  [
    'key retire',
    ['user-data', '1'],
    { key: { primary: '2' }, settledAfterMs: expect.any(Number), sealedBy: expect.any(Array) },
  ],
  ['key disable', ['user-data', '1'], { versions: [{ state: 'suspended' }, { state: 'active' }] }],
  ['key enable', ['user-data', '1'], { versions: [{ state: 'deactivated' }, { state: 'active' }] }],
  ['key show', ['user-data'], { versions: [{ label: '1' }, { label: '2', reason: 'yearly' }] }],
  ['key version', ['user-data'], { label: '2', primary: true, origin: 'generated', bits: 256 }],
  ['key list', [], expect.arrayContaining([expect.objectContaining({ name: 'user-data' })])],
  ['sessions', [], []],
  ['rotate', ['--due'], { elected: true, done: [], failed: [] }],
  ['profiles', [], expect.arrayContaining([expect.objectContaining({ name: 'tls', ceilings: expect.any(Array) })])],
  ['encrypt', ['--key', 'user-data', 'notes.txt'], { output: 'notes.txt.kms', bytes: 5, envelopeBytes: 180 }],
  ['inspect', ['notes.txt.kms'], { mode: { id: 2 }, recipients: [{ name: 'key', keyVersion: 2 }], plaintextLength: 5 }],
  ['rewrap', ['notes.txt.kms'], [{ file: 'notes.txt.kms', written: 'unchanged', unread: 0 }]],
  ['census', ['notes.txt.kms'], { envelopes: 1, rows: [{ recipient: 'key', version: '2', count: 1 }] }],
  [
    'index',
    ['--key', 'user-data', '--context', 'column=email', 'notes.txt'],
    { index: expect.stringMatching(/^[0-9a-f]{32}$/) },
  ],
  ['verify', ['notes.txt.kms'], { opens: true, bytes: 5, key: { name: 'user-data', version: '2' } }],
  ['decrypt', ['notes.txt.kms', '-o', '-'], { plaintext: 'hello', encoding: 'utf-8' }],
  [
    'key usage',
    ['user-data'],
    { approximate: true, versions: [{ label: '2', sealed: 1, opened: 3, sealedBy: [{ caller: 'kms', own: false }] }] },
  ],
  [
    'keygen',
    ['me.pair', '--sign', '--key', 'user-data'],
    { purpose: 'sign', spec: 'ed25519', text: expect.stringMatching(/^kmsvk1/), sealedTo: { key: 'user-data' } },
  ],
  ['public', ['me.pair'], { name: 'me.pair', pem: expect.stringContaining('PUBLIC KEY'), jwk: { crv: 'Ed25519' } }],
  [
    'reencrypt',
    ['notes.txt.kms', '-o', 'anew.kms'],
    { output: 'anew.kms', from: { version: '2' }, to: { version: '2' } },
  ],
  [
    'key import',
    ['--as-version-of', 'user-data', '--form', 'hex', 'given.hex'],
    { version: '3', key: { versions: [{}, {}, { state: 'pre-active', origin: 'imported' }] } },
  ],
  [
    'fernet create',
    ['made.fernet', '--fernet-password-file', 'password'],
    { file: 'made.fernet', bytes: 32, key: 'generated' },
  ],
  ['fernet show', ['made.fernet', '--fernet-password-file', 'password'], { opens: true, bytes: 32 }],
  [
    'password hash',
    ['--password-file', 'password', '--kdf', 'pbkdf2'],
    { hash: expect.stringMatching(/^\$pbkdf2-sha256\$i=600000\$/) },
  ],
  [
    'password verify',
    ['--password-file', 'password', hashed],
    { ok: true, rehash: true, reason: expect.stringContaining('argon2id') },
  ],
  ['specs', [], { keys: expect.arrayContaining([expect.objectContaining({ id: 'p-256', strength: 128 })]) }],
  ['specs', ['--kdf', '--storage'], { kdf: expect.any(Array), storage: expect.any(Array) }],
  ['key create', ['leaves', '--purpose', 'sign', '--exportable'], { exportable: true }],
  [
    'key export',
    ['leaves', '--to-key', 'user-data', '-o', 'leaves.kms', '--yes'],
    { key: 'leaves', output: 'leaves.kms', form: 'envelope' },
  ],
  ['rotation list', ['--all'], [{ key: 'user-data', from: '1', to: '2', step: 'dual-operation' }]],
  ['rotation show', ['ROTATION'], { to: '2', history: [{ step: 'generate' }, { step: 'distribute' }] }],
  ['rotation shorten', ['ROTATION', '--reason', 'a test'], { step: 'retire' }],
  ['rotation resume', ['ROTATION'], { step: 'retire' }],
  ['key compromise', ['user-data', '3', '--since', '2026-01-01'], { versions: [{}, {}, { state: 'compromised' }] }],
  [
    'key destroy',
    ['user-data', '3', '--wait-days', '7'],
    { versions: [{}, {}, { destruction: { by: expect.any(String) } }] },
  ],
  ['key cancel-destruction', ['user-data', '3'], { versions: [{}, {}, { destruction: null }] }],
  ['key rotate', ['user-data'], { primary: '4' }],
  ['rotation rollback', ['ROTATION'], { step: 'rolled-back', from: '2', to: '4' }],
  [
    'incident compromise',
    ['user-data', '--only-version', '1', '--reason', 'a drill', '--dry-run'],
    { keys: [{ name: 'user-data', rotates: false, versions: [{ version: '1', becomes: 'compromised' }] }] },
  ],
  ['incident departure', ['user-data', '--reason', 'a drill'], { trigger: 'departure', left: [] }],
  ['incident audit-finding', ['--all', '--reason', 'a drill', '--dry-run'], { trigger: 'audit-finding' }],
  ['incident regulation', ['--all', '--reason', 'a drill', '--retire-now'], { trigger: 'regulation', left: [] }],
  ['incident weak-algorithm', ['--all', '--reason', 'a drill', '--dry-run'], { trigger: 'weak-algorithm' }],
  ['incident list', [], [{ trigger: 'regulation' }, { trigger: 'departure' }]],
  ['incident resume', ['INCIDENT'], { left: [] }],
  ['ring create', ['billing'], { name: 'billing' }],
  [
    'ring grant',
    ['billing', '--application', 'shop', '--to', 'file:shop.key'],
    { name: 'billing', applications: [{ application: 'shop', rights: 'use' }] },
  ],
  ['ring list', [], expect.arrayContaining([expect.objectContaining({ name: 'billing' })])],
  ['ring create', ['branch'], { name: 'branch' }],
  ['key create', ['inbox', '--purpose', 'agree', '--ring', 'branch'], { ring: 'branch' }],
  ['key create', ['shared', '--exportable'], { exportable: true }],
  [
    'key send',
    ['shared', '--to', 'branch.pem', '--fingerprint', 'FINGERPRINT', '--from-key', 'signing', '-o', 'shared.kms'],
    { output: 'shared.kms', distribution: { versions: ['1'], recipientName: null } },
  ],
  ['key sent', ['shared'], [{ versions: ['1'], certificate: null }]],
  [
    'key receive',
    ['shared.kms', '--from', 'signing.pem', '--key', 'inbox', '--ring', 'branch'],
    { name: 'shared', ring: 'branch', primary: '1', sender: expect.stringMatching(/^kmsvk1/) },
  ],
  [
    'doctor',
    [],
    { fail: 0, findings: expect.arrayContaining([expect.objectContaining({ check: 'log', status: 'pass' })]) },
  ],
  ['clock show', [], { standing: 'plausible', now: expect.any(String), newest: expect.any(String) }],
  ['clock accept', ['--reason', 'a drill'], { standing: 'plausible' }],
  ['explain', ['conflict'], { code: 'conflict', retry: true, exit: 8 }],
  ['restore accept', ['--reason', 'a drill'], { incarnation: expect.any(Number) }],
  ['completion', ['bash'], { shell: 'bash', script: expect.stringContaining('complete -F') }],
  ['help', ['environment'], expect.arrayContaining([expect.objectContaining({ name: 'KMS_STORE' })])],
]

/** The id of the youngest rotation or incident; the fingerprint of a key of another ring. */
async function standsFor(kind: string): Promise<string> {
  if (kind === 'fingerprint') {
    const inbox = await publicHalf('inbox', '--ring', 'branch')
    writeFileSync(box.path('branch.pem'), inbox.pem)
    writeFileSync(box.path('signing.pem'), (await publicHalf('signing')).pem)
    return inbox.fingerprint
  }
  const args = kind === 'rotation' ? ['--all'] : []
  const [first] = (await box.json([kind, 'list', ...args], { env })) as readonly { readonly id: string }[]
  return first?.id ?? ''
}

const publicHalf = async (...args: string[]): Promise<{ readonly pem: string; readonly fingerprint: string }> =>
  (await box.json(['key', 'public', ...args], { env })) as { pem: string; fingerprint: string }

describe('--json', () => {
  for (const [command, args, holds] of commands) {
    test(`${command} prints one document`, async () => {
      const given = await Promise.all(
        args.map(async (one) => (/^[A-Z]+$/.test(one) ? standsFor(one.toLowerCase()) : one)),
      )
      const document = await box.json([...command.split(' '), ...given], { env })
      if (typeof holds === 'object' && !('asymmetricMatch' in (holds as object)))
        expect(document).toMatchObject(holds as object)
      else expect(document).toEqual(holds)
      ran.add(command)
    })
  }

  test('an application opens its ring with its root, and no other', async () => {
    const shop = { KMS_ROOT: 'file:shop.key' }
    expect(await box.kms(['key', 'create', 'cards', '--ring', 'billing'], { env })).toMatchObject({ code: 0 })
    expect(await box.json(['key', 'list'], { env: shop })).toMatchObject([{ name: 'cards', ring: 'billing' }])
    expect(await box.kms(['key', 'list', '--ring', 'default'], { env: shop })).toMatchObject({ stdout: '' })
    expect(await box.kms(['key', 'create', 'x'], { env: shop })).toMatchObject({ code: 5 })
  })

  test('errors are one document on stderr', async () => {
    const { code, stdout, stderr } = await box.kms(['key', 'show', 'none', '--json'], { env })
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' })
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'key-not-found', kind: 'key', exit: 4, retry: false } })
    const usage = await box.kms(['key', '--json', 'nonsense'], { env })
    expect(JSON.parse(usage.stderr)).toMatchObject({ error: { code: 'invalid-argument', exit: 2 } })
  })

  test('--version and --help are documents too', async () => {
    expect(await box.json(['--version'])).toEqual({ version: expect.stringMatching(/^\d+\.\d+\.\d+/) })
    expect(await box.json(['--help'])).toEqual({ help: expect.stringMatching(/^Usage: kms[\s\S]*Topics: kms help/) })
    expect(await box.json(['key', 'create', '--help'])).toEqual({ help: expect.stringContaining('--description') })
    expect((await box.kms(['key', 'create', '--help'])).stdout).toMatch(/^Usage: kms key create/)
  })

  test('warnings are documents on stderr', async () => {
    const { stderr, code } = await box.kms(['key', 'list', '--json', '--root', 'env:ROOT'], {
      env: { ROOT: 'ab'.repeat(31).concat('cd') },
    })
    expect(code).toBe(3)
    expect(
      stderr
        .trim()
        .split('\n')
        .map((line) => Object.keys(JSON.parse(line))),
    ).toEqual([['warning'], ['error']])
  })

  test('binary does not go where the document goes', async () => {
    const { code } = await box.kms(['encrypt', '--key', 'user-data', '--json'], { env, input: 'x' })
    expect(code).toBe(2)
    expect(existsSync(box.path('stdin.kms'))).toBe(false)
  })

  afterAll(() => {
    const leaves = (command: Command, path: readonly string[]): string[] =>
      command.commands.length === 0
        ? [path.join(' ')]
        : command.commands.flatMap((one) => leaves(one, [...path, one.name()]))
    expect([...ran].sort()).toEqual(leaves(program(), []).sort())
  })
})
