import { describe, expect, test } from 'vitest'
import { backendParts, deriveKey, hashPassword, newKeyParams, Secret, verifyPassword } from '../../src/index.ts'

const password = Secret.fromPassword('correct horse battery staple')
const kdfs = ['argon2id', 'scrypt', 'pbkdf2'] as const

describe.each(kdfs)('%s', (kdf) => {
  test('a hash made by one backend verifies by the others', async () => {
    for (const [from, to] of [
      ['native', 'wasm'],
      ['wasm', 'auto'],
      ['auto', 'native'],
    ] as const) {
      const hash = await hashPassword(password, { ...backendParts(from), kdf })
      expect(await verifyPassword(password, hash, { ...backendParts(to), kdf })).toEqual({ ok: true, rehash: false })
    }
  })

  test('a key is the same by every backend', async () => {
    const params = newKeyParams(kdf)
    const [one, other] = await Promise.all(
      (['native', 'wasm'] as const).map((backend) => deriveKey(password, params, backendParts(backend))),
    )
    expect(one?.reveal()).toEqual(other?.reveal())
  })
})
