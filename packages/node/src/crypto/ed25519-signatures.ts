import { type KeyObject, sign, verify } from 'node:crypto'
import { perTurn } from './per-turn.ts'
import { ThreadedSignatures } from './threaded-signatures.ts'

// Signatures of Ed25519, made and checked where that is fastest: here, beside the main thread on Node's thread pool, or on a thread of ours.

/** From so many on at once the thread pool helps: waking one of its threads takes longer than a few signatures. */
const manyAtOnce = 8

interface Signing {
  readonly key: KeyObject
  readonly message: Uint8Array
  readonly resolve: (signature: Uint8Array) => void
  readonly reject: (error: unknown) => void
}

interface Verifying {
  readonly key: KeyObject
  readonly message: Uint8Array
  readonly signature: Uint8Array
  readonly resolve: (genuine: boolean) => void
  readonly reject: (error: unknown) => void
}

const thread = new ThreadedSignatures()

/** @param message is read later: nobody else's */
export function signEd25519(key: KeyObject, message: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => ask({ key, message, resolve, reject }))
}

/** All of one key's. @param messages are read until it resolves */
export async function signManyEd25519(key: KeyObject, messages: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
  return (await thread.sign(key, messages)) ?? Promise.all(messages.map((message) => signEd25519(key, message)))
}

/** Both are read later. */
export function verifyEd25519(key: KeyObject, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  return new Promise((resolve, reject) => askWhether({ key, message, signature, resolve, reject }))
}

const ask = perTurn<Signing>((all) => {
  const sign = all.length < manyAtOnce ? signHere : signBeside
  for (const one of all) sign(one)
})

const askWhether = perTurn<Verifying>((all) => {
  const verify = all.length < manyAtOnce ? verifyHere : verifyBeside
  for (const one of all) verify(one)
})

function signHere({ key, message, resolve, reject }: Signing): void {
  try {
    resolve(sign(null, message, key))
  } catch (error) {
    reject(error)
  }
}

function signBeside({ key, message, resolve, reject }: Signing): void {
  sign(null, message, key, (error, signature) => (error === null ? resolve(signature) : reject(error)))
}

function verifyHere({ key, message, signature, resolve, reject }: Verifying): void {
  try {
    resolve(verify(null, message, key, signature))
  } catch (error) {
    reject(error)
  }
}

function verifyBeside({ key, message, signature, resolve, reject }: Verifying): void {
  verify(null, message, key, signature, (error, genuine) => (error === null ? resolve(genuine) : reject(error)))
}
