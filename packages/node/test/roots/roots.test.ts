import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import type { Root, Warning } from '@kms/core'
import { noContext } from '@kms/core'
import { openEnvelope, sealEnvelope } from '@kms/core/envelope'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { backendParts } from '../../src/backend.ts'
import { environmentRoot } from '../../src/roots/environment.ts'
import { keyFileRoot } from '../../src/roots/key-file.ts'
import { temporaryFolder } from '../folder.ts'

const at = temporaryFolder()
const parts = backendParts()
const key = Uint8Array.from({ length: 32 }, (_, i) => 11 * i + 5)
const hex = Buffer.from(key).toString('hex')
const base64url = Buffer.from(key).toString('base64url')

/** Whether one root opens what the other sealed. */
async function same(a: Root, b: Root): Promise<boolean> {
  const sealing = { ...parts, context: noContext, recipients: [a.recipient(parts.primitives)] }
  const envelope = await sealEnvelope(key, sealing)
  const opening = { ...parts, context: noContext, openers: [b.opener(parts.primitives)] }
  return openEnvelope(envelope, opening).then(
    () => true,
    () => false,
  )
}

describe('a root in a file', () => {
  test.each([
    ['raw bytes', key],
    ['base64url', base64url],
    ['base64url with a line end', `${base64url}\n`],
    ['base64url as other tools pad it', `${base64url}=\n`],
    ['hex', hex.toUpperCase()],
  ])('may be %s', async (_, contents) => {
    writeFileSync(at('known'), hex, { mode: 0o600 })
    writeFileSync(at('key'), contents, { mode: 0o600 })
    expect(await same(keyFileRoot(at('known')), keyFileRoot(at('key')))).toBe(true)
  })

  test('is made on request, random, for its owner alone, and not made again', async () => {
    const made = keyFileRoot(at('key'), { create: true })
    expect(statSync(at('key')).mode & 0o777).toBe(0o600)
    expect(readFileSync(at('key'), 'utf8')).toMatch(/^[A-Za-z0-9_-]{43}\n$/)
    expect(await same(made, keyFileRoot(at('key'), { create: true }))).toBe(true)
    expect(await same(made, keyFileRoot(at('other'), { create: true }))).toBe(false)
  })

  test('that others can read is refused', () => {
    writeFileSync(at('key'), hex)
    chmodSync(at('key'), 0o640)
    expect(() => keyFileRoot(at('key'))).toThrow(expect.objectContaining({ code: 'insecure-permissions' }))
  })

  test('that is missing is root-unavailable', () => {
    expect(() => keyFileRoot(at('key'))).toThrow(expect.objectContaining({ code: 'root-unavailable' }))
  })

  test.each([
    ['nothing', '', 'invalid-argument'],
    ['a password', 'correct horse battery staple', 'invalid-argument'],
    ['a short key', hex.slice(2), 'invalid-argument'],
    ['text of 32 characters', 'correct horse battery staple 123', 'weak-key'],
    ['zeros', '0'.repeat(64), 'weak-key'],
  ])('of %s is refused, without showing it', (_, contents, code) => {
    writeFileSync(at('key'), contents, { mode: 0o600 })
    expect(() => keyFileRoot(at('key'))).toThrow(expect.objectContaining({ code }))
    if (contents !== '') expect(() => keyFileRoot(at('key'))).not.toThrow(contents)
  })
})

describe('a root in the environment', () => {
  const name = 'KMS_TEST_ROOT'
  afterEach(() => vi.unstubAllEnvs())

  test('opens what the same key in a file sealed, and warns of who else sees it', async () => {
    writeFileSync(at('key'), key, { mode: 0o600 })
    vi.stubEnv(name, base64url)
    const warnings: Warning[] = []
    const root = environmentRoot(name, { onWarning: (warning) => warnings.push(warning) })
    expect(await same(root, keyFileRoot(at('key')))).toBe(true)
    expect(warnings).toEqual([{ code: 'root-in-environment', message: expect.stringMatching(/child processes.*logs/) }])
    expect(root.label).toBe(`env:${name}`)
  })

  test('is refused in production unless asked for by name', () => {
    vi.stubEnv(name, hex)
    vi.stubEnv('NODE_ENV', 'production')
    expect(() => environmentRoot(name)).toThrow(expect.objectContaining({ code: 'not-permitted' }))
    expect(environmentRoot(name, { allowInProduction: true }).kind).toBe('key')
  })

  test('that is not set, or is no key, says so without showing it', () => {
    expect(() => environmentRoot(name)).toThrow(expect.objectContaining({ code: 'root-unavailable' }))
    vi.stubEnv(name, 'hunter2')
    expect(() => environmentRoot(name)).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
    expect(() => environmentRoot(name)).not.toThrow('hunter2')
  })
})
