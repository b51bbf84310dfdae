import { createWasmPrimitives } from '@kms/core/hazmat'
import { type Context, keyRoot, type Opener, openFile, sealFile } from '@kms/node'
import { benchKey, type FileCipher } from './file-cipher.ts'

const context = { bench: 'stream' }

/** How a file of ours is opened. */
export function benchOpening(): { openers: Opener[]; context: Context } {
  return { openers: [keyRoot(benchKey.slice()).opener(createWasmPrimitives())], context }
}

/** This project's: an envelope to a key, with a context. */
export function kmsFiles(): FileCipher {
  const root = keyRoot(benchKey.slice())
  const recipients = [root.recipient(createWasmPrimitives())]
  const opening = benchOpening()
  const output = { durable: false, force: true }
  return {
    async seal(from, to) {
      await sealFile(from, to, { recipients, context, ...output })
    },
    async open(from, to) {
      await openFile(from, to, { ...opening, ...output })
    },
  }
}
