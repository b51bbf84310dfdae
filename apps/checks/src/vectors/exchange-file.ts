import { createPrivateKey, createPublicKey } from 'node:crypto'
import { SigningKey } from '@kms/core/envelope'
import {
  answerExchange,
  backendParts,
  type ExchangeOptions,
  type ExchangeSession,
  type ExchangeSuite,
  noContext,
  peerAmong,
  Secret,
  startExchange,
} from '@kms/node'
import type { Backend } from './backends.ts'
import { hex } from './hex.ts'
import { expectBytes, type Outcome, run } from './outcome.ts'

// A file of exchange-v1 test vectors: both sides, with ephemeral keys that are given instead of made.

interface Side {
  /** PKCS#8 of an Ed25519 key. */
  readonly signingKey: string
  /** PKCS#8 by suite. */
  readonly ephemeral: Readonly<Record<string, string>>
  readonly evidence: string
}

interface Vector {
  readonly comment: string
  readonly context: Readonly<Record<string, string>>
  readonly offers: readonly ExchangeSuite[]
  readonly suite: ExchangeSuite
  readonly initiator: Side
  readonly responder: Side
  readonly message1: string
  readonly message2: string
  readonly message3: string
  readonly initiatorKey: string
  readonly responderKey: string
  readonly exported: string
}

export interface ExchangeFile {
  readonly specification: string
  readonly vectors: readonly Vector[]
}

export function isExchangeFile(content: unknown): content is ExchangeFile {
  const { specification, vectors } = (content ?? {}) as Partial<ExchangeFile>
  return specification === 'docs/exchange-v1.md' && Array.isArray(vectors)
}

export async function checkExchangeFile(
  file: string,
  { vectors }: ExchangeFile,
  on: readonly Backend[],
): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (const backend of on) {
    for (const vector of vectors) {
      const about = { file, subject: 'exchange', backend: backend.name, id: vector.comment }
      outcomes.push(await run(about, () => checkVector(vector, backend)))
    }
  }
  return outcomes
}

async function checkVector(vector: Vector, backend: Backend): Promise<void> {
  const { initiator, responder, offers, suite } = vector
  const started = await startExchange(await optionsOf(initiator, responder, offers, vector, backend))
  expectBytes(started.message, hex(vector.message1), 'message 1')
  const answered = await answerExchange(
    started.message,
    await optionsOf(responder, initiator, [suite], vector, backend),
  )
  expectBytes(answered.message, hex(vector.message2), 'message 2')
  const { session, message } = await started.finish(answered.message)
  expectBytes(message, hex(vector.message3), 'message 3')
  expectSession(session, vector.initiatorKey, vector.responderKey, vector)
  expectSession(await answered.finish(message), vector.responderKey, vector.initiatorKey, vector)
}

function expectSession(session: ExchangeSession, sends: string, receives: string, { exported }: Vector): void {
  expectBytes(session.sendKey.reveal(), hex(sends), 'the key to send with')
  expectBytes(session.receiveKey.reveal(), hex(receives), 'the key to receive with')
  expectBytes(session.exportSecret('a label', 64).reveal(), hex(exported), 'the exported secret')
}

async function optionsOf(
  own: Side,
  other: Side,
  suites: readonly ExchangeSuite[],
  { context }: Vector,
  { name, primitives }: Backend,
): Promise<ExchangeOptions> {
  const crypto = name === 'native' ? backendParts('native').crypto : globalThis.crypto
  return {
    signer: await SigningKey.fromPkcs8(Secret.take(hex(own.signingKey)), verificationKey(own), crypto),
    peer: peerAmong([verificationKey(other)], { primitives }),
    context: Object.keys(context).length === 0 ? noContext : context,
    suites,
    evidence: hex(own.evidence),
    primitives,
    crypto: withGivenKeys(crypto, own),
  }
}

function verificationKey({ signingKey }: Side): { algorithm: 'Ed25519'; publicKey: Uint8Array } {
  return { algorithm: 'Ed25519', publicKey: rawPublicKey(signingKey, 32) }
}

/** The last bytes of the SubjectPublicKeyInfo. */
function rawPublicKey(pkcs8: string, length: number): Uint8Array {
  const privateKey = createPrivateKey({ key: Buffer.from(pkcs8, 'hex'), format: 'der', type: 'pkcs8' })
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return new Uint8Array(spki.subarray(-length))
}

type Crypto = typeof globalThis.crypto

/** A WebCrypto object whose new keys are those of the vector. */
function withGivenKeys(crypto: Crypto, { ephemeral }: Side): Crypto {
  const { subtle } = crypto
  const generateKey = async (algorithm: { name: string; namedCurve?: string }): Promise<unknown> => {
    const suite = algorithm.namedCurve ?? algorithm.name
    const pkcs8 = ephemeral[suite] as string
    const raw = rawPublicKey(pkcs8, suite === 'X25519' ? 32 : 65)
    return {
      privateKey: await subtle.importKey('pkcs8', hex(pkcs8) as BufferSource, algorithm, false, ['deriveBits']),
      publicKey: await subtle.importKey('raw', raw as BufferSource, algorithm, true, []),
    }
  }
  const bound = new Proxy(subtle, {
    get(target, name) {
      if (name === 'generateKey') return generateKey
      const member = Reflect.get(target, name) as unknown
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
  return { subtle: bound, getRandomValues: crypto.getRandomValues.bind(crypto) } as Crypto
}
