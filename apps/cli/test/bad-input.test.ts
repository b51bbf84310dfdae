import { chmodSync, copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Ran, sandbox } from './kms.ts'

const box = sandbox()
const password = { KMS_PASSWORD: 'correct horse battery' }
const env = { KMS_ROOT: 'file:root.key' }
const kms = (args: string[], more: { input?: string | Uint8Array; env?: Record<string, string> } = {}) =>
  box.kms(args, { ...more, env: { ...env, ...more.env } })

let envelope: Buffer

beforeAll(async () => {
  expect(await kms(['init', '--second-root', 'password'], { env: password })).toMatchObject({ code: 0 })
  expect(await kms(['key', 'create', 'user-data'])).toMatchObject({ code: 0 })
  writeFileSync(box.path('notes.txt'), 'hello')
  expect(await kms(['encrypt', '--key', 'user-data', 'notes.txt'])).toMatchObject({ code: 0 })
  envelope = readFileSync(box.path('notes.txt.kms'))
})

/** One line that says what, one that says what to do; nothing on stdout, no stack. */
function refused(ran: Ran, code: number, says: RegExp): void {
  expect(ran).toMatchObject({ code, stdout: '' })
  expect(ran.stderr).toMatch(says)
  expect(
    ran.stderr
      .trim()
      .split('\n')
      .filter((line) => line.startsWith('kms: ')),
  ).toHaveLength(1)
  expect(ran.stderr).not.toMatch(/^\s+at /m)
}

describe('roots and passwords', () => {
  test('a wrong password, a wrong key, a missing key, no terminal to ask at', async () => {
    const root = { KMS_ROOT: 'password' }
    refused(await kms(['key', 'list'], { env: { ...root, KMS_PASSWORD: 'wrong' } }), 3, /password/)
    expect(await kms(['key', 'list'], { env: { ...root, ...password } })).toMatchObject({ code: 0 })
    writeFileSync(
      box.path('other.key'),
      Buffer.alloc(32).map((_, i) => 255 - 7 * i),
      { mode: 0o600 },
    )
    refused(await kms(['key', 'list', '--root', 'file:other.key']), 3, /^kms: /)
    refused(await kms(['key', 'list', '--root', 'file:no.key']), 7, /no\.key/)
    refused(await kms(['key', 'list', '--root', 'env:NOT_SET']), 7, /NOT_SET/)
    refused(await kms(['key', 'list'], { env: root }), 7, /no terminal/)
  })

  test('a password or key file that others can read', async () => {
    writeFileSync(box.path('password'), 'correct horse battery\n', { mode: 0o600 })
    const args = ['key', 'list', '--root', 'password', '--password-file', 'password']
    expect(await kms(args)).toMatchObject({ code: 0 })
    chmodSync(box.path('password'), 0o640)
    refused(await kms(args), 5, /chmod 600/)
    copyFileSync(box.path('root.key'), box.path('loose.key'))
    chmodSync(box.path('loose.key'), 0o644)
    refused(await kms(['key', 'list', '--root', 'file:loose.key']), 5, /chmod 600/)
  })

  test('a secret in the arguments is refused, and not repeated', async () => {
    for (const args of [
      ['encrypt', '--password=hunter2', 'notes.txt'],
      ['key', 'list', '--root', 'password:hunter2'],
      ['key', 'list', '--root=password=hunter2'],
      ['key', 'list', '--root', 'hunter2'],
    ]) {
      const ran = await kms(args)
      refused(ran, 2, /secret|other users/)
      expect(ran.stderr).not.toContain('hunter2')
    }
  })
})

