import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createWasmPrimitives } from '../../src/crypto/wasm/index.ts'
import { toText } from '../../src/encoding/text.ts'
import { readVerificationKey, type VerificationKeyForm } from '../../src/envelope.ts'
import { type PublicKeyForm, readPublicKeyForm } from '../../src/key-pairs/public-key-forms.ts'
import { readPublicKey } from '../../src/public-keys/index.ts'
import { codeOf } from '../kms/memory-kms.ts'

const hashing = { primitives: createWasmPrimitives() }
const readers: readonly (readonly [string, (jwk: object) => unknown])[] = [
  ['who seals to it', (jwk) => readPublicKey(jwk)],
  ['who verifies a signed message', (jwk) => readVerificationKey(jwk as VerificationKeyForm, hashing)],
  ['who verifies a signature, or agrees on a key', (jwk) => readPublicKeyForm(jwk as PublicKeyForm)],
]
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })
const modulus = toText(new Uint8Array(256).fill(0xc5))

describe.each(readers)('a JSON Web Key, read by %s', (_, read) => {
  const outcome = (jwk: object): Promise<string> => codeOf(async () => read(jwk))

  test.each([
    ['a curve', { kty: 'EC', crv: 'secp256k1', x: p256.x, y: p256.y }],
    ['a curve of the other family', { kty: 'OKP', crv: 'P-256', x: p256.x }],
    ['a type', { kty: 'AKP', alg: 'ML-DSA-65', pub: 'AA' }],
  ])('is unsupported when it is of %s that is not used', async (_what, jwk) => {
    expect(await outcome(jwk)).toBe('unsupported')
  })

  test.each(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'])(
    'is no public key when it has the private %s',
    async (name) => {
      for (const jwk of [p256, { kty: 'RSA', n: modulus, e: 'AQAB' }, { kty: 'oct' }]) {
        expect(await outcome({ ...jwk, [name]: 'AA' })).toBe('invalid-argument')
        expect(await outcome({ ...jwk, [name]: undefined })).toBe('invalid-argument')
      }
    },
  )

  test('is none without a type, or with coordinates that the curve does not have', async () => {
    for (const jwk of [{}, [], { kty: 1 }, { crv: 'P-256' }]) expect(await outcome(jwk)).toBe('invalid-argument')
    for (const x of [undefined, 1, '', 'AA', `${p256.x}AA`, `${p256.x}=`]) {
      expect(await outcome({ ...p256, x })).toBe('invalid-argument')
    }
  })
})

describe.each(readers.filter((_, at) => at !== 1))('an RSA key as a JSON Web Key, read by %s', (_, read) => {
  const outcome = (jwk: object): Promise<string> => codeOf(async () => read(jwk))

  test('is read up to an exponent of 64 bits', async () => {
    const exponent = (length: number): string => toText(new Uint8Array(length).fill(1))
    expect(await outcome({ kty: 'RSA', n: modulus, e: exponent(8) })).toBe('no error')
    expect(await outcome({ kty: 'RSA', n: modulus, e: exponent(9) })).toBe('invalid-argument')
  })

  test('is unsupported with a modulus of another length, however long', async () => {
    for (const length of [128, 257, 513, 1024, 70_000]) {
      const n = toText(new Uint8Array(length).fill(0xc5))
      expect(await outcome({ kty: 'RSA', n, e: 'AQAB' }), `${length} bytes`).toBe('unsupported')
    }
  })

  test('is none where a number is missing, empty, zero, or has zeros before it', async () => {
    for (const e of [undefined, 1, '', 'AA', 'AAEAAQ', 'AQAB==']) {
      expect(await outcome({ kty: 'RSA', n: modulus, e })).toBe('invalid-argument')
    }
  })
})
