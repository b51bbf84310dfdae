import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'

// The command as it is run, on files of a vector or two each. The figures are of RFC 5869, RFC 4231, RFC 3394 and the project's envelope v1 test vectors.

const main = fileURLToPath(new URL('../../dist/vectors/main.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'vectors-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Run {
  readonly exit: number | null
  readonly last: string | undefined
  readonly output: string
}

function run(...files: string[]): Run {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...files], { encoding: 'utf8' })
  return { exit: status, last: stdout.trimEnd().split('\n').at(-1), output: stdout + stderr }
}

function file(name: string, content: unknown): string {
  const path = join(folder, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

const hkdf = (okm: string, result = 'valid'): unknown => ({
  algorithm: 'HKDF-SHA-256',
  testGroups: [
    {
      tests: [
        {
          tcId: 1,
          ikm: '0b'.repeat(22),
          salt: '000102030405060708090a0b0c',
          info: 'f0f1f2f3f4f5f6f7f8f9',
          size: 42,
          okm,
          result,
        },
      ],
    },
  ],
})
const okm = '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865'

const envelope = {
  id: 110,
  comment: 'text form',
  result: 'valid',
  asks: 'key',
  content: 0,
  context: [['tenant', 'acme']],
  keys: [
    {
      type: 'key-version',
      id: 'cf69522fad154737bb9692395d0b312d',
      version: 1,
      material: 'f6c5a71e8d001804ec0a0390aa4b5f2f27e16f816727e0a34335fb17d7d5f0c2',
    },
  ],
  text: 'kms1AQAAAM9pUi-tFUc3u5aSOV0LMS0AAAABWsu9hmqcbQXqzMcDSZ-MxYPdeJ_iKxeoWDoenrcw_bt7ccPzJKfAsI-gMYGukgRLPEti3m3PvehEr-sjT04lAWvkUUumO4OA0UB8tBOCG_yir8KzYZg',
  plaintextLength: 14,
  plaintext: '61747461636b206174206461776e',
}
const format = 'envelope v1 test vectors'

test('vectors that hold pass on both backends', () => {
  const { exit, last, output } = run(file('hkdf.json', hkdf(okm)), file('envelope.json', { format, tests: [envelope] }))
  expect(output).toMatch(/wasm/)
  expect(output).toMatch(/native/)
  expect(last).toBe('4 passed, 0 failed, 0 skipped')
  expect(exit).toBe(0)
})

test('a wrong figure, a wrong verdict and a wrong refusal fail', () => {
  const files = [
    file('figure.json', hkdf(okm.replace('3c', '3d'))),
    file('verdict.json', hkdf(okm, 'invalid')),
    file('plaintext.json', { format, tests: [{ ...envelope, plaintext: '00' }] }),
    file('refusal.json', { format, tests: [{ ...envelope, result: 'authentication-failed' }] }),
    file('context.json', { format, tests: [], contexts: [{ comment: 'one', pairs: [['a', 'b']], canonical: '0000' }] }),
  ]
  const { exit, last } = run(...files)
  expect(last).toBe('0 passed, 9 failed, 0 skipped')
  expect(exit).toBe(1)
})

// RFC 8032 §7.1, TEST 2.
const ed25519 = (msg: string, result = 'valid', curve = 'edwards25519'): unknown => ({
  algorithm: 'EDDSA',
  testGroups: [
    {
      type: 'EddsaVerify',
      publicKey: { curve },
      publicKeyDer: '302a300506032b65700321003d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
      tests: [
        {
          tcId: 1,
          msg,
          sig: '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
          result,
        },
      ],
    },
  ],
})

test('signatures are verified by the public key of their group, and a wrong verdict fails', () => {
  const good = [file('genuine.json', ed25519('72')), file('forged.json', ed25519('73', 'invalid'))]
  expect(run(...good).last).toBe('4 passed, 0 failed, 0 skipped')
  const bad = [file('genuine.json', ed25519('72', 'invalid')), file('forged.json', ed25519('73'))]
  expect(run(...bad)).toMatchObject({ exit: 1, last: '0 passed, 4 failed, 0 skipped' })
  const other = run(file('edwards448.json', ed25519('72', 'valid', 'edwards448')))
  expect(other.output).toContain('not built yet: signatures of edwards448')
})

test('what is not built yet is skipped by name', () => {
  const { exit, output, last } = run(
    file('unknown.json', { algorithm: 'ROT13', testGroups: [{ tests: [{ tcId: 1, result: 'valid' }] }] }),
  )
  expect(output).toMatch(/not built yet: ROT13/)
  expect(last).toMatch(/^0 passed, 0 failed, [0-9]+ skipped$/)
  expect(exit).toBe(0)
})

test('files that cannot be checked say why and fail, without hiding the others', () => {
  for (const [name, content, why] of [
    ['broken.json', '{', 'not JSON'],
    ['other.json', { a: 1 }, 'not a format known here'],
    ['null.json', 'null', 'not a format known here'],
    ['empty.json', { algorithm: 'AES-GCM', testGroups: [] }, 'holds no vectors'],
  ] as const) {
    const { exit, output } = run(file(name, content), file('hkdf.json', hkdf(okm)))
    expect(output).toContain(why)
    expect(output).toContain('2 passed, 0 failed')
    expect(output).not.toMatch(/\n {4}at /)
    expect(exit).toBe(2)
  }
  expect(run(join(folder, 'missing.json'))).toMatchObject({ exit: 2, output: expect.stringContaining('ENOENT') })
  expect(run().exit).toBe(2)
})