describe('envelopes', () => {
  test('truncated anywhere, changed anywhere, or none at all', async () => {
    for (const length of [0, 3, 6, 50, 102, 120, envelope.length - 1]) {
      refused(await kms(['decrypt'], { input: envelope.subarray(0, length) }), 3, /^kms: /)
    }
    // Byte 20 is in the id of the key: that names one that is not here.
    for (const at of [0, 5, 20, 60, 110, 160, envelope.length - 1]) {
      const changed = Buffer.from(envelope)
      changed[at] = (changed[at] ?? 0) ^ 1
      refused(await kms(['decrypt'], { input: changed }), at === 20 ? 4 : 3, /^kms: /)
    }
    refused(await kms(['decrypt'], { input: 'just a text file' }), 3, /envelope/)
    refused(await kms(['inspect', 'notes.txt']), 3, /envelope/)
    refused(await kms(['decrypt'], { input: Buffer.concat([envelope, envelope]) }), 3, /^kms: /)
  })

  test('of a key that is not here', async () => {
    const other = { KMS_STORE: 'sqlite:other.db', KMS_ROOT: 'file:other-store.key' }
    await kms(['init'], { env: other })
    refused(await kms(['decrypt', 'notes.txt.kms', '-o', '-'], { env: other }), 4, /^kms: /)
    const text = (await kms(['encrypt', '--key', 'user-data', '--text', '--no-context'], { input: 'x' })).stdout
    refused(await kms(['decrypt'], { env: other, input: text }), 4, /^kms: Key .* is not in the ring/)
    refused(await kms(['encrypt', '--key', 'no-such-key'], { input: 'x' }), 4, /no-such-key/)
  })
})

describe('stores', () => {
  const database = (path: string): { exec(sql: string): void; close(): void } => {
    const node = createRequire(createRequire(import.meta.url).resolve('@kms/node'))
    return new (node('libsql') as new (path: string) => { exec(sql: string): void; close(): void })(path)
  }
  /** A copy, for a machine that has not seen the original. */
  const copied = (
    name: string,
  ): { readonly KMS_STORE: string; readonly XDG_STATE_HOME: string; readonly path: string } => {
    copyFileSync(box.path('kms.db'), box.path(name))
    return { KMS_STORE: `sqlite:${name}`, XDG_STATE_HOME: box.path(`${name}.state`), path: box.path(name) }
  }

  test('that are not there, or are there already', async () => {
    refused(await kms(['key', 'list'], { env: { KMS_STORE: 'sqlite:none.db' } }), 6, /none\.db/)
    expect(existsSync(box.path('none.db'))).toBe(false)
    refused(await kms(['init']), 6, /already/)
    refused(await kms(['key', 'list'], { env: { KMS_STORE: 'kms.db' } }), 2, /sqlite:kms\.db/)
  })

  test('that are locked', async () => {
    const { path, ...store } = copied('locked.db')
    const holder = database(path)
    holder.exec('BEGIN EXCLUSIVE')
    try {
      refused(await kms(['key', 'create', 'x'], { env: store }), 6, /locked/)
    } finally {
      holder.exec('ROLLBACK')
      holder.close()
    }
    expect(await kms(['key', 'create', 'x'], { env: store })).toMatchObject({ code: 0 })
  })

  test('of a newer release, damaged, or changed by hand', async () => {
    const change = async (name: string, sql: string): Promise<Ran> => {
      const { path, ...store } = copied(name)
      const changing = database(path)
      changing.exec(sql)
      changing.close()
      return kms(['key', 'show', 'user-data'], { env: store })
    }
    refused(await change('newer.db', 'UPDATE meta SET format = 99'), 3, /newer/)
    refused(
      await change(
        'forged.db',
        "UPDATE administered SET bytes = CAST(replace(CAST(bytes AS TEXT), 'user-data', 'user-date') AS BLOB)",
      ),
      6,
      /^kms: /,
    )
    writeFileSync(box.path('text.db'), 'This is a text file. '.repeat(500), { mode: 0o600 })
    const text = await kms(['key', 'list'], { env: { KMS_STORE: 'sqlite:text.db' } })
    refused(text, 6, /no SQLite database/)
    expect(text.stderr).not.toContain('doctor')
  })

  test('put back to an older state are noticed, and accepted by name only', async () => {
    const old = readFileSync(box.path('kms.db'))
    await kms(['key', 'create', 'made-later'])
    const now = readFileSync(box.path('kms.db'))
    writeFileSync(box.path('kms.db'), old)
    refused(await kms(['key', 'list']), 6, /older|rolled/)
    refused(await kms(['restore', 'accept']), 2, /reason/)
    expect(await kms(['restore', 'accept', '--reason', 'restored from backup'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/incarnation r[0-9a-f]{4}/),
    })
    expect((await kms(['key', 'list'])).stdout).not.toContain('made-later')
    expect(await kms(['decrypt', 'notes.txt.kms', '-o', '-'])).toMatchObject({ code: 0, stdout: 'hello' })
    expect((await kms(['key', 'rotate', 'user-data'])).stdout).toMatch(/version r[0-9a-f]{4}\.\d+ protects/)
    expect(now.equals(old)).toBe(false)
  })

  test('that do not open are a failed check of doctor, beside those of the machine', async () => {
    writeFileSync(box.path('letter.db'), 'This is a text file. '.repeat(500), { mode: 0o600 })
    const { path, ...damaged } = copied('damaged.db')
    const changing = database(path)
    changing.exec('UPDATE administered SET bytes = zeroblob(length(bytes))')
    changing.close()
    for (const store of [{ KMS_STORE: 'sqlite:letter.db' }, { KMS_STORE: 'sqlite:none.db' }, damaged]) {
      const ran = await kms(['doctor'], { env: store })
      expect(ran).toMatchObject({ code: 1, stderr: '' })
      expect(ran.stdout).toMatch(/^ok {4}kms /m)
      expect(ran.stdout).toMatch(/^FAIL {2}.*\n.*→ kms (config|init|explain)/m)
      expect(ran.stdout).not.toContain('kms doctor')
    }
  })

  test('of another fingerprint', async () => {
    const { stdout } = await kms(['doctor', '--json'])
    expect(JSON.parse(stdout).fail).toBe(0)
    refused(await kms(['key', 'list'], { env: { KMS_STORE_FINGERPRINT: '00000000' } }), 5, /fingerprint/)
  })
})

