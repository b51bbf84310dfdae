import { generateKeyPairSync, sign } from 'node:crypto'
import type { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, expect, test } from 'vitest'
// A thread's program is a file of JavaScript, so what is built is tested here; beside what is not, which finds none and does without.
import { signManyEd25519 } from '../../dist/crypto/ed25519-signatures.js'
import { signManyEd25519 as withoutProgram } from '../../src/crypto/ed25519-signatures.ts'

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

/** Signs all messages, and compares: a signature of Ed25519 is always the same (RFC 8032 §5.1.6). */
async function signed(by: typeof signManyEd25519, key = privateKey): Promise<void> {
  const all = await by(key, messages)
  expect(all).toHaveLength(messages.length)
  for (const [i, signature] of all.entries()) {
    expect(Buffer.compare(signature, sign(null, messages[i] as Uint8Array, key))).toBe(0)
  }
}

/** Signs until a thread has done some of it. */
async function untilThreaded(): Promise<void> {
  for (let round = 0; answers < 3; round++) {
    expect(round).toBeLessThan(1_000)
    await signed(signManyEd25519)
    await pause()
  }
}

test('many signatures by a thread are those of one after the other, whatever the key', async () => {
  await untilThreaded()
  const before = answers
  await Promise.all([signed(signManyEd25519), signed(signManyEd25519, otherKey), signed(signManyEd25519)])
  expect(answers).toBe(before + 3)
  // Few are not worth a message.
  expect(await signManyEd25519(privateKey, messages.slice(0, 4))).toHaveLength(4)
  expect(answers).toBe(before + 3)
})

test('where the program of the thread is missing they are made without it', async () => {
  for (let round = 0; round < 20; round++) {
    await signed(withoutProgram)
    await pause()
  }
  expect(workers.length).toBeGreaterThan(0)
  expect(answers).toBe(0)
})

test('a thread that ends loses no signature, and another one is started when there is as much to do again', async () => {
  await untilThreaded()
  const last = workers.at(-1) as Worker
  await Promise.all([signed(signManyEd25519), signed(signManyEd25519), last.terminate()])
  for (let round = 0; round < 20; round++) await signed(signManyEd25519)
})

test('a thread that has nothing to do ends, also one that was never given anything', { timeout: 20_000 }, async () => {
  for (let round = 0; workers.length === 0; round++) {
    expect(round).toBeLessThan(20)
    await signed(signManyEd25519)
  }
  const [worker] = workers
  await new Promise((resolve) => worker?.once('exit', resolve))
})
