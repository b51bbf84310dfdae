import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
// A thread's program is a file of JavaScript, so what is built is tested here; beside what is not, which finds none and does without.
import { signEd25519 } from '../../dist/crypto/signatures.js'
import { signEd25519 as withoutProgram } from '../../src/crypto/signatures.ts'

let workers: Worker[] = []
let answers = 0
const seen = (worker: Worker): void => {
  workers.push(worker)
  worker.on('message', () => answers++)
}
beforeEach(() => {
  workers = []
  answers = 0
  process.on('worker', seen)
})
afterEach(async () => {
  process.off('worker', seen)
  for (const worker of workers) await worker.terminate()
})

const { privateKey } = generateKeyPairSync('ed25519')
const { privateKey: otherKey } = generateKeyPairSync('ed25519')
const messages = Array.from({ length: 60 }, (_, i) => new Uint8Array(i).fill(i))
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10))

/** Signs all messages at once, and compares: a signature of Ed25519 is always the same (RFC 8032 §5.1.6). */
async function signed(by: typeof signEd25519, keyOf: (i: number) => KeyObject = () => privateKey): Promise<void> {
  const all = await Promise.all(messages.map((message, i) => by(keyOf(i), message)))
  for (const [i, signature] of all.entries()) {
    expect(Buffer.compare(signature, sign(null, messages[i] as Uint8Array, keyOf(i)))).toBe(0)
  }
}

describe.each([
  { name: 'a thread', by: signEd25519, threads: 1 },
  { name: 'no thread, where its program is missing', by: withoutProgram, threads: 0 },
])('many signatures at once, by $name', ({ by, threads }) => {
  test('are those of one after the other', async () => {
    for (let round = 0; round < 30; round++) {
      await signed(by)
      await pause()
    }
    expect(answers > 20).toBe(threads === 1)
    // Keys that differ are nothing for one message.
    const before = answers
    await signed(by, (i) => (i % 2 === 0 ? privateKey : otherKey))
    expect(answers).toBe(before)
  })
})

test('a thread that ends loses no signature, and another one is started when there is as much to do again', async () => {
  for (let round = 0; answers < 3; round++) {
    expect(round).toBeLessThan(500)
    await signed(signEd25519)
    await pause()
  }
  const last = workers.at(-1) as Worker
  await Promise.all([signed(signEd25519), signed(signEd25519), last.terminate()])
  const before = workers.length
  for (let round = 0; workers.length === before; round++) {
    expect(round).toBeLessThan(500)
    await signed(signEd25519)
    await pause()
  }
})
