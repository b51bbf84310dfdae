import { KmsError, type Signer } from '@kms/core'
import { generateSigningKey, SigningKey } from '@kms/core/envelope'
import { answerExchange, type ExchangeOptions, startExchange } from '@kms/core/exchange'
import { parts } from './seeds.ts'

const codes: readonly string[] = ['malformed', 'unsupported', 'authentication-failed']

/** An exchange whose three messages are fuzzed: whatever comes, nobody completes, and nothing but a documented code is thrown. */
export async function exchangeTarget(): Promise<{
  readonly seeds: readonly Uint8Array[]
  check(input: Uint8Array): Promise<void>
}> {
  const [one, other] = [await options(), await options()]
  const started = await startExchange(one)
  const answered = await answerExchange(started.message, other)
  const { message } = await started.finish(answered.message)
  return {
    seeds: [started.message, answered.message, message],
    async check(input) {
      const begun = await startExchange(one)
      const awaiting = await answerExchange(begun.message, other)
      // Anybody may begin: an answer to a changed message is none to the one that was sent.
      const answer = await settled(answerExchange(input, other).then((exchange) => exchange.message))
      if (await settled(begun.finish(answer ?? input))) throw new Error('an initiator completed')
      if (await settled(awaiting.finish(input))) throw new Error('a responder completed')
    },
  }
}

/** @returns undefined if it was refused with one of the codes. Throws what else it throws. */
async function settled<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (error instanceof KmsError && codes.includes(error.code)) return undefined
    throw error
  }
}

async function options(): Promise<ExchangeOptions> {
  const { pkcs8, publicKey } = await generateSigningKey('P-256', crypto)
  const signer: Signer = await SigningKey.fromPkcs8(pkcs8, { algorithm: 'P-256', publicKey }, crypto)
  return { signer, peer: () => true, context: { purpose: 'fuzzing' }, ...parts }
}
