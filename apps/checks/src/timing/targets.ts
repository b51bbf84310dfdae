import { createCipheriv, createHmac, randomBytes } from 'node:crypto'
import { primitivesModule } from '@kms/wasm'
import type { Target } from './measure.ts'

// The module's calls, made with as little around them as can be: what is timed is a copy of the inputs, and the call.

interface Exports {
  readonly memory: WebAssembly.Memory
  readonly keyAt: WebAssembly.Global
  readonly nonceAt: WebAssembly.Global
  readonly inAt: WebAssembly.Global
  readonly outAt: WebAssembly.Global
  aeadSeal(algorithm: number, aadLength: number, length: number): number
  aeadOpen(algorithm: number, aadLength: number, length: number): number
  hmac(hash: number, keyLength: number, length: number): number
  keyUnwrap(kekLength: number, length: number, padded: boolean): number
  equal(length: number): number
}

const aes256Gcm = 0
const chacha20Poly1305 = 2
const sha256 = 0
/** On a Zen 4 with Node 20 and 22, up to a thousandth of a call; a mispredicted branch would be four times what is allowed. */
const processor = 0.0025

/** Targets in an instance of their own. */
export function moduleTargets(): readonly Target[] {
  const exports = new WebAssembly.Instance(primitivesModule()).exports as unknown as Exports
  const memory = new Uint8Array(exports.memory.buffer)
  const [keyAt, nonceAt] = [exports.keyAt.value as number, exports.nonceAt.value as number]
  const [input, output] = [exports.inAt.value as number, exports.outAt.value as number]
  const key = randomBytes(32)
  const message = randomBytes(64)
  const aad = randomBytes(256)
  memory.set(randomBytes(12), nonceAt)

  /** The key is the secret. */
  const keyed = (name: string, algorithm: number): Target => ({
    name: `${name}: keys`,
    length: 32,
    batch: 2,
    fixed: randomBytes(32),
    call(secret) {
      memory.set(secret, keyAt)
      memory.set(message, input)
      return exports.aeadSeal(algorithm, 0, 64)
    },
  })

  /** The plaintext is the secret. */
  const fed = (name: string, algorithm: number, length: number): Target => ({
    name: `${name}: plaintexts`,
    length,
    batch: 2,
    fixed: randomBytes(length),
    call(secret) {
      memory.set(key, keyAt)
      memory.set(secret, input)
      return exports.aeadSeal(algorithm, 0, length)
    },
  })

  /** A tag compared with a genuine one from which it differs in the last bit, or everywhere: either is refused. */
  const opened = (name: string, algorithm: number, sealed: Buffer): Target => {
    const fixed = new Uint8Array(sealed.subarray(64))
    fixed[15] = (fixed[15] as number) ^ 1
    const ciphertext = new Uint8Array(sealed.subarray(0, 64))
    return {
      name: `${name}: tags refused`,
      length: 16,
      batch: 2,
      fixed,
      call(tag) {
        memory.set(key, keyAt)
        memory.set(ciphertext, input)
        memory.set(tag, input + 64)
        return exports.aeadOpen(algorithm, 0, 64)
      },
    }
  }
  const seal = (algorithm: 'aes-256-gcm' | 'chacha20-poly1305'): Buffer => {
    const nonce = memory.slice(nonceAt, nonceAt + 12)
    const cipher = createCipheriv(algorithm as 'aes-256-gcm', key, nonce, { authTagLength: 16 })
    return Buffer.concat([cipher.update(message), cipher.final(), cipher.getAuthTag()])
  }

  const wrapping = (wrapped: Uint8Array): Uint8Array => {
    const cipher = createCipheriv('id-aes256-wrap', key, Buffer.from('a6a6a6a6a6a6a6a6', 'hex'))
    return new Uint8Array(Buffer.concat([cipher.update(wrapped), cipher.final()]))
  }
  const wraps = Array.from({ length: 1024 }, () => wrapping(randomBytes(32)))
  let next = 0

  return [
    {
      name: 'compare of 32 bytes',
      length: 32,
      batch: 16,
      fixed: key,
      call(tag) {
        memory.set(tag, input)
        memory.set(key, input + 32)
        return exports.equal(32)
      },
    },
    {
      name: 'HMAC-SHA-256 compared',
      length: 32,
      batch: 2,
      fixed: createHmac('sha256', key).update(message).digest(),
      call(tag) {
        memory.set(key, keyAt)
        memory.set(message, input)
        exports.hmac(sha256, 32, 64)
        memory.copyWithin(input, output, output + 32)
        memory.set(tag, input + 32)
        return exports.equal(32)
      },
    },
    {
      name: 'HMAC-SHA-256: keys',
      within: processor,
      length: 32,
      batch: 2,
      fixed: randomBytes(32),
      call(secret) {
        memory.set(secret, keyAt)
        memory.set(message, input)
        return exports.hmac(sha256, 32, 64)
      },
    },
    // GHASH's key is made of it, so it may show what that one's row does (docs/decisions/constant-time.md).
    { ...keyed('AES-256-GCM', aes256Gcm), within: processor },
    fed('AES-256-GCM', aes256Gcm, 64),
    opened('AES-256-GCM', aes256Gcm, seal('aes-256-gcm')),
    {
      name: 'GHASH: 256 bytes',
      length: 256,
      batch: 2,
      fixed: randomBytes(256),
      call(secret) {
        memory.set(key, keyAt)
        memory.set(secret, output)
        return exports.aeadSeal(aes256Gcm, 256, 0)
      },
    },
    {
      name: 'GHASH: its key H',
      within: processor,
      length: 32,
      batch: 2,
      fixed: randomBytes(32),
      call(secret) {
        memory.set(secret, keyAt)
        memory.set(aad, output)
        return exports.aeadSeal(aes256Gcm, 256, 0)
      },
    },
    {
      name: 'AES-KW unwrapping: keys',
      length: 40,
      batch: 1,
      fixed: wraps[0] as Uint8Array,
      random(secret) {
        secret.set(wraps[next++ & 1023] as Uint8Array)
      },
      call(secret) {
        memory.set(key, keyAt)
        memory.set(secret, input)
        return exports.keyUnwrap(32, 40, false)
      },
    },
    {
      name: 'AES-KW refusing: KEKs',
      length: 32,
      batch: 1,
      fixed: randomBytes(32),
      call(kek) {
        memory.set(kek, keyAt)
        memory.set(wraps[0] as Uint8Array, input)
        return exports.keyUnwrap(32, 40, false)
      },
    },
    keyed('ChaCha20-Poly1305', chacha20Poly1305),
    fed('ChaCha20-Poly1305', chacha20Poly1305, 64),
    opened('ChaCha20-Poly1305', chacha20Poly1305, seal('chacha20-poly1305')),
  ]
}
