import { type CipherGCMTypes, createCipheriv, createHash, createHmac, hkdfSync, pbkdf2Sync } from 'node:crypto'
import type { Aead, Hash, Suite } from '@kms/core'
import { gcm, aeskw as nobleKw, aeskwp as nobleKwp } from '@noble/ciphers/aes.js'
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { pbkdf2 } from '@noble/hashes/pbkdf2.js'
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js'

// What the module is compared with. Strings given in pieces are hashed and encrypted piece by piece.

type Pieces = readonly Uint8Array[]

/** Algorithms by one of the two libraries. */
export interface Reference {
  readonly name: 'node' | 'noble'
  hash(hash: Hash, data: Pieces): Uint8Array
  hmac(hash: Hash, key: Uint8Array, data: Pieces): Uint8Array
  hkdf(hash: Hash, inputKey: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array
  hkdfExpand(hash: Hash, prk: Uint8Array, info: Uint8Array, length: number): Uint8Array
  pbkdf2(hash: Hash, password: Uint8Array, salt: Uint8Array, iterations: number, length: number): Uint8Array
  aeadSeal(aead: Aead, key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Pieces): Uint8Array
  keyWrap(kek: Uint8Array, key: Uint8Array): Uint8Array
  keyWrapPadded(kek: Uint8Array, key: Uint8Array): Uint8Array
}

const nodeHashes = { 'SHA-256': 'sha256', 'SHA-384': 'sha384', 'SHA-512': 'sha512' } as const
const nodeAeads = {
  'AES-128-GCM': 'aes-128-gcm',
  'AES-256-GCM': 'aes-256-gcm',
  'ChaCha20-Poly1305': 'chacha20-poly1305',
} as const
const kwIv = Buffer.from('a6a6a6a6a6a6a6a6', 'hex')
const kwpIv = Buffer.from('a65959a6', 'hex')

/** RFC 5869 §2.3 by HMAC: node has no Expand, and noble's refuses a PRK shorter than the hash. */
function expandBy(by: Reference, hash: Hash, prk: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  const blocks: Uint8Array[] = []
  for (let i = 1, have = 0; have < length; i++) {
    const block = by.hmac(hash, prk, [blocks.at(-1) ?? new Uint8Array(0), info, Uint8Array.of(i)])
    blocks.push(block)
    have += block.length
  }
  return Buffer.concat(blocks).subarray(0, length)
}

function nodeWrap(kind: 'wrap' | 'wrap-pad', kek: Uint8Array, key: Uint8Array): Uint8Array {
  const cipher = createCipheriv(`id-aes${kek.length * 8}-${kind}`, kek, kind === 'wrap' ? kwIv : kwpIv)
  return Buffer.concat([cipher.update(key), cipher.final()])
}

export const nodeReference: Reference = {
  name: 'node',
  hash(hash, data) {
    const running = createHash(nodeHashes[hash])
    for (const piece of data) running.update(piece)
    return running.digest()
  },
  hmac(hash, key, data) {
    const running = createHmac(nodeHashes[hash], key)
    for (const piece of data) running.update(piece)
    return running.digest()
  },
  // Node's refuses an info over 1,024 bytes: by hand, RFC 5869 §2.2 and §2.3.
  hkdf(hash, inputKey, salt, info, length) {
    if (info.length <= 1024) return new Uint8Array(hkdfSync(nodeHashes[hash], inputKey, salt, info, length))
    return nodeReference.hkdfExpand(hash, nodeReference.hmac(hash, salt, [inputKey]), info, length)
  },
  hkdfExpand: (...of) => expandBy(nodeReference, ...of),
  pbkdf2: (hash, password, salt, iterations, length) =>
    pbkdf2Sync(password, salt, iterations, length, nodeHashes[hash]),
  aeadSeal(aead, key, nonce, aad, plaintext) {
    const cipher = createCipheriv(nodeAeads[aead] as CipherGCMTypes, key, nonce, { authTagLength: 16 })
    if (aad.length > 0) cipher.setAAD(aad)
    const sealed = plaintext.map((piece) => cipher.update(piece))
    return Buffer.concat([...sealed, cipher.final(), cipher.getAuthTag()])
  },
  keyWrap: (kek, key) => nodeWrap('wrap', kek, key),
  keyWrapPadded: (kek, key) => nodeWrap('wrap-pad', kek, key),
}

const nobleHashes = { 'SHA-256': sha256, 'SHA-384': sha384, 'SHA-512': sha512 } as const

export const nobleReference: Reference = {
  name: 'noble',
  hash(hash, data) {
    const running = nobleHashes[hash].create()
    for (const piece of data) running.update(piece)
    return running.digest()
  },
  hmac(hash, key, data) {
    const running = hmac.create(nobleHashes[hash], key)
    for (const piece of data) running.update(piece)
    return running.digest()
  },
  hkdf: (hash, inputKey, salt, info, length) => hkdf(nobleHashes[hash], inputKey, salt, info, length),
  hkdfExpand: (...of) => expandBy(nobleReference, ...of),
  pbkdf2: (hash, password, salt, c, dkLen) => pbkdf2(nobleHashes[hash], password, salt, { c, dkLen }),
  aeadSeal(aead, key, nonce, aad, plaintext) {
    const whole = Buffer.concat(plaintext)
    return aead === 'ChaCha20-Poly1305'
      ? chacha20poly1305(key, nonce, aad).encrypt(whole)
      : gcm(key, nonce, aad).encrypt(whole)
  },
  keyWrap: (kek, key) => nobleKw(kek).encrypt(key),
  keyWrapPadded: (kek, key) => nobleKwp(kek).encrypt(key),
}

const labels: Readonly<Record<Suite, Uint8Array>> = {
  1: Buffer.from('c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0'),
  2: Buffer.from('c2sp.org/chunked-encryption@v1+AEAD_CHACHA20_POLY1305\0'),
}

/**
 * The envelope's body (C2SP chunked-encryption with SHA-512), from its text and by a reference alone: salt ‖ commitment ‖ chunks.
 */
export function referenceBody(
  by: Reference,
  suite: Suite,
  contentKey: Uint8Array,
  salt: Uint8Array,
  bound: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  const derived = by.hkdfExpand('SHA-512', contentKey, Buffer.concat([labels[suite], salt, bound]), 76)
  const key = derived.slice(0, 32)
  const parts: Uint8Array[] = [salt, derived.subarray(44)]
  for (let i = 0; i * 16_384 <= plaintext.length; i++) {
    const nonce = Buffer.from(derived.subarray(32, 44))
    nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ i) >>> 0, 8)
    const chunk = plaintext.subarray(i * 16_384, (i + 1) * 16_384)
    const aead = suite === 1 ? 'AES-256-GCM' : 'ChaCha20-Poly1305'
    parts.push(by.aeadSeal(aead, key, new Uint8Array(nonce), new Uint8Array(0), [chunk]))
  }
  return Buffer.concat(parts)
}
