import { KmsError } from '../errors.ts'

/** What the two sides agree on with: the curve's name says it all. Both take SHA-512, HKDF, HMAC and AES-256-GCM. */
export type ExchangeSuite = 'X25519' | 'P-256'

/** What stands in messages, with the bytes of a share: a raw public key of the curve (exchange v1 §Suites). */
export const exchangeSuites: Readonly<
  Record<ExchangeSuite, { readonly number: number; readonly shareLength: number }>
> = {
  X25519: { number: 1, shareLength: 32 },
  'P-256': { number: 2, shareLength: 65 },
}

const names = Object.keys(exchangeSuites) as readonly ExchangeSuite[]

/** @returns undefined for a number that this release does not know */
export function suiteOf(number: number): ExchangeSuite | undefined {
  return names.find((name) => exchangeSuites[name].number === number)
}

/** @throws `invalid-argument` for none, one twice, or one that there is not */
export function checkSuites(suites: readonly ExchangeSuite[] = names): readonly ExchangeSuite[] {
  const fits = Array.isArray(suites) && suites.length > 0 && new Set(suites).size === suites.length
  if (!fits || !suites.every((suite) => names.includes(suite))) {
    throw new KmsError('invalid-argument', `Suites are a list without repeats of: ${names.join(', ')}.`)
  }
  return [...suites]
}
