import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { appendFile, open, writeFile } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { benchKey, type FileCipher } from './file-cipher.ts'

const nonceLength = 12
const tagLength = 16

/** What most write: AES-256-GCM in a pipeline of Node streams with their usual 64 KiB, one tag at the end. nonce ‖ ciphertext ‖ tag. */
export function cipherPipeline(): FileCipher {
  return {
    async seal(from, to) {
      const nonce = randomBytes(nonceLength)
      const cipher = createCipheriv('aes-256-gcm', benchKey, nonce)
      await writeFile(to, nonce)
      await pipeline(createReadStream(from), cipher, createWriteStream(to, { flags: 'a' }))
      await appendFile(to, cipher.getAuthTag())
    },
    async open(from, to) {
      const file = await open(from, 'r')
      const { size } = await file.stat()
      const [nonce, tag] = [Buffer.alloc(nonceLength), Buffer.alloc(tagLength)]
      await file.read(nonce, 0, nonceLength, 0)
      await file.read(tag, 0, tagLength, size - tagLength)
      await file.close()
      const decipher = createDecipheriv('aes-256-gcm', benchKey, nonce)
      decipher.setAuthTag(tag)
      const body = { start: nonceLength, end: size - tagLength - 1 }
      await pipeline(createReadStream(from, body), decipher, createWriteStream(to))
    },
  }
}
