import { createDecipheriv } from 'node:crypto'
import type { Aead } from '@kms/core'
import { KmsError } from '@kms/core'
import { tagLength } from './chunks.ts'
import type { NativeKey } from './raw-keys.ts'

/** OpenSSL's names, and key lengths in bytes. SP 800-38D, RFC 8439. */
export const nativeAeads: Readonly<Record<Aead, { readonly cipher: string; readonly keyLength: number }>> = {
  'AES-128-GCM': { cipher: 'aes-128-gcm', keyLength: 16 },
  'AES-256-GCM': { cipher: 'aes-256-gcm', keyLength: 32 },
  'ChaCha20-Poly1305': { cipher: 'chacha20-poly1305', keyLength: 32 },
}

const options = { authTagLength: tagLength } as const

/**
 * Opens ciphertext ‖ tag. The result is a fresh array.
 * @throws `authentication-failed`; what was decrypted is wiped before
 */
export function openSealed(
  aead: Aead,
  key: NativeKey,
  nonce: Uint8Array,
  aad: Uint8Array | undefined,
  sealed: Uint8Array,
): Uint8Array {
  if (sealed.length < tagLength) throw notGenuine()
  const decipher = createDecipheriv(nativeAeads[aead].cipher as 'aes-256-gcm', key, nonce, options)
  const length = sealed.length - tagLength
  decipher.setAuthTag(sealed.subarray(length))
  if (aad !== undefined) decipher.setAAD(aad, { plaintextLength: length })
  const opened = decipher.update(sealed.subarray(0, length))
  wipeFreed(length + 1)
  try {
    decipher.final()
  } catch {
    opened.fill(0)
    throw notGenuine()
  }
  return plain(opened)
}

// What glibc keeps for the next allocation of the same length.
const mostKept = 1032

/**
 * node:crypto decrypts into memory of a byte (AES-KW: a block) more than it needs, copies that into an array that fits, and frees the first
 * as it is. Contents with keys in them were found there long after they had been wiped. The next allocation of that length gets the
 * same memory: this one, to be zeroed. Longer ones hold messages, not keys.
 */
export function wipeFreed(length: number): void {
  if (length <= mostKept) Buffer.allocUnsafeSlow(length).fill(0)
}

export function notGenuine(): KmsError {
  return new KmsError('authentication-failed', 'The key is not the right one, or the bytes were changed.')
}

/** A `Buffer` as the array it is: `slice` copies again, and nothing of the caller's code depends on Node. */
export function plain(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
}