describe('files', () => {
  test('that are not there, are folders, or cannot be written', async () => {
    refused(await kms(['encrypt', '--key', 'user-data', 'none.txt']), 2, /none\.txt/)
    refused(await kms(['encrypt', '--key', 'user-data', '.']), 2, /folder/)
    refused(await kms(['encrypt', '--key', 'user-data', 'notes.txt', '-o', 'none/notes.kms']), 2, /none\/notes\.kms/)
    refused(await kms(['encrypt', '--key', 'user-data', 'notes.txt', '-o', 'notes.txt/x']), 2, /notes\.txt\/x/)
    refused(await kms(['inspect', 'none.kms']), 2, /none\.kms/)
  })

  test('that exist stay as they are, and a failure leaves nothing behind', async () => {
    const before = readdirSync(box.path())
    refused(await kms(['encrypt', '--key', 'user-data', 'notes.txt']), 2, /notes\.txt\.kms/)
    refused(await kms(['encrypt', '--key', 'no-such-key', 'notes.txt', '-o', 'new.kms']), 4, /^kms: /)
    writeFileSync(box.path('cut.kms'), envelope.subarray(0, -1))
    refused(await kms(['decrypt', 'cut.kms']), 3, /^kms: /)
    expect(readdirSync(box.path()).filter((name) => name !== 'cut.kms')).toEqual(
      before.filter((name) => name !== 'cut.kms'),
    )
    expect(readFileSync(box.path('notes.txt.kms')).equals(envelope)).toBe(true)
  })
})

