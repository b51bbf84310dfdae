import type { WebCrypto } from '../crypto/web-crypto.ts'
import { KmsError } from '../errors.ts'
import { loadHpke } from '../public-keys/hpke.ts'
import { Secret } from '../secret.ts'
import type { PurposeAndSpec } from '../specs/key-specs.ts'
import { type PairPurpose, pairAlgorithm } from './pair-algorithms.ts'
import { readPkcs8, writePkcs8 } from './pkcs8.ts'

/** The two halves of a new pair, as a version's record and its envelope keep them. */
export interface GeneratedPair {
  /** PKCS#8 (RFC 5958) in DER, of X-Wing its seed of 32 bytes; the caller's to protect and wipe. */
  readonly material: Secret
  /** SubjectPublicKeyInfo in DER; of X-Wing, for which none is standardised, its 1,216 bytes. */
  readonly publicKey: Uint8Array
}

/**
 * Makes a key pair with a WebCrypto object, which takes its random numbers from the platform.
 * @throws `unsupported` where that lacks the algorithm
 */
export async function generatePair(
  { purpose, spec }: PurposeAndSpec & { readonly purpose: PairPurpose },
  crypto: WebCrypto,
): Promise<GeneratedPair> {
  if (spec === 'x-wing') {
    const { publicKey, privateKey } = await (await loadHpke('X-Wing')).generate()
    return { publicKey, material: Secret.take(privateKey) }
  }
  const { key, generation, usages, name } = pairAlgorithm(purpose, spec)
  try {
    const all = [...usages.private, ...usages.public]
    const pair = (await crypto.subtle.generateKey({ ...key, ...generation }, true, all)) as CryptoKeyPair
    const publicKey = new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey))
    const exported = Secret.take(new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey)))
    return { publicKey, material: inOneForm(exported, publicKey) }
  } catch (cause) {
    throw lacking(name, cause) ?? cause
  }
}

/** Libraries write PKCS#8 in different ways; in one form the same key is known again. */
function inOneForm(exported: Secret, publicKey: Uint8Array): Secret {
  const numbers = readPkcs8(exported.reveal())
  try {
    return writePkcs8(numbers, publicKey)
  } finally {
    exported.wipe()
    if (numbers.family === 'rsa') numbers.rsaPrivateKey.wipe()
    else numbers.key.wipe()
  }
}

/** What WebCrypto says of an algorithm that the platform lacks; undefined for anything else. */
export function lacking(algorithm: string, cause: unknown): KmsError | undefined {
  if ((cause as { name?: unknown } | null)?.name !== 'NotSupportedError') return undefined
  return new KmsError(
    'unsupported',
    `This platform's WebCrypto has no ${algorithm}. Upgrade it, or take another spec.`,
    {
      cause,
    },
  )
}
