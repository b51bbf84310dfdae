import { createSecretKey } from 'node:crypto'
import { MessageChannel, workerData } from 'node:worker_threads'
import { answering } from '../threads/answering.ts'
import { type ChunkWork, workThrough } from './chunks.ts'

// The program of the thread that `threadedCipher` starts: it answers each piece of work, in order, with whether it was genuine.

/** What a thread is started with. */
export interface CipherThreadStart {
  /** OpenSSL's name of an AEAD. */
  readonly cipher: string
  /** Shared: whoever started the thread wipes it. */
  readonly key: Uint8Array
}

const { cipher, key } = workerData as CipherThreadStart
const ready = createSecretKey(key)
const { port1: nobody } = new MessageChannel()

/**
 * Frees memory at once. An array that is sent away is detached, and what is sent to nobody is dropped; garbage collection lets 20 MiB
 * and more of them gather first.
 */
function free(arrays: readonly Uint8Array[]): void {
  const whole = arrays.filter(({ buffer, length }) => length > 0 && buffer.byteLength === length)
  nobody.postMessage(
    undefined,
    whole.map(({ buffer }) => buffer as ArrayBuffer),
  )
}

// Until a port is closed, what is sent to it is kept for the other one.
nobody.once('close', () => {
  answering((work: ChunkWork) => ({ answer: workThrough(cipher, ready, work, free) }))
})
nobody.close()
