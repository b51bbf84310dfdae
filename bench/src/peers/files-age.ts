import { createReadStream, createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream as NodeReadableStream } from 'node:stream/web'
import { Decrypter, Encrypter, identityToRecipient } from 'age-encryption'
import type { FileCipher } from './file-cipher.ts'

/**
 * age for TypeScript (typage): its streams, an X25519 recipient.
 * @param identity `AGE-SECRET-KEY-1…`
 */
export function ageFiles(identity: string): FileCipher {
  const web = (path: string): ReadableStream<Uint8Array> =>
    Readable.toWeb(createReadStream(path)) as unknown as ReadableStream<Uint8Array>
  const node = (stream: ReadableStream<Uint8Array>): Readable =>
    Readable.fromWeb(stream as unknown as NodeReadableStream<Uint8Array>)
  return {
    async seal(from, to) {
      const encrypter = new Encrypter()
      encrypter.addRecipient(await identityToRecipient(identity))
      await pipeline(node(await encrypter.encrypt(web(from))), createWriteStream(to))
    },
    async open(from, to) {
      const decrypter = new Decrypter()
      decrypter.addIdentity(identity)
      await pipeline(node(await decrypter.decrypt(web(from))), createWriteStream(to))
    },
  }
}
