import { type KeyObject, sign } from 'node:crypto'
import { answering } from '../threads/answering.ts'

// The program of the thread that `ThreadedSignatures` starts.

/** Byte strings to be signed by one Ed25519 key. */
export interface SigningWork {
  readonly key: KeyObject
  readonly lengths: Uint32Array
  /** One after the other. */
  readonly messages: Uint8Array<ArrayBuffer>
}

/** Of Ed25519. */
const signatureLength = 64

answering((work: SigningWork | null) => {
  // Asked whether it is there.
  if (work === null) return { answer: null }
  const { key, lengths, messages } = work
  const answer = new Uint8Array(signatureLength * lengths.length)
  let at = 0
  for (const [index, length] of lengths.entries()) {
    answer.set(sign(null, messages.subarray(at, at + length), key), signatureLength * index)
    at += length
  }
  return { answer, transfer: [answer.buffer] }
})
