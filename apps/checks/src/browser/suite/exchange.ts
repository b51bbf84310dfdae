import {
  fromText,
  generateSigningKey,
  readVerificationKey,
  SigningKey,
  toText,
  verificationKeyText,
} from '@kms/core/envelope'
import { answerExchange, type ExchangeOptions, type ExchangeSuite, peerAmong, startExchange } from '@kms/core/exchange'
import { createWasmPrimitives } from '@kms/core/hazmat'
import { type Case, requireBytes, requireCode } from './case.ts'

const parts = { primitives: createWasmPrimitives() }
const label = 'browser check'

/** One exchange with the check's own process, which is Node. */
class WithNode {
  readonly #id = crypto.randomUUID()

  async post(step: string, body: Uint8Array): Promise<Uint8Array> {
    const response = await fetch(`/exchange/${this.#id}/${step}`, { method: 'POST', body: toText(body) })
    if (!response.ok) throw new Error(`${step}: ${response.status}`)
    return fromText(await response.text())
  }

  /** Tells each the other's key. */
  async options(suite: ExchangeSuite): Promise<ExchangeOptions> {
    const { pkcs8, publicKey } = await generateSigningKey('Ed25519', crypto)
    const signer = await SigningKey.fromPkcs8(pkcs8, { algorithm: 'Ed25519', publicKey }, crypto)
    const own = new TextEncoder().encode(`${verificationKeyText(signer, parts)} ${suite}`)
    const theirs = new TextDecoder().decode(await this.post('keys', own))
    const peer = peerAmong([readVerificationKey(theirs, parts)], parts)
    return { signer, peer, context: { purpose: label }, suites: [suite], ...parts }
  }
}

const nothing = new Uint8Array(0)
const suites = ['X25519', 'P-256'] as const

/** Exchanges between here and Node, in either role. */
export const exchanges: readonly Case[] = suites.flatMap((suite) => [
  {
    name: `an exchange with Node, begun here, suite ${suite}`,
    async run() {
      const node = new WithNode()
      const started = await startExchange(await node.options(suite))
      const { session, message } = await started.finish(await node.post('hello', started.message))
      requireBytes(await node.post('confirmation', message), session.exportSecret(label, 32).reveal())
    },
  },
  {
    name: `an exchange with Node, begun there, suite ${suite}`,
    async run() {
      const node = new WithNode()
      const options = await node.options(suite)
      const answered = await answerExchange(await node.post('begin', nothing), options)
      const session = await answered.finish(await node.post('answer', answered.message))
      requireBytes(await node.post('exported', nothing), session.exportSecret(label, 32).reveal())
    },
  },
  {
    name: `an exchange with Node whose answer was changed is refused, suite ${suite}`,
    async run() {
      const node = new WithNode()
      const started = await startExchange(await node.options(suite))
      const answer = await node.post('hello', started.message)
      const last = answer.length - 1
      await requireCode('authentication-failed', () =>
        started.finish(answer.map((byte, at) => (at === last ? byte ^ 1 : byte))),
      )
    },
  },
])
