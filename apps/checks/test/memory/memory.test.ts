import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createWasmKeySlots } from '@kms/core/hazmat'
import { expect, test } from 'vitest'
import { dump, NoDump } from '../../src/memory/dump.ts'
import { scanModule } from '../../src/memory/module.ts'
import { Search, summary } from '../../src/memory/search.ts'
import { patterns } from '../../src/memory/secrets.ts'

const main = fileURLToPath(new URL('../../dist/memory/main.js', import.meta.url))
const secret = Uint8Array.from({ length: 32 }, (_, i) => (i * 73 + 41) & 255)
const search = new Search(patterns({ name: 'secret', bytes: secret }))
const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const buffer = Buffer.from(secret)

/** The bytes, somewhere among others. */
function among(bytes: Uint8Array, before: number): Uint8Array {
  const whole = new Uint8Array(before + bytes.length + 50).fill(0x2e)
  whole.set(bytes, before)
  return whole
}

test.each([
  ['raw', secret],
  ['raw', secret.subarray(0, 16)],
  ['raw', secret.subarray(16)],
  ['hex', text(buffer.toString('hex'))],
  ['hex', text(buffer.toString('hex').toUpperCase())],
  ['base64', text(buffer.toString('base64'))],
  ['base64', text(buffer.toString('base64url'))],
  ['base64', text(Buffer.concat([Buffer.from('x'), buffer]).toString('base64url'))],
  ['base64', text(Buffer.concat([Buffer.from('xy'), buffer, Buffer.from('z')]).toString('base64'))],
])('a planted secret is found: %s', (form, bytes) => {
  for (const before of [0, 1, 7, 64]) {
    const hits = search.memory(among(bytes, before))
    expect(hits.length).toBeGreaterThan(0)
    expect(new Set(hits.map(({ pattern }) => pattern.form))).toEqual(new Set([form]))
  }
})

test('what is not there is not found', () => {
  const other = secret.map((byte) => byte ^ 1)
  expect(summary(search.memory(among(other, 5)))).toBe('')
  expect(search.memory(new Uint8Array(0))).toEqual([])
})

test('a secret across two parts of a file is found once', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'kms-search-'))
  try {
    const file = join(folder, 'dump')
    // Longer than one part of 16 MiB and a bit.
    writeFileSync(file, among(secret, 2 ** 24 + 20))
    const hits = search.file(file)
    expect(hits.map(({ offset }) => offset)).toEqual([2 ** 24 + 20, 2 ** 24 + 36])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('slots hold a key as states alone, and nothing is left of it or of messages', { timeout: 120_000 }, () => {
  const { held, afterMessages, released } = scanModule(2)
  expect(new Set(held.map(({ pattern }) => pattern.form))).toEqual(new Set(['HMAC state']))
  expect(summary(afterMessages)).toBe('')
  expect(summary(released)).toBe('')
})

test('slots that do not wipe are found', { timeout: 120_000 }, () => {
  const slots = createWasmKeySlots()
  const { released } = scanModule(
    1,
    Object.assign(Object.create(slots) as typeof slots, bound(slots), { release() {} }),
  )
  expect(summary(released)).toMatch(/^key \(HMAC state ×\d/)
})

/** Private fields are found on the slots themselves only. */
function bound(slots: ReturnType<typeof createWasmKeySlots>): Partial<typeof slots> {
  return {
    bound: slots.bound,
    importKey: (material) => slots.importKey(material),
    deriveKey: (slot, info) => slots.deriveKey(slot, info),
    prepare: (slot, suite, header) => slots.prepare(slot, suite, header),
    seal: (slot, length, plaintext, salt) => slots.seal(slot, length, plaintext, salt),
    open: (slot, length, sealed) => slots.open(slot, length, sealed),
  }
}

test('a process that cannot be dumped is named, with what to do', () => {
  // No process has this number: Linux gives 2²² at most.
  expect(() => dump(2 ** 23, join(tmpdir(), 'none'))).toThrow(NoDump)
})

test('arguments are refused', () => {
  expect(spawnSync(process.execPath, [main, '--what']).status).toBe(2)
})
