import { createSecretKey } from 'node:crypto'
import { type Aead, type AeadCipher, KmsError, type Primitives } from '@kms/core'
import { Thread } from '../threads/thread.ts'
import { type ChunkWork, workThrough } from './chunks.ts'
import type { CipherThreadStart } from './cipher-thread.ts'
import { nativeAeads, notGenuine } from './native-aead.ts'
import { nativeCipher } from './native-cipher.ts'

/**
 * Each chunk leaves garbage of its own length behind. In a heap of its own that holds nothing else collecting it takes a third of the
 * time, and the thread that reads and writes need not wait for it (docs/decisions/sealing-thread.md).
 */
const heap = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 }

/** `primitives` whose keys for chunks have a thread. Only for those of node:crypto. */
export function withThread(primitives: Primitives): Primitives {
  return { ...primitives, aeadCipher: threadedCipher }
}

/**
 * As `nativeCipher`, with a thread. Where none can be started (the program was bundled into one file, or is not allowed to start any) the
 * same is done here.
 */
function threadedCipher(aead: Aead, key: Uint8Array): AeadCipher {
  const inline = nativeCipher(aead, key)
  const { cipher } = nativeAeads[aead]
  const shared = new Uint8Array(new SharedArrayBuffer(key.length))
  shared.set(key)
  let wiped = false
  const workerData: CipherThreadStart = { cipher, key: shared }
  const thread = Thread.start<ChunkWork, boolean>('./cipher-thread.js', import.meta.url, {
    workerData,
    resourceLimits: heap,
  })

  async function work(piece: ChunkWork): Promise<void> {
    // Nothing is lost if a thread ends in the middle: the same chunks under the same nonces, from buffers that nobody else has.
    const genuine = (await thread?.ask(piece)) ?? workHere(piece)
    if (!genuine) throw notGenuine()
  }

  function workHere(piece: ChunkWork): boolean {
    if (wiped) throw new KmsError('closed', 'The message has ended, or failed; nothing more can follow.')
    return workThrough(cipher, createSecretKey(shared), piece)
  }

  return {
    seal: inline.seal,
    open: inline.open,
    aside: {
      seal: (nonces, source, length, target) => work({ opens: false, nonces, source, length, target }),
      open: (nonces, source, length, target) => work({ opens: true, nonces, source, length, target }),
    },
    wipe() {
      wiped = true
      inline.wipe()
      shared.fill(0)
      void thread?.end()
    },
  }
}
