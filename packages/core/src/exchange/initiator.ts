import { EcdhKey } from '../crypto/ecdh-key.ts'
import { type ExchangeOptions, type Settled, settle } from './exchange-options.ts'
import { ExchangeKeys, helloHash, nextHash } from './key-schedule.ts'
import { encodeConfirmation, encodeHello, parseAnswer } from './messages.ts'
import { checkProof, openBody, proof, sealBody } from './proof.ts'
import { malformed, usedUp } from './refusals.ts'
import { ExchangeSession } from './session.ts'
import { sharedSecret } from './shared-secret.ts'
import type { ExchangeSuite } from './suites.ts'

/**
 * Begins an authenticated exchange (docs/exchange-v1.md). Send `message`, give the answer to `finish`, and send what that returns.
 * @throws `invalid-argument`, `invalid-context`; `unsupported` where the platform lacks a suite's curve
 */
export async function startExchange(options: ExchangeOptions): Promise<StartedExchange> {
  const own = settle(options)
  const ephemerals = new Map<ExchangeSuite, EcdhKey>()
  for (const suite of own.suites) ephemerals.set(suite, await EcdhKey.generate(suite, own.crypto))
  return new StartedExchange(own, ephemerals)
}

/** An exchange that awaits its answer. */
export class StartedExchange {
  /** The first message, at most 110 bytes, for the other side. */
  readonly message: Uint8Array
  readonly #own: Settled
  #ephemerals: ReadonlyMap<ExchangeSuite, EcdhKey> | undefined
  readonly #hello: Uint8Array

  /** @internal */
  constructor(own: Settled, ephemerals: ReadonlyMap<ExchangeSuite, EcdhKey>) {
    this.#own = own
    this.#ephemerals = ephemerals
    this.#hello = encodeHello([...ephemerals].map(([suite, { publicKey }]) => ({ suite, share: publicKey })))
    this.message = this.#hello.slice()
  }

  /**
   * Checks the answer: then the other side is who is meant, has the keys, and saw this side's message as it was sent. Once, whatever comes of it.
   * @param answer the second message
   * @returns the session, and the third message, which the other side awaits; until it has arrived, nobody but this side goes by the session
   * @throws `malformed`, `unsupported`; `authentication-failed` for all that was changed, replayed, or comes from somebody else; `closed`
   * for a second call; what the signer or the check of the peer throws
   */
  async finish(answer: Uint8Array): Promise<{ readonly session: ExchangeSession; readonly message: Uint8Array }> {
    const ephemerals = this.#ephemerals
    if (ephemerals === undefined) throw usedUp()
    this.#ephemerals = undefined
    const own = this.#own
    const { primitives } = own
    const { suite, share, head, sealed } = parseAnswer(answer)
    const ephemeral = ephemerals.get(suite)
    if (ephemeral === undefined) throw malformed(`it takes the suite ${suite}, which was not offered`)
    const h1 = helloHash(own.contextHash, this.#hello, head, primitives)
    const keys = await sharedSecret(ephemeral, share, (shared) => new ExchangeKeys(shared, h1, primitives))
    try {
      const theirs = openBody('responder', keys, sealed, own)
      const peer = await checkProof('responder', h1, keys, theirs, own)
      const h2 = nextHash('answer', h1, theirs, primitives)
      const body = await proof('initiator', h2, keys, own)
      const message = encodeConfirmation(sealBody('initiator', keys, body, own))
      const h3 = nextHash('confirmation', h2, body, primitives)
      return {
        session: new ExchangeSession({ role: 'initiator', suite, peer }, keys.session(h3), primitives),
        message,
      }
    } finally {
      keys.wipe()
    }
  }

  /** Ends the exchange without an answer. */
  abandon(): void {
    this.#ephemerals = undefined
  }
}
