import { EcdhKey } from '../crypto/ecdh-key.ts'
import { concat } from '../encoding/bytes.ts'
import { type ExchangeOptions, type Settled, settle } from './exchange-options.ts'
import { ExchangeKeys, helloHash, nextHash } from './key-schedule.ts'
import { answerHead, parseConfirmation, parseHello } from './messages.ts'
import { checkProof, openBody, proof, sealBody } from './proof.ts'
import { unsupported, usedUp } from './refusals.ts'
import { ExchangeSession } from './session.ts'
import { sharedSecret } from './shared-secret.ts'
import type { ExchangeSuite } from './suites.ts'

/**
 * Answers the first message of an authenticated exchange (docs/exchange-v1.md). Send `message`, and give the third to `finish`: who the
 * other side is shows then, and not before. Each call costs a signature, and shows this side's identity to whoever asked.
 * @param hello the first message
 * @throws `malformed`; `unsupported` for another version, or where no suite is offered that this side takes; `authentication-failed` for a
 * share that is none; `invalid-argument`, `invalid-context`; what the signer throws
 */
export async function answerExchange(hello: Uint8Array, options: ExchangeOptions): Promise<AnsweredExchange> {
  const own = settle(options)
  const { primitives } = own
  const offers = parseHello(hello)
  const copied = hello.slice()
  const suite = own.suites.find((wanted) => offers.some((offer) => offer.suite === wanted))
  const offer = offers.find((one) => one.suite === suite)
  if (suite === undefined || offer === undefined) throw unsupported(`It offers none of ${own.suites.join(', ')}`)
  const ephemeral = await EcdhKey.generate(suite, own.crypto)
  const head = answerHead({ suite, share: ephemeral.publicKey })
  const h1 = helloHash(own.contextHash, copied, head, primitives)
  const keys = await sharedSecret(ephemeral, offer.share, (shared) => new ExchangeKeys(shared, h1, primitives))
  try {
    const body = await proof('responder', h1, keys, own)
    const message = concat(head, sealBody('responder', keys, body, own))
    return new AnsweredExchange(message, own, { suite, keys, h2: nextHash('answer', h1, body, primitives) })
  } catch (error) {
    keys.wipe()
    throw error
  }
}

interface Waiting {
  readonly suite: ExchangeSuite
  readonly keys: ExchangeKeys
  readonly h2: Uint8Array
}

/** An exchange that awaits its confirmation. */
export class AnsweredExchange {
  /** The second message, for the other side. */
  readonly message: Uint8Array
  readonly #own: Settled
  #waiting: Waiting | undefined

  /** @internal */
  constructor(message: Uint8Array, own: Settled, waiting: Waiting) {
    this.message = message
    this.#own = own
    this.#waiting = waiting
  }

  /**
   * Checks the third message: then the other side is who is meant, means this side, and has the keys. Once, whatever comes of it.
   * @throws `malformed`, `unsupported`; `authentication-failed` for all that was changed, replayed, or comes from somebody else; `closed`
   * for a second call; what the check of the peer throws
   */
  async finish(confirmation: Uint8Array): Promise<ExchangeSession> {
    const waiting = this.#waiting
    if (waiting === undefined) throw usedUp()
    this.#waiting = undefined
    const { suite, keys, h2 } = waiting
    const own = this.#own
    try {
      const theirs = openBody('initiator', keys, parseConfirmation(confirmation), own)
      const peer = await checkProof('initiator', h2, keys, theirs, own)
      const h3 = nextHash('confirmation', h2, theirs, own.primitives)
      return new ExchangeSession({ role: 'responder', suite, peer }, keys.session(h3), own.primitives)
    } finally {
      keys.wipe()
    }
  }

  /** Ends the exchange, when no confirmation comes, and wipes its keys. */
  abandon(): void {
    this.#waiting?.keys.wipe()
    this.#waiting = undefined
  }
}
