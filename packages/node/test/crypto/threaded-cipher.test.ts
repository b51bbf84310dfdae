import { randomBytes } from 'node:crypto'
import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import type { Worker } from 'node:worker_threads'
import type { AeadCipher, AsideCipher } from '@kms/core'
import { keyRoot } from '@kms/core'
import { openEnvelope } from '@kms/core/envelope'
import * as built from '@kms/node'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
// A thread's program is a file of JavaScript, so what is built is tested here; beside what is not, which finds none and does without.
import { withThread } from '../../dist/crypto/threaded-cipher.js'
import { backendParts } from '../../src/backend.ts'
import { withThread as withoutProgram } from '../../src/crypto/threaded-cipher.ts'
import { temporaryFolder } from '../folder.ts'

const at = temporaryFolder()
const parts = backendParts('native')
const shared = (length: number): Uint8Array => new Uint8Array(new SharedArrayBuffer(length))
const code = (expected: string) => expect.objectContaining({ code: expected })

const key = randomBytes(32)
const length = 16_384
const chunks = 5
/** Four whole chunks and one of 100 bytes. */
const plaintext = shared(4 * length + 100)
plaintext.set(randomBytes(plaintext.length))
const nonces = randomBytes(12 * chunks)

/** The same, chunk by chunk. */
function sealedHere(cipher: AeadCipher): Uint8Array {
  const sealed = new Uint8Array(plaintext.length + 16 * chunks)
  for (let i = 0; i < chunks; i++) {
    const chunk = plaintext.subarray(i * length, (i + 1) * length)
    cipher.seal(nonces.subarray(12 * i, 12 * (i + 1)), chunk, sealed, i * (length + 16))
  }
  return sealed
}

/** Threads that answered. */
let threads = 0
const count = (worker: Worker): void => {
  worker.once('message', () => threads++)
}
beforeEach(() => {
  threads = 0
  process.on('worker', count)
})
afterEach(() => void process.off('worker', count))

describe.each([
  { name: 'a thread', parts: withThread(parts.primitives), expected: 1 },
  { name: 'no thread, where its program is missing', parts: withoutProgram(parts.primitives), expected: 0 },
])('chunks by $name', ({ parts, expected }) => {
  for (const aead of ['AES-256-GCM', 'ChaCha20-Poly1305'] as const) {
    test(`are those of one after the other, and are opened again: ${aead}`, async () => {
      const cipher = parts.aeadCipher?.(aead, key) as AeadCipher & { aside: AsideCipher }
      const [sealed, opened] = [shared(plaintext.length + 16 * chunks), shared(plaintext.length)]
      await cipher.aside.seal(nonces, plaintext, length, sealed)
      expect(Buffer.compare(sealed, sealedHere(cipher))).toBe(0)
      await cipher.aside.open(nonces, sealed, length, opened)
      expect(Buffer.compare(opened, plaintext)).toBe(0)
      sealed[3 * (length + 16) + 7] ^= 1
      await expect(cipher.aside.open(nonces, sealed, length, opened)).rejects.toEqual(code('authentication-failed'))
      cipher.wipe()
      cipher.wipe()
      expect(threads).toBe(expected)
    })
  }

  test('are done in order, however many wait', async () => {
    const cipher = parts.aeadCipher?.('AES-256-GCM', key) as AeadCipher & { aside: AsideCipher }
    const targets = Array.from({ length: 20 }, () => shared(plaintext.length + 16 * chunks))
    const ended: number[] = []
    const all = targets.map((target, i) =>
      cipher.aside.seal(nonces, plaintext, length, target).then(() => void ended.push(i)),
    )
    await Promise.all(all)
    expect(ended).toEqual(targets.map((_, i) => i))
    expect(targets.every((target) => Buffer.compare(target, targets[0] as Uint8Array) === 0)).toBe(true)
    cipher.wipe()
  })

  test('are never sealed under a key that was wiped', async () => {
    const cipher = parts.aeadCipher?.('AES-256-GCM', key) as AeadCipher & { aside: AsideCipher }
    const target = shared(plaintext.length + 16 * chunks)
    cipher.wipe()
    await expect(cipher.aside.seal(nonces, plaintext, length, target)).rejects.toEqual(code('closed'))
    expect(target.every((byte) => byte === 0)).toBe(true)
  })
})

test('a large file is sealed and opened by a thread, and a changed one leaves nothing', {
  timeout: 60_000,
}, async () => {
  const root = keyRoot(Uint8Array.from({ length: 32 }, (_, i) => 7 * i + 130))
  const context = { file: 'large' }
  const sealing = { recipients: [root.recipient(parts.primitives)], context, durable: false }
  const opening = { openers: [root.opener(parts.primitives)], context, durable: false }
  writeFileSync(at('plain'), randomBytes(1 << 20))
  truncateSync(at('plain'), (64 << 20) + 12_345)
  await built.sealFile(at('plain'), at('sealed'), sealing)
  expect(threads).toBe(1)
  await built.openFile(at('sealed'), at('opened'), opening)
  expect(threads).toBe(2)
  expect(Buffer.compare(readFileSync(at('opened')), readFileSync(at('plain')))).toBe(0)

  const sealed = readFileSync(at('sealed'))
  expect((await openEnvelope(sealed, { ...parts, ...opening })).length).toBe((64 << 20) + 12_345)
  sealed[sealed.length - 20] ^= 1
  writeFileSync(at('changed'), sealed)
  await expect(built.openFile(at('changed'), at('never'), opening)).rejects.toEqual(code('authentication-failed'))
  expect(() => readFileSync(at('never'))).toThrow('ENOENT')
})
