import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Aead, Suite } from '@kms/core'
import { sealChunk, tagLength } from './chunks.ts'
import { nativeAeads, notGenuine, openSealed, plain } from './native-aead.ts'
import { nativeKey } from './raw-keys.ts'

// C2SP chunked-encryption with SHA-512, for whole messages: salt ‖ commitment ‖ chunks, the last always shorter.

export const saltLength = 24
const commitmentLength = 32
const prefixLength = saltLength + commitmentLength
const chunkLength = 16_384
const sealedChunkLength = chunkLength + tagLength

const suiteAeads = { 1: 'AES-256-GCM', 2: 'ChaCha20-Poly1305' } as const satisfies Record<Suite, Aead>
const labels: Readonly<Record<Suite, Uint8Array>> = {
  1: new TextEncoder().encode('c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0'),
  2: new TextEncoder().encode('c2sp.org/chunked-encryption@v1+AEAD_CHACHA20_POLY1305\0'),
}

const one = Uint8Array.of(1)
const two = Uint8Array.of(2)

export interface BodyKey {
  readonly key: Uint8Array
  readonly nonce: Uint8Array
  readonly commitment: Uint8Array
}

/** C2SP chunked-encryption §Derivation: 76 bytes of HKDF-Expand, which are two blocks of HMAC-SHA-512. */
export function deriveBodyKey(contentKey: Uint8Array, suite: Suite, salt: Uint8Array, bound: Uint8Array): BodyKey {
  const label = labels[suite]
  const first = plain(createHmac('sha512', contentKey).update(label).update(salt).update(bound).update(one).digest())
  const rest = createHmac('sha512', contentKey)
    .update(first)
    .update(label)
    .update(salt)
    .update(bound)
    .update(two)
    .digest()
  const commitment = new Uint8Array(commitmentLength)
  commitment.set(first.subarray(44))
  commitment.set(rest.subarray(0, 12), 20)
  return { key: first.subarray(0, 32), nonce: first.subarray(32, 44), commitment }
}

/** header ‖ salt ‖ commitment ‖ chunks, as one array. */
export function sealBody(
  suite: Suite,
  header: Uint8Array,
  salt: Uint8Array,
  message: BodyKey,
  plaintext: Uint8Array,
): Uint8Array {
  const chunks = Math.floor(plaintext.length / chunkLength) + 1
  const start = header.length + prefixLength
  const sealed = new Uint8Array(start + plaintext.length + chunks * tagLength)
  sealed.set(header)
  sealed.set(salt, header.length)
  sealed.set(message.commitment, header.length + saltLength)
  const { cipher } = nativeAeads[suiteAeads[suite]]
  const key = nativeKey(message.key)
  for (let i = 0; i < chunks; i++) {
    const chunk = chunks === 1 ? plaintext : plaintext.subarray(i * chunkLength, (i + 1) * chunkLength)
    sealChunk(cipher, key, chunkNonce(message.nonce, i), chunk, sealed, start + i * sealedChunkLength)
  }
  return sealed
}

/**
 * Where the parts of a whole message are.
 * @throws `authentication-failed` if the header is another, or no message has a body of that length
 */
export function splitBody(header: Uint8Array, sealed: Uint8Array): { salt: Uint8Array; commitment: Uint8Array } {
  const at = header.length
  const rest = sealed.length - at - prefixLength
  if (rest < tagLength || rest % sealedChunkLength < tagLength) throw notGenuine()
  for (let i = 0; i < at; i++) if (sealed[i] !== header[i]) throw notGenuine()
  return { salt: sealed.subarray(at, at + saltLength), commitment: sealed.subarray(at + saltLength, at + prefixLength) }
}

/** Opens a body that `splitBody` accepted. @throws `authentication-failed`; everything decrypted is wiped before */
export function openBody(suite: Suite, headerLength: number, message: BodyKey, sealed: Uint8Array): Uint8Array {
  const start = headerLength + prefixLength
  if (!timingSafeEqual(message.commitment, sealed.subarray(headerLength + saltLength, start))) throw notGenuine()
  const aead = suiteAeads[suite]
  const key = nativeKey(message.key)
  const chunks = Math.floor((sealed.length - start) / sealedChunkLength) + 1
  if (chunks === 1) return openSealed(aead, key, message.nonce, undefined, sealed.subarray(start))
  const plaintext = new Uint8Array(sealed.length - start - chunks * tagLength)
  try {
    for (let i = 0; i < chunks; i++) {
      const chunk = sealed.subarray(start + i * sealedChunkLength, start + (i + 1) * sealedChunkLength)
      const opened = openSealed(aead, key, chunkNonce(message.nonce, i), undefined, chunk)
      plaintext.set(opened, i * chunkLength)
      opened.fill(0)
    }
  } catch (error) {
    plaintext.fill(0)
    throw error
  }
  return plaintext
}

// §AEAD usage: the chunk's number XORed into the end of the nonce. Four bytes of it are 64 TiB, more than an array holds.
function chunkNonce(base: Uint8Array, chunk: number): Uint8Array {
  if (chunk === 0) return base
  const nonce = base.slice()
  for (let i = 0; i < 4; i++) nonce[11 - i] = (nonce[11 - i] as number) ^ ((chunk >>> (8 * i)) & 0xff)
  return nonce
}
