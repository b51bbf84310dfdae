import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createWasmPrimitives } from '../../src/crypto/wasm/index.ts'
import {
  readVerificationKey,
  type VerificationKey,
  verificationKeyJwk,
  verificationKeyPem,
  verificationKeyText,
} from '../../src/envelope.ts'

const primitives = createWasmPrimitives()
const hashing = { primitives }
const codeOf = (work: () => unknown): string => {
  try {
    work()
    return 'no error'
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
}

const generated = {
  Ed25519: generateKeyPairSync('ed25519'),
  'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
}
const rawLength = { Ed25519: 32, 'P-256': 65 }

describe.each(['Ed25519', 'P-256'] as const)('a verification key of %s', (algorithm) => {
  const { publicKey: other, privateKey } = generated[algorithm]
  const spki = new Uint8Array(other.export({ format: 'der', type: 'spki' }))
  const key: VerificationKey = { algorithm, publicKey: spki.slice(-rawLength[algorithm]) }

  test('is read from what others write, and read by them', () => {
    const pem = other.export({ format: 'pem', type: 'spki' }) as string
    const jwk = other.export({ format: 'jwk' }) as { kty: string; crv: string; x: string }
    for (const form of [key, pem, `\n${pem.replaceAll('\n', '\r\n')}`, spki, jwk, JSON.stringify(jwk)]) {
      expect(readVerificationKey(form, hashing)).toEqual(key)
    }
    expect(verificationKeyPem(key)).toBe(pem)
    expect(createPublicKey({ key: verificationKeyJwk(key) as never, format: 'jwk' }).equals(other)).toBe(true)
  })

  test('has one text form, in which one slip is found', () => {
    const text = verificationKeyText(key, hashing)
    expect(text).toMatch(/^kmsvk1[\w-]+$/)
    expect(text).toHaveLength(algorithm === 'Ed25519' ? 57 : 101)
    expect(readVerificationKey(`  ${text}\n`, hashing)).toEqual(key)
    for (let at = 0; at < text.length; at++) {
      const slipped = `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`
      expect(
        codeOf(() => readVerificationKey(slipped, hashing)),
        `character ${at}`,
      ).not.toBe('no error')
    }
    for (const length of [6, 7, 10, 20, text.length - 1]) {
      expect(codeOf(() => readVerificationKey(text.slice(0, length), hashing))).toBe('invalid-argument')
    }
  })

  test('is never a private key, or something else', () => {
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }) as string
    const jwk = privateKey.export({ format: 'jwk' }) as { kty: string; crv: string; x: string }
    for (const form of [
      pem,
      jwk,
      JSON.stringify(jwk),
      '',
      'kmsvk1',
      '{',
      spki.slice(1),
      undefined as never,
      null as never,
    ]) {
      expect(['invalid-argument', 'unsupported']).toContain(codeOf(() => readVerificationKey(form, hashing)))
    }
    expect(codeOf(() => verificationKeyText({ algorithm, publicKey: key.publicKey.slice(1) }, hashing))).toBe(
      'invalid-argument',
    )
  })
})

test('a point that is not on P-256 is refused', () => {
  const publicKey = new Uint8Array(65).fill(7)
  publicKey[0] = 4
  expect(codeOf(() => readVerificationKey({ algorithm: 'P-256', publicKey }, hashing))).toBe('invalid-argument')
})

test('keys of other algorithms are named as such', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey
  const x25519 = generateKeyPairSync('x25519').publicKey
  for (const other of [rsa, x25519]) {
    expect(codeOf(() => readVerificationKey(other.export({ format: 'pem', type: 'spki' }) as string, hashing))).toBe(
      'unsupported',
    )
    expect(codeOf(() => readVerificationKey(other.export({ format: 'jwk' }) as never, hashing))).toBe('unsupported')
  }
})