describe('the command line itself', () => {
  test('unknown commands, options, arguments', async () => {
    refused(await kms(['frobnicate']), 2, /frobnicate/)
    refused(await kms(['key', 'frobnicate']), 2, /create, list/)
    refused(await kms(['key', 'list', '--frobnicate']), 2, /frobnicate/)
    refused(await kms(['key', 'show']), 2, /name/)
    refused(await kms(['key', 'create', 'user', 'data']), 2, /too many arguments/i)
    refused(await kms(['ring', 'list', 'default']), 2, /too many arguments/i)
    refused(await kms(['key', 'show', 'user']), 4, /no key "user"/)
    refused(await kms(['encrypt', 'notes.txt']), 2, /--key NAME/)
    refused(await kms(['encrypt', '--key', 'user-data', '--context', 'nothing'], { input: 'x' }), 2, /name=value/)
    refused(await kms(['explain', 'nonsense']), 2, /kms explain/)
    expect(await box.kms([])).toMatchObject({ code: 2, stderr: expect.stringContaining('Usage') })
  })

  test('--version and -V', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
      version: string
    }
    for (const option of ['--version', '-V']) {
      expect(await kms([option])).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' })
    }
  })

  test('a hint does not send to an explanation that says the same again', async () => {
    const hint = async (args: string[]): Promise<string> => (await kms(args)).stderr.trim().split('\n').slice(1).join()
    expect(await hint(['decrypt', 'none.kms'])).toBe('')
    expect(await hint(['inspect', 'notes.txt'])).toBe('')
    expect(await hint(['decrypt', 'notes.txt.kms', '--context', 'a=b', '-o', 'b.txt'])).toContain('kms inspect FILE')
    expect(await hint(['ring', 'create', 'default'])).toContain('kms ring list')
  })

  test('retiring the primary says that nothing protects new data now', async () => {
    const { primary } = (await box.json(['key', 'create', 'short'], { env })) as { primary: string }
    expect(await kms(['key', 'retire', 'short', primary])).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('kms key rotate short'),
    })
    const { primary: next } = (await box.json(['key', 'rotate', 'short'], { env })) as { primary: string }
    expect((await kms(['key', 'rotate', 'short'])).code).toBe(0)
    expect((await kms(['key', 'retire', 'short', next])).stderr).not.toContain('kms key rotate short')
  })

  test('a key file made for a grant that is refused does not stay', async () => {
    refused(await kms(['ring', 'grant', 'none', '--application', 'a', '--to', 'file:unused.key']), 4, /none/)
    expect(existsSync(box.path('unused.key'))).toBe(false)
  })

  test('a hint names the command it is about', async () => {
    expect((await kms(['key', 'show'])).stderr).toContain('kms key show --help')
    expect((await kms(['encrypt', 'notes.txt'])).stderr).toContain('kms encrypt --help')
    expect((await kms(['frobnicate'])).stderr).toContain('kms --help')
    const ran = await kms(['encrypt', '--password', 'notes.txt', '-o', 'unasked.kms'])
    refused(ran, 7, /no terminal/)
    expect(ran.stderr).not.toMatch(/root|kms config/)
  })

  test('what a variable has wrong is said of the variable, not of the command', async () => {
    for (const [name, value] of [
      ['KMS_STORE', 'app.keys'],
      ['KMS_ROOT', 'root.key'],
    ] as const) {
      for (const command of [['key', 'list'], ['config'], ['doctor']]) {
        const ran = await kms(command, { env: { [name]: value } })
        refused(ran, 2, new RegExp(name))
        expect(ran.stderr).toContain('kms help environment')
        expect(ran.stderr).not.toContain('--help')
      }
    }
    expect((await kms(['key', 'list', '--store', 'app.keys'])).stderr).toContain('kms key list --help')
  })

  test('a name of several words is one word of the commands that are suggested', async () => {
    const { stderr } = await kms(['key', 'create', "Ada's mail; rm"])
    expect(stderr).toContain("kms encrypt --key 'Ada'\\''s mail; rm' FILE")
  })

  test('a database of something else is no place for kms init', async () => {
    const made = await box.kms(['init'], { env: { ...env, KMS_STORE: 'sqlite:elsewhere.db' } })
    expect(made.code).toBe(0)
    // application_id is at offset 68 of the file (sqlite.org/fileformat.html).
    const bytes = readFileSync(box.path('elsewhere.db'))
    bytes.writeUInt32BE(7, 68)
    writeFileSync(box.path('something.db'), bytes)
    const ran = await kms(['key', 'list', '--store', 'sqlite:something.db'])
    refused(ran, 6, /something else/)
    expect(ran.stderr).not.toContain('kms init')
  })

  test('stack traces only when asked for', async () => {
    const args = ['encrypt', '--key', 'user-data', 'none.txt']
    expect((await kms([...args, '--verbose'])).stderr).toMatch(/^\s+at /m)
    expect((await kms(args, { env: { KMS_DEBUG: '1' } })).stderr).toMatch(/^\s+at /m)
  })
})
