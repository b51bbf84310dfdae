import { writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { sandbox } from './kms.ts'

const box = sandbox()
const env = { KMS_ROOT: 'file:root.key' }
const kms = (args: string[], input = '') => box.kms(args, { input, env })
const json = (args: string[], input = '') => box.json(['--json', ...args], { input, env })
const column = ['--key', 'k', '--context', 'table=users', '--context', 'column=email']

beforeAll(async () => {
  expect(await kms(['init'])).toMatchObject({ code: 0 })
  expect(await kms(['key', 'create', 'k'])).toMatchObject({ code: 0 })
})

describe('searching columns', () => {
  test('equal values look equal, and all versions are looked up after a rotation', async () => {
    const deterministic = ['encrypt', '--text', '--deterministic', ...column]
    const first = (await kms(deterministic, 'ada@example.org')).stdout.trim()
    expect((await kms(deterministic, 'ada@example.org')).stdout.trim()).toBe(first)
    expect(await kms(['decrypt', ...column], first)).toMatchObject({ code: 0, stdout: 'ada@example.org' })
    expect(await json(['inspect'], first)).toMatchObject({ mode: { id: 1 } })
    await kms(['key', 'rotate', 'k'])
    const now = (await kms(deterministic, 'ada@example.org')).stdout.trim()
    const { texts } = (await json([...deterministic, '--all-versions'], 'ada@example.org')) as { texts: string[] }
    expect(texts).toHaveLength(4)
    expect(texts).toEqual(expect.arrayContaining([first, now]))
  })

  test('index prints what a column is searched by, in hex', async () => {
    const { index } = (await json(['index', ...column], 'ada')) as { index: string }
    expect(index).toMatch(/^[0-9a-f]{32}$/)
    expect((await kms(['index', ...column, '--length', '8'], 'ada')).stdout.trim()).toBe(index.slice(0, 16))
    await kms(['key', 'rotate', 'k'])
    const { indexes } = (await json(['index', ...column, '--all-versions'], 'ada')) as { indexes: string[] }
    expect(indexes).toContain(index)
    expect(indexes[0]).not.toBe(index)
    expect(await kms(['index', ...column, '--length', '7'], 'ada')).toMatchObject({ code: 2 })
    expect(await kms(['index', '--key', 'k'], 'ada')).toMatchObject({ code: 2 })
    expect((await kms(['index', ...column, 'no-such-file'])).stderr).toContain('printf %s VALUE | kms index')
  })

  test('what only values have is refused for files, and for passwords', async () => {
    for (const args of [
      ['encrypt', '--deterministic', ...column],
      ['encrypt', '--deterministic', '--text', '--no-context', '--password'],
      ['encrypt', '--text', '--all-versions', ...column],
    ]) {
      expect(await kms(args, 'x')).toMatchObject({ code: 2 })
    }
  })
})

test('a suite is chosen by name, for values and files, and decrypting needs none', async () => {
  const suite = ['--suite', 'chacha20-poly1305']
  const text = (await kms(['encrypt', '--text', ...suite, ...column], 'ada')).stdout.trim()
  expect(await json(['inspect'], text)).toMatchObject({ suite: { id: 2 }, mode: { id: 0 } })
  expect((await kms(['decrypt', ...column], text)).stdout).toBe('ada')
  writeFileSync(box.path('notes.txt'), 'hello')
  expect(await kms(['encrypt', '--key', 'k', ...suite, 'notes.txt'])).toMatchObject({ code: 0 })
  expect(await json(['inspect', 'notes.txt.kms'])).toMatchObject({ suite: { id: 2 }, mode: { id: 2 } })
  expect((await kms(['decrypt', 'notes.txt.kms', '-o', '-'])).stdout).toBe('hello')
  expect(await kms(['encrypt', '--text', '--suite', 'rot13', ...column], 'x')).toMatchObject({ code: 2 })
})
