import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

/** What most programs write today: AES-256-GCM from `node:crypto` under one key. nonce 12 ‖ ciphertext ‖ tag 16. */
export interface BareGcm {
  seal(plaintext: Uint8Array, aad?: string): Buffer
  open(sealed: Uint8Array, aad?: string): Buffer
}

/** @param key 32 bytes */
export function bareGcm(key: Uint8Array): BareGcm {
  return {
    seal(plaintext, aad) {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', key, nonce)
      if (aad !== undefined) cipher.setAAD(Buffer.from(aad))
      const ciphertext = cipher.update(plaintext)
      cipher.final()
      return Buffer.concat([nonce, ciphertext, cipher.getAuthTag()])
    },
    open(sealed, aad) {
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12))
      decipher.setAuthTag(sealed.subarray(-16))
      if (aad !== undefined) decipher.setAAD(Buffer.from(aad))
      const plaintext = decipher.update(sealed.subarray(12, -16))
      decipher.final()
      return plaintext
    },
  }
}
