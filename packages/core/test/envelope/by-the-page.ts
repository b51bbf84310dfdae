import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'

// Envelope v1 read and written from docs/envelope-v1.md and node:crypto alone, for tests: nothing here is of the package.

type Bytes = Uint8Array
type Pairs = readonly (readonly [string, string])[]

export const text = (label: string): Bytes => Buffer.from(label, 'utf8')
export const join = (...parts: readonly Bytes[]): Bytes => new Uint8Array(Buffer.concat(parts))
export const u16 = (n: number): Bytes => Uint8Array.of(n >> 8, n & 255)
export const u32 = (n: number): Bytes => Uint8Array.of(n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255)

export const hmac = (key: Bytes, data: Bytes): Bytes => new Uint8Array(createHmac('sha512', key).update(data).digest())

/** Expand, with as many blocks as it takes. */
export function expand(key: Bytes, info: Bytes, length: number): Bytes {
  let output: Bytes = new Uint8Array(0)
  let block: Bytes = new Uint8Array(0)
  for (let i = 1; output.length < length; i++) {
    block = hmac(key, join(block, info, Uint8Array.of(i)))
    output = join(output, block)
  }
  return output.slice(0, length)
}

export function canonical(context: Pairs): Bytes {
  const sorted = [...context].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  const field = (value: string): Bytes => join(u16(Buffer.byteLength(value)), text(value))
  return join(u16(sorted.length), ...sorted.flatMap(([name, value]) => [field(name), field(value)]))
}

export const preamble = (suite: number, content: number, mode: number): Bytes =>
  Uint8Array.of(0x92, 0x6b, 0x35, suite, content, mode, 0)

const aeads = {
  1: ['AEAD_AES_256_GCM', 'aes-256-gcm'],
  2: ['AEAD_CHACHA20_POLY1305', 'chacha20-poly1305'],
} as const
const chunkLength = 16_384

interface MessageKey {
  readonly cipher: 'aes-256-gcm'
  readonly key: Bytes
  readonly nonce: Bytes
  readonly commitment: Bytes
}

/** C2SP chunked-encryption §Derivation. */
function messageKey(contentKey: Bytes, suite: 1 | 2, bound: Bytes, salt: Bytes): MessageKey {
  const [name, cipher] = aeads[suite]
  const okm = expand(contentKey, join(text(`c2sp.org/chunked-encryption@v1+${name}\0`), salt, bound), 76)
  // ChaCha20-Poly1305 has the same interface; its type in @types/node is another.
  return {
    cipher: cipher as 'aes-256-gcm',
    key: okm.slice(0, 32),
    nonce: okm.slice(32, 44),
    commitment: okm.slice(44),
  }
}

function nonceOf(base: Bytes, chunk: number): Bytes {
  const nonce = base.slice()
  const view = new DataView(nonce.buffer)
  view.setUint32(8, view.getUint32(8) ^ chunk)
  return nonce
}

export function sealBody(contentKey: Bytes, suite: 1 | 2, bound: Bytes, salt: Bytes, plaintext: Bytes): Bytes {
  const { cipher, key, nonce, commitment } = messageKey(contentKey, suite, bound, salt)
  const parts: Bytes[] = [salt, commitment]
  for (let i = 0; i <= Math.floor(plaintext.length / chunkLength); i++) {
    const aead = createCipheriv(cipher, key, nonceOf(nonce, i), { authTagLength: 16 })
    const chunk = plaintext.subarray(i * chunkLength, (i + 1) * chunkLength)
    parts.push(aead.update(chunk), aead.final(), aead.getAuthTag())
  }
  return join(...parts)
}

/** @throws Error for a body that is not whole and genuine */
export function openBody(contentKey: Bytes, suite: 1 | 2, bound: Bytes, body: Bytes): Bytes {
  const { cipher, key, nonce, commitment } = messageKey(contentKey, suite, bound, body.subarray(0, 24))
  if (Buffer.compare(commitment, body.subarray(24, 56)) !== 0) throw new Error('another commitment')
  const parts: Bytes[] = []
  let last = false
  for (let i = 0; !last; i++) {
    const chunk = body.subarray(56 + i * (chunkLength + 16), 56 + (i + 1) * (chunkLength + 16))
    if (chunk.length < 16) throw new Error('no last chunk')
    last = chunk.length < chunkLength + 16
    const aead = createDecipheriv(cipher, key, nonceOf(nonce, i), { authTagLength: 16 })
    aead.setAuthTag(chunk.subarray(-16))
    parts.push(aead.update(chunk.subarray(0, -16)), aead.final())
  }
  return join(...parts)
}

/** AES-256-KW (RFC 3394). */
export function keyWrap(kek: Bytes, key: Bytes): Bytes {
  const cipher = createCipheriv('id-aes256-wrap', kek, Buffer.alloc(8, 0xa6))
  return join(cipher.update(key), cipher.final())
}

/** @throws Error for what was not wrapped under this key */
export function keyUnwrap(kek: Bytes, wrapped: Bytes): Bytes {
  const decipher = createDecipheriv('id-aes256-wrap', kek, Buffer.alloc(8, 0xa6))
  return join(decipher.update(wrapped), decipher.final())
}
