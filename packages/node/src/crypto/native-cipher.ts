import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { Aead, AeadCipher } from '@kms/core'
import { nativeAeads, notGenuine, tagLength } from './native-aead.ts'
import { nativeKey } from './raw-keys.ts'

const options = { authTagLength: tagLength } as const

/**
 * An AEAD key kept ready for the chunks of a stream: OpenSSL still sets a cipher up for each, but the key is converted once.
 * @param key copied
 */
export function nativeCipher(aead: Aead, key: Uint8Array): AeadCipher {
  const cipher = nativeAeads[aead].cipher as 'aes-256-gcm'
  const own = new Uint8Array(new ArrayBuffer(key.length))
  own.set(key)
  const ready = nativeKey(own)
  return {
    seal(nonce, plaintext, target, at) {
      const sealing = createCipheriv(cipher, ready, nonce, options)
      target.set(sealing.update(plaintext), at)
      sealing.final()
      target.set(sealing.getAuthTag(), at + plaintext.length)
    },
    open(nonce, sealed, target, at) {
      const length = sealed.length - tagLength
      if (length < 0) throw notGenuine()
      const opening = createDecipheriv(cipher, ready, nonce, options)
      opening.setAuthTag(sealed.subarray(length))
      const opened = opening.update(sealed.subarray(0, length))
      try {
        opening.final()
        target.set(opened, at)
      } catch {
        throw notGenuine()
      } finally {
        opened.fill(0)
      }
    },
    wipe: () => void own.fill(0),
  }
}
