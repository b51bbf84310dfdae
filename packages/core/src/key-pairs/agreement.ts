import { type CurveName, curves } from '../crypto/curves.ts'
import type { WebCrypto } from '../crypto/web-crypto.ts'
import { KmsError } from '../errors.ts'
import { Secret } from '../secret.ts'
import { type ImportedHalf, importPublicHalf } from './pair-halves.ts'

/**
 * The shared secret of a private half and somebody's public half (X25519: RFC 7748 §6.1; ECDH: SP 800-56A rev. 3 §5.7.1.2), the caller's to
 * wipe. It is no key yet: a key-derivation function makes one of it.
 * @param half of a pair to agree with @param spki the other's public half, of the same spec
 * @throws `invalid-argument` for what is no public key of that spec, or is one that everybody knows the secret of
 */
export async function sharedSecret(
  half: ImportedHalf,
  spec: string,
  spki: Uint8Array,
  crypto: WebCrypto,
): Promise<Secret> {
  const other = await importPublicHalf(spki, 'agree', spec, crypto)
  // A coordinate of the curve in whole bytes.
  const bits = 8 * curves[spec as CurveName].length
  const algorithm = { ...half.algorithm.operation, public: other.key }
  let secret: Secret
  try {
    secret = Secret.take(new Uint8Array(await crypto.subtle.deriveBits(algorithm, half.key, bits)))
  } catch (cause) {
    throw new KmsError('invalid-argument', 'The public key gives no shared secret: it is no key of an honest party.', {
      cause,
    })
  }
  // RFC 7748 §6.1: a point of small order gives zeros, whatever the private key. The NIST curves have no such points, and points with x = 0.
  if (spec !== 'x25519' || secret.reveal().some((byte) => byte !== 0)) return secret
  secret.wipe()
  throw new KmsError(
    'invalid-argument',
    'The public key gives a shared secret of zeros: it is no key of an honest party.',
  )
}
