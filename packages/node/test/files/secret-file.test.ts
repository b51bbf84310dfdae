import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { createSecretFile, readSecretFile } from '../../src/files/secret-file.ts'
import { temporaryFolder } from '../folder.ts'

const at = temporaryFolder()

test('a secret is written for its owner alone and read back', () => {
  const secret = Uint8Array.of(1, 2, 3)
  createSecretFile(at('key'), secret)
  expect(statSync(at('key')).mode & 0o777).toBe(0o600)
  expect(readSecretFile(at('key'))).toEqual(secret)
  expect(() => createSecretFile(at('key'), secret)).toThrow(expect.objectContaining({ code: 'file-exists' }))
})

test.each([0o644, 0o640, 0o606, 0o620])('a secret of mode %o is refused', (mode) => {
  writeFileSync(at('key'), 'secret words')
  chmodSync(at('key'), mode)
  const refusal = { code: 'insecure-permissions', message: expect.stringMatching(/chmod 600/) }
  expect(() => readSecretFile(at('key'))).toThrow(expect.objectContaining(refusal))
  expect(() => readSecretFile(at('key'))).not.toThrow(/secret words/)
})

test('what is no file, is missing or is too large says so', () => {
  expect(() => readSecretFile(at('none'))).toThrow(expect.objectContaining({ code: 'file-unavailable' }))
  expect(() => readSecretFile(at())).toThrow(expect.objectContaining({ code: 'file-unavailable' }))
  execFileSync('sh', ['-c', 'mkfifo -m 600 "$0"', at('pipe')])
  expect(() => readSecretFile(at('pipe'))).toThrow(expect.objectContaining({ code: 'file-unavailable' }))
  writeFileSync(at('large'), new Uint8Array(5000), { mode: 0o600 })
  expect(() => readSecretFile(at('large'))).toThrow(expect.objectContaining({ code: 'limit-exceeded' }))
  expect(readFileSync(at('large'))).toHaveLength(5000)
})
