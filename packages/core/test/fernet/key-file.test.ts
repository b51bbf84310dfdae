import { createCipheriv, createHmac, pbkdf2Sync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Primitives } from '../../src/crypto/primitives.ts'
import { createWasmPrimitives } from '../../src/hazmat.ts'
import { readFernetKeyFile, Secret, writeFernetKeyFile } from '../../src/index.ts'

const vectors = JSON.parse(
  readFileSync(new URL('./vectors/fernet-key-files.json', import.meta.url), 'utf8'),
) as readonly { readonly password: string; readonly key: string; readonly file: string }[]

const primitives = createWasmPrimitives()
// 600,000 iterations for each of hundreds of files would take minutes: the same key again for the same password and salt.
const remembered = new Map<string, Uint8Array>()
const quick: Primitives = {
  ...primitives,
  async pbkdf2(hash, password, salt, iterations, length, options) {
    const asked = [
      hash,
      ...[password, salt].map((bytes) => Buffer.from(bytes).toString('hex')),
      iterations,
      length,
    ].join()
    const known = remembered.get(asked) ?? (await primitives.pbkdf2(hash, password, salt, iterations, length, options))
    remembered.set(asked, known.slice())
    return known.slice()
  },
}
const options = { primitives: quick }
const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'))
const secret = (password: string): Secret => Secret.fromPassword(password)
const [vector] = vectors as [(typeof vectors)[number]]
const file = bytes(vector.file)
const refused = {
  code: 'authentication-failed',
  message: expect.stringMatching(/^The key file does not open: the password/),
}

/** A file by node:crypto, of a token that can be wrong in places. */
function forged(
  change: { version?: number; time?: bigint; padding?: false },
  key: Uint8Array = bytes(vector.key),
): Uint8Array {
  const salt = file.subarray(0, 16)
  const keys = pbkdf2Sync(vector.password, salt, 600_000, 32, 'sha256')
  const cipher = createCipheriv('aes-128-cbc', keys.subarray(16), new Uint8Array(16))
  if (change.padding === false) cipher.setAutoPadding(false)
  const head = Buffer.alloc(25)
  head[0] = change.version ?? 0x80
  head.writeBigUInt64BE(change.time ?? 7n, 1)
  const signed = Buffer.concat([head, cipher.update(key), cipher.final()])
  const token = Buffer.concat([signed, createHmac('sha256', keys.subarray(0, 16)).update(signed).digest()])
  return new Uint8Array(Buffer.concat([salt, Buffer.from(token.toString('base64url'))]))
}

describe('a Fernet key file', () => {
  test.each(vectors.map((one, i) => [i + 1, one] as const))(
    'made by Python opens, %i',
    async (_, { password, key, file }) => {
      const read = await readFernetKeyFile(bytes(file), secret(password), { primitives })
      expect(Buffer.from(read.key.reveal()).toString('hex')).toBe(key)
      expect(read.madeAt.toISOString()).toBe('2026-11-24T02:07:10.000Z')
    },
  )

  test.each([16, 24, 32, 33, 64, 4_096])('of a key of %i bytes is written, and opens again', async (length) => {
    const key = crypto.getRandomValues(new Uint8Array(length))
    const written = await writeFernetKeyFile(Secret.copy(key), secret('a password'), { primitives })
    if (length === 32) expect(written.length).toBe(156)
    expect(Buffer.from(written.subarray(16)).toString('latin1')).toMatch(/^gAAAAA[A-Za-z0-9_-]+={0,2}$/)
    const read = await readFernetKeyFile(written, secret('a password'), { primitives })
    expect(read.key.reveal()).toEqual(key)
    expect(Math.abs(read.madeAt.getTime() - Date.now())).toBeLessThan(60_000)
  })

  test('opens with the line end that an editor adds', async () => {
    for (const more of ['\n', '\r\n']) {
      const { key } = await readFernetKeyFile(
        Buffer.concat([file, Buffer.from(more)]),
        secret(vector.password),
        options,
      )
      expect(Buffer.from(key.reveal()).toString('hex')).toBe(vector.key)
    }
  })

  test('opens whatever time it says, also one that no date has', async () => {
    for (const time of [0n, 2n ** 64n - 1n]) {
      const { madeAt } = await readFernetKeyFile(forged({ time }), secret(vector.password), options)
      expect(Number.isNaN(madeAt.getTime())).toBe(false)
    }
  })
})

describe('one clear error', () => {
  test('for a wrong password', async () => {
    await expect(readFernetKeyFile(file, secret('another'), options)).rejects.toMatchObject(refused)
  })

  test('for a changed salt, and for every character that was changed', async () => {
    for (let at = 0; at < file.length; at++) {
      // A changed salt is another derivation: one byte of it is enough.
      if (at > 0 && at < 16) continue
      for (const bit of at < 16 ? [1] : [1, 2, 32]) {
        const changed = file.slice()
        changed[at] = (changed[at] as number) ^ bit
        await expect(readFernetKeyFile(changed, secret(vector.password), options)).rejects.toMatchObject(refused)
      }
    }
  })

  test('for a file that was cut anywhere, or goes on', async () => {
    for (let length = 0; length < file.length; length++) {
      await expect(readFernetKeyFile(file.subarray(0, length), secret(vector.password), options)).rejects.toMatchObject(
        refused,
      )
    }
    for (const more of ['A', 'AAAA', '=', '\n\n', ' ']) {
      const longer = Buffer.concat([file, Buffer.from(more)])
      await expect(readFernetKeyFile(longer, secret(vector.password), options)).rejects.toMatchObject(refused)
    }
  })

  test('for something else', async () => {
    for (const other of [new Uint8Array(0), new Uint8Array(200), new Uint8Array(1_000_000).fill(65)]) {
      await expect(readFernetKeyFile(other, secret(vector.password), options)).rejects.toMatchObject(refused)
    }
  })

  test('for a token of another version, and for padding that is none, though their tags are right', async () => {
    const version = forged({ version: 0x81 })
    const padding = forged({ padding: false }, new Uint8Array(32).fill(0x55))
    await expect(readFernetKeyFile(forged({}), secret(vector.password), options)).resolves.toBeDefined()
    await expect(readFernetKeyFile(version, secret(vector.password), options)).rejects.toMatchObject(refused)
    await expect(readFernetKeyFile(padding, secret(vector.password), options)).rejects.toMatchObject(refused)
  })
})

test('nothing is decrypted before the tag was compared', async () => {
  const crypto = { subtle: { importKey: fail, decrypt: fail } } as unknown as typeof globalThis.crypto
  function fail(): never {
    throw new Error('too early')
  }
  const changed = file.slice()
  changed[60] = (changed[60] as number) ^ 1
  await expect(readFernetKeyFile(changed, secret(vector.password), { ...options, crypto })).rejects.toMatchObject(
    refused,
  )
})

test('a key that is short, and a password that is none, are refused', async () => {
  const key = Secret.copy(crypto.getRandomValues(new Uint8Array(15)))
  await expect(writeFernetKeyFile(key, secret('a password'), options)).rejects.toMatchObject({
    code: 'invalid-argument',
  })
  await expect(readFernetKeyFile(file, 'text' as unknown as Secret, options)).rejects.toMatchObject({
    code: 'invalid-argument',
  })
})
