import { sign } from 'node:crypto'
import { answering } from '../threads/answering.ts'
import { splitBytes } from '../threads/joined-bytes.ts'
import { type SigningWork, signatureLength } from './signing-work.ts'

// The program of the thread that `ThreadedSignatures` starts.

answering((work: SigningWork | null) => {
  // Asked whether it is there.
  if (work === null) return { answer: null }
  const messages = splitBytes(work.messages)
  const answer = new Uint8Array(signatureLength * messages.length)
  for (const [index, message] of messages.entries()) {
    answer.set(sign(null, message, work.key), signatureLength * index)
  }
  return { answer, transfer: [answer.buffer] }
})
