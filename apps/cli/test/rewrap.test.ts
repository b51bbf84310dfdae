import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { sandbox } from './kms.ts'

const box = sandbox()
const env = { KMS_ROOT: 'file:root.key', KMS_PASSWORD: 'a long enough password' }
const kms = (...args: string[]) => box.kms(args, { env })
const json = (...args: string[]) => box.json(args, { env })
const ids: Record<string, string> = {}

beforeAll(async () => {
  expect(await kms('init')).toMatchObject({ code: 0 })
  for (const name of ['files', 'archive']) {
    expect(await kms('key', 'create', name)).toMatchObject({ code: 0 })
    ids[name] = ((await json('key', 'show', name)) as { id: string }).id
  }
  writeFileSync(box.path('a.txt'), 'a')
  writeFileSync(box.path('b.txt'), 'b')
  for (const name of ['a', 'b']) {
    expect(await kms('encrypt', '--key', 'files', '--context', 'from=me', `${name}.txt`)).toMatchObject({ code: 0 })
  }
  expect(await kms('key', 'rotate', 'files')).toMatchObject({ code: 0 })
})

describe('kms rewrap', () => {
  test('says what it would do, does it to several files, and finds nothing to do the second time', async () => {
    const before = readFileSync(box.path('a.txt.kms'))
    const would = await kms('rewrap', '--dry-run', '--context', 'from=me', 'a.txt.kms')
    expect(would).toMatchObject({ code: 0, stdout: expect.stringContaining('would be rewrapped') })
    expect(would.stdout).toContain(`- key ${ids.files} version 1`)
    expect(would.stdout).toContain(`+ key ${ids.files} version 2`)
    expect(readFileSync(box.path('a.txt.kms')).equals(before)).toBe(true)
    expect(await json('rewrap', '--context', 'from=me', 'a.txt.kms', 'b.txt.kms')).toMatchObject([
      { file: 'a.txt.kms', written: 'in-place', unread: 0 },
      { file: 'b.txt.kms', written: 'in-place', after: [`key ${ids.files} version 2`] },
    ])
    expect(await kms('rewrap', '--context', 'from=me', 'a.txt.kms')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('is so already'),
    })
    expect(await kms('verify', '--context', 'from=me', 'a.txt.kms')).toMatchObject({ code: 0 })
  })

  test('adds a key, and removes one by the id that inspect shows', async () => {
    copyFileSync(box.path('b.txt.kms'), box.path('c.kms'))
    const rewrap = (...args: string[]) => kms('rewrap', '--context', 'from=me', ...args, 'c.kms')
    expect(await rewrap('--add-key', 'archive')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('by a copy'),
    })
    expect(await rewrap('--remove', ids.files as string)).toMatchObject({ code: 0 })
    expect(await kms('verify', '--key', 'archive', '--context', 'from=me', 'c.kms')).toMatchObject({ code: 0 })
    expect(await kms('verify', '--key', 'files', '--context', 'from=me', 'c.kms')).toMatchObject({ code: 3 })
    const nobody = await rewrap('--remove', ids.archive as string)
    expect(nobody).toMatchObject({ code: 2, stderr: expect.stringContaining('Nobody would be left') })
    expect(await rewrap('--remove', ids.files as string)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('is not sealed to'),
    })
    expect(await rewrap('--remove', 'files')).toMatchObject({ code: 2, stderr: expect.stringContaining('key id') })
  })

  test('adds a public key, whose owner then opens the file, and removes it again', async () => {
    copyFileSync(box.path('b.txt.kms'), box.path('d.kms'))
    const { text } = (await json('keygen', 'grace.kms')) as { text: string }
    const rewrap = (...args: string[]) => kms('rewrap', '--context', 'from=me', ...args, 'd.kms')
    const open = () => kms('decrypt', '--identity', 'grace.kms', '--context', 'from=me', '-o', '-', 'd.kms')
    expect((await open()).code).toBe(3)
    const added = await rewrap('--to', text)
    expect(added).toMatchObject({ code: 0, stdout: expect.stringMatching(/\+ hpke [0-9a-f-]{36}/) })
    expect(await open()).toMatchObject({ code: 0, stdout: 'b' })
    const [, id] = /hpke ([0-9a-f-]{36})/.exec(added.stdout) ?? []
    expect(await rewrap('--remove', id as string)).toMatchObject({ code: 0 })
    expect((await open()).code).toBe(3)
    expect(await rewrap('--to', 'kmspk1nonsense')).toMatchObject({ code: 3 })
  })

  test('hands a file from a password to a key', async () => {
    expect(await kms('encrypt', '--password', '--no-context', '-o', 'p.kms', 'a.txt')).toMatchObject({ code: 0 })
    const handed = await kms(
      'rewrap',
      '--password',
      '--no-context',
      '--add-key',
      'files',
      '--remove',
      'password',
      'p.kms',
    )
    expect(handed).toMatchObject({ code: 0, stdout: expect.stringMatching(/- password\n.*\+ key/) })
    expect(await kms('decrypt', '--no-context', '-o', '-', 'p.kms')).toMatchObject({ code: 0, stdout: 'a' })
  })

  test('a copy beside a file that opens as it is counts for nothing', async () => {
    const whole = readFileSync(box.path('b.txt.kms'))
    copyFileSync(box.path('b.txt.kms'), box.path('whole.kms'))
    const header = Buffer.from(whole.subarray(0, 103))
    header[80] = (header[80] as number) ^ 1
    writeFileSync(box.path('whole.kms.kms-header'), Buffer.concat([whole.subarray(71, 103), header]))
    expect(await kms('verify', '--context', 'from=me', 'whole.kms')).toMatchObject({ code: 0 })
  })

  test('what was sealed to a key pair is handed to a key of the store by whoever has its private half', async () => {
    const made = await kms('keygen', 'pair.key')
    const publicHalf = made.stdout.trim()
    expect(await kms('encrypt', '--no-context', '--to', publicHalf, '-o', 'pair.kms', 'a.txt')).toMatchObject({
      code: 0,
    })
    const handed = await kms('rewrap', '--identity', 'pair.key', '--no-context', '--add-key', 'files', 'pair.kms')
    expect(handed).toMatchObject({ code: 0, stdout: expect.stringMatching(/\+ key/) })
    expect(await kms('verify', '--no-context', 'pair.kms')).toMatchObject({ code: 0 })
  })

  test('what an interrupted rewrap left opens, and is finished by the next', async () => {
    const old = readFileSync(box.path('b.txt.kms'))
    copyFileSync(box.path('b.txt.kms'), box.path('d.kms'))
    expect(await kms('key', 'rotate', 'files')).toMatchObject({ code: 0 })
    expect(await kms('rewrap', '--context', 'from=me', 'd.kms')).toMatchObject({ code: 0 })
    const header = readFileSync(box.path('d.kms')).subarray(0, 103)
    writeFileSync(box.path('d.kms'), Buffer.concat([header.subarray(0, 60), old.subarray(60)]))
    writeFileSync(box.path('d.kms.kms-header'), Buffer.concat([old.subarray(71, 103), header]))
    expect(await kms('verify', '--context', 'from=me', 'd.kms')).toMatchObject({ code: 0 })
    expect(await kms('rewrap', '--context', 'from=me', 'd.kms')).toMatchObject({ code: 0 })
    expect(existsSync(box.path('d.kms.kms-header'))).toBe(false)
    expect(readFileSync(box.path('d.kms')).subarray(0, 103).equals(header)).toBe(true)
  })

  test('changes nothing with the wrong context, or of what is no envelope to recipients', async () => {
    const before = readFileSync(box.path('a.txt.kms'))
    expect(await kms('rewrap', '--context', 'from=you', '--add-key', 'archive', 'a.txt.kms')).toMatchObject({ code: 3 })
    expect(readFileSync(box.path('a.txt.kms')).equals(before)).toBe(true)
    expect(await kms('rewrap', '--no-context', 'a.txt')).toMatchObject({ code: 3 })
    expect(await kms('rewrap', '--no-context', 'nothing.kms')).toMatchObject({ code: 2 })
  })
})

