import type { WebCrypto, WebCryptoKey } from '../crypto/web-crypto.ts'
import { KmsError } from '../errors.ts'
import type { Secret } from '../secret.ts'
import { lacking } from './generate-pair.ts'
import { type PairAlgorithm, type PairPurpose, pairAlgorithm } from './pair-algorithms.ts'

/** A half of a pair as a WebCrypto object holds it, and how it is used. */
export interface ImportedHalf {
  readonly algorithm: PairAlgorithm
  readonly key: WebCryptoKey
}

/**
 * Brings a private half into a WebCrypto object, which does not give it out again.
 * @param pkcs8 DER; stays the caller's
 * @throws `invalid-argument` for what is no private key of that spec, `unsupported`
 */
export async function importPrivateHalf(
  pkcs8: Secret,
  purpose: PairPurpose,
  spec: string,
  crypto: WebCrypto,
): Promise<ImportedHalf> {
  const algorithm = pairAlgorithm(purpose, spec)
  try {
    const bytes = pkcs8.reveal() as BufferSource
    return {
      algorithm,
      key: await crypto.subtle.importKey('pkcs8', bytes, algorithm.key, false, algorithm.usages.private),
    }
  } catch (cause) {
    // Without the cause: a parser's message may quote what it could not read.
    throw lacking(algorithm.name, cause) ?? new KmsError('invalid-argument', `That is no private key of ${spec}.`)
  }
}

/**
 * Brings a public half into a WebCrypto object, which checks that a point is on its curve.
 * @param spki DER
 * @throws `invalid-argument` for what is no public key of that spec, `unsupported`
 */
export async function importPublicHalf(
  spki: Uint8Array,
  purpose: PairPurpose,
  spec: string,
  crypto: WebCrypto,
): Promise<ImportedHalf> {
  const algorithm = pairAlgorithm(purpose, spec)
  try {
    const bytes = spki as BufferSource
    return {
      algorithm,
      key: await crypto.subtle.importKey('spki', bytes, algorithm.key, true, algorithm.usages.public),
    }
  } catch (cause) {
    throw (
      lacking(algorithm.name, cause) ?? new KmsError('invalid-argument', `That is no public key of ${spec}.`, { cause })
    )
  }
}
