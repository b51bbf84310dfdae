import type { Signer } from '@kms/core'
import {
  answerExchange,
  backendParts,
  type ExchangeOptions,
  type ExchangeSuite,
  generateKeyPackage,
  packagedSigner,
  peerAmong,
  readVerificationKey,
  startExchange,
  verificationKeyText,
} from '@kms/node'
import type { Answer } from './serve.ts'

// The side of Node in exchanges with the page and the Worker, over HTTP: `/exchange/ID/STEP`, one ID an exchange.

const parts = backendParts()
const exportLabel = 'browser check'

/** What comes after each step of an exchange, by name. */
type Steps = Readonly<Record<string, (body: Uint8Array) => Promise<Uint8Array>>>

/** @returns what answers a request, undefined for a path that is none */
export async function exchangePeer(): Promise<Answer> {
  const identity = await generateKeyPackage({ name: 'node', by: 'browser check', purpose: 'sign', spec: 'ed25519' })
  const signer = await packagedSigner(identity, parts)
  const waiting = new Map<string, Steps>()
  return async (path, body) => {
    const [, exchange, id = '', step = ''] = path.split('/')
    if (exchange !== 'exchange') return undefined
    if (step === 'keys') {
      waiting.set(id, steps(signer, new TextDecoder().decode(body)))
      return new TextEncoder().encode(verificationKeyText(signer, parts))
    }
    return waiting.get(id)?.[step]?.(body)
  }
}

/** @param asked the page's verification key, and the suite, with a blank between them */
function steps(signer: Signer, asked: string): Steps {
  const [key = '', suite] = asked.split(' ')
  const options: ExchangeOptions = {
    signer,
    peer: peerAmong([readVerificationKey(key, parts)], parts),
    context: { purpose: exportLabel },
    suites: [suite as ExchangeSuite],
    ...parts,
  }
  let next: (message: Uint8Array) => Promise<Uint8Array>
  return {
    async hello(message) {
      const answered = await answerExchange(message, options)
      next = async (confirmation) => (await answered.finish(confirmation)).exportSecret(exportLabel, 32).reveal()
      return answered.message
    },
    confirmation: (message) => next(message),
    async begin() {
      const started = await startExchange(options)
      next = async (answer) => {
        const { session, message } = await started.finish(answer)
        next = async () => session.exportSecret(exportLabel, 32).reveal()
        return message
      }
      return started.message
    },
    answer: (message) => next(message),
    exported: (message) => next(message),
  }
}
