import { type KeyObject, sign, verify } from 'node:crypto'
import { ThreadedSignatures } from './threaded-signatures.ts'

// Signatures of Ed25519, made and checked where that is fastest: here, beside the main thread on Node's thread pool, or on a thread of ours.

/** From so many on at once the thread pool helps: waking one of its threads takes longer than a few signatures. */
const manyAtOnce = 8

const thread = new ThreadedSignatures()

/** @param message is read later: nobody else's */
export function signEd25519(key: KeyObject, message: Uint8Array): Promise<Uint8Array> {
  return hereOrBeside(
    () => sign(null, message, key),
    (done) => sign(null, message, key, done),
  )
}

/** All of one key's. @param messages are read until it resolves */
export async function signManyEd25519(key: KeyObject, messages: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
  return (await thread.sign(key, messages)) ?? Promise.all(messages.map((message) => signEd25519(key, message)))
}

/** Both are read later. */
export function verifyEd25519(key: KeyObject, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  return hereOrBeside(
    () => verify(null, message, key, signature),
    (done) => verify(null, message, key, signature, done),
  )
}

interface Job {
  readonly here: () => void
  readonly beside: () => void
}
let jobs: Job[] = []

/** Does a piece of work when it is known how much else is asked for in the same turn. */
function hereOrBeside<T>(here: () => T, beside: (done: (error: Error | null, result: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    // Not by queueMicrotask, which makes a resource for async_hooks of each call.
    if (jobs.length === 0) void Promise.resolve().then(runJobs)
    jobs.push({
      here() {
        try {
          resolve(here())
        } catch (error) {
          reject(error)
        }
      },
      beside: () => beside((error, result) => (error === null ? resolve(result) : reject(error))),
    })
  })
}

function runJobs(): void {
  const all = jobs
  jobs = []
  for (const { here, beside } of all) all.length < manyAtOnce ? here() : beside()
}