describe('kms census', () => {
  test('counts envelopes in files and in text by key version, without a store', async () => {
    const values = await Promise.all(
      ['1', '2', '3'].map((id) =>
        box.kms(['encrypt', '--key', 'archive', '--text', '--context', `id=${id}`], { env, input: 'x' }),
      ),
    )
    writeFileSync(box.path('rows.jsonl'), values.map(({ stdout }) => JSON.stringify({ v: stdout.trim() })).join('\n'))
    const counted = await box.kms(['census', 'rows.jsonl', 'b.txt.kms', 'a.txt'])
    expect(counted).toMatchObject({ code: 0, stderr: '' })
    expect(counted.stdout).toMatch(new RegExp(`3 +${ids.archive} +1 +by the key +data`))
    expect(counted.stdout).toMatch(new RegExp(`1 +${ids.files} +2 +to the key +data`))
    expect(counted.stdout).toContain('4 envelopes in 3 files.')
    expect(await box.json(['census', '.'])).toMatchObject({ unreadable: 0 })
    expect((await box.kms(['census', 'a.txt'])).stdout).toBe('No envelopes in 1 file.\n')
    expect(await box.kms(['census', 'nowhere'])).toMatchObject({ code: 2 })
  })

  test('says when something begins like an envelope and cannot be read', async () => {
    writeFileSync(box.path('cut.kms'), readFileSync(box.path('a.txt.kms')).subarray(0, 40))
    expect(await box.kms(['census', 'cut.kms'])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('1 place begins like an envelope'),
    })
  })
})
