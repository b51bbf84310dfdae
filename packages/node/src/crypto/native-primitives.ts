import { createCipheriv, createDecipheriv, createHash, createHmac, hash as oneShot, timingSafeEqual } from 'node:crypto'
import type { Aead, AeadCipher, Hash, Hasher, Primitives } from '@kms/core'
import { KmsError } from '@kms/core'
import { sealChunk, tagLength } from './chunks.ts'
import { nativeAeads, notGenuine, openSealed, plain, wipeFreed } from './native-aead.ts'
import { nativeCipher } from './native-cipher.ts'
import { argon2id, pbkdf2, scrypt } from './native-password-hashing.ts'
import { nativeKey } from './raw-keys.ts'

const hashes = {
  'SHA-256': { name: 'sha256', length: 32 },
  'SHA-384': { name: 'sha384', length: 48 },
  'SHA-512': { name: 'sha512', length: 64 },
} as const satisfies Record<Hash, { name: string; length: number }>

const keyWraps: Readonly<Record<number, string>> = { 16: 'id-aes128-wrap', 32: 'id-aes256-wrap' }
// RFC 3394 §2.2.3.1, the default initial value.
const keyWrapIv = new Uint8Array(8).fill(0xa6)
const keyWrapLimit = 65_536

/**
 * `Primitives` over node:crypto: the algorithms of the OpenSSL that Node was built with, or, for those who must use it, of
 * the validated provider that it was started with.
 */
export function createNativePrimitives(): Primitives {
  return {
    backend: 'native',
    hash,
    hasher,
    hmac,
    hkdfExpand,
    hkdf,
    pbkdf2,
    scrypt,
    argon2id,
    aeadSeal,
    aeadOpen,
    aeadCipher,
    keyWrap,
    keyUnwrap,
    equal,
  }
}

function hash(hash: Hash, data: Uint8Array): Uint8Array {
  return plain(oneShot(hashEntry(hash).name, data, 'buffer'))
}

function hasher(hash: Hash): Hasher {
  const running = createHash(hashEntry(hash).name)
  return {
    update: (part) => {
      running.update(part)
    },
    digest: () => plain(running.digest()),
  }
}

function hmac(hash: Hash, key: Uint8Array, data: Uint8Array): Uint8Array {
  return plain(createHmac(hashEntry(hash).name, nativeKey(key)).update(data).digest())
}

// By hand, since Node's hkdfSync always extracts first (and takes twice as long for both).
function hkdfExpand(hash: Hash, prk: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  const { name, length: size } = hashEntry(hash)
  require(Number.isInteger(length) && length >= 1 && length <= 255 * size, `HKDF gives 1 to ${255 * size} bytes.`)
  const key = nativeKey(prk)
  // As in slots: not on the moving heap.
  const output = new Uint8Array(new ArrayBuffer(length))
  let block: Uint8Array = new Uint8Array(0)
  for (let counter = 1, at = 0; at < length; counter++, at += size) {
    const next = createHmac(name, key).update(block).update(info).update(Uint8Array.of(counter)).digest()
    block.fill(0)
    block = next
    output.set(block.subarray(0, Math.min(size, length - at)), at)
  }
  block.fill(0)
  return output
}

function hkdf(hash: Hash, inputKey: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  const prk = hmac(hash, salt, inputKey)
  try {
    return hkdfExpand(hash, prk, info, length)
  } finally {
    prk.fill(0)
  }
}

function aeadSeal(aead: Aead, key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array {
  requireAead(aead, key, nonce)
  const sealed = new Uint8Array(plaintext.length + tagLength)
  const { cipher } = nativeAeads[aead]
  sealChunk(cipher, nativeKey(key), nonce, plaintext, sealed, 0, aad.length > 0 ? aad : undefined)
  return sealed
}

function aeadOpen(aead: Aead, key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array {
  requireAead(aead, key, nonce)
  return openSealed(aead, nativeKey(key), nonce, aad.length > 0 ? aad : undefined, sealed)
}

function aeadCipher(aead: Aead, key: Uint8Array): AeadCipher {
  requireAead(aead, key)
  return nativeCipher(aead, key)
}

function keyWrap(kek: Uint8Array, key: Uint8Array): Uint8Array {
  const fits = key.length >= 16 && key.length % 8 === 0 && key.length <= keyWrapLimit
  require(fits, 'AES-KW wraps a multiple of 8 bytes, 16 or more.')
  const cipher = createCipheriv(wrapCipher(kek), nativeKey(kek), keyWrapIv)
  const wrapped = cipher.update(key)
  cipher.final()
  return plain(wrapped)
}

function keyUnwrap(kek: Uint8Array, wrapped: Uint8Array): Uint8Array {
  const name = wrapCipher(kek)
  if (wrapped.length < 24 || wrapped.length % 8 !== 0 || wrapped.length > keyWrapLimit + 8) throw notGenuine()
  const decipher = createDecipheriv(name, nativeKey(kek), keyWrapIv)
  try {
    const key = decipher.update(wrapped)
    wipeFreed(wrapped.length + 8)
    decipher.final()
    return plain(key)
  } catch {
    throw notGenuine()
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

function hashEntry(hash: Hash): (typeof hashes)[Hash] {
  if (!Object.hasOwn(hashes, hash)) throw new KmsError('unsupported', `There is no hash ${String(hash)} here.`)
  return hashes[hash]
}

function requireAead(aead: Aead, key: Uint8Array, nonce?: Uint8Array): void {
  if (!Object.hasOwn(nativeAeads, aead)) throw new KmsError('unsupported', `There is no AEAD ${String(aead)} here.`)
  const { keyLength } = nativeAeads[aead]
  require(key.length === keyLength, `${aead} takes keys of ${keyLength} bytes.`)
  require(nonce === undefined || nonce.length === 12, `${aead} takes nonces of 12 bytes.`)
}

function wrapCipher(kek: Uint8Array): string {
  const name = keyWraps[kek.length]
  if (name === undefined) throw new KmsError('invalid-argument', 'AES-KW takes keys of 16 or 32 bytes.')
  return name
}

function require(holds: boolean, otherwise: string): void {
  if (!holds) throw new KmsError('invalid-argument', otherwise)
}
