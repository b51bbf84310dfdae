import type { Aead, AeadCipher } from '@kms/core'
import { openChunk, sealChunk } from './chunks.ts'
import { nativeAeads, notGenuine } from './native-aead.ts'
import { nativeKey } from './raw-keys.ts'

/**
 * An AEAD key kept ready for the chunks of a stream: OpenSSL still sets a cipher up for each, but the key is converted once.
 * @param key copied
 */
export function nativeCipher(aead: Aead, key: Uint8Array): AeadCipher {
  const { cipher } = nativeAeads[aead]
  const own = new Uint8Array(new ArrayBuffer(key.length))
  own.set(key)
  const ready = nativeKey(own)
  return {
    seal(nonce, plaintext, target, at) {
      sealChunk(cipher, ready, nonce, plaintext, target, at)
    },
    open(nonce, sealed, target, at) {
      if (openChunk(cipher, ready, nonce, sealed, target, at) === undefined) throw notGenuine()
    },
    wipe: () => void own.fill(0),
  }
}
