import { readCurveJwk, writeCurveJwk } from '../crypto/curve-jwk.ts'
import { KmsError } from '../errors.ts'
import type { RecipientPublicKey } from './public-key.ts'
import { hpkePublicKey, rsaPublicKey } from './public-key.ts'
import { type RsaJwk, readRsaJwk, writeRsaJwk } from './rsa-jwk.ts'
import { curveOfKem, kemOfCurve } from './spki.ts'

/** A public key as a JSON Web Key: RFC 7518 §6 for P-256 and RSA, RFC 8037 §2 for X25519. */
export type PublicJwk =
  | { readonly kty: 'EC'; readonly crv: 'P-256'; readonly x: string; readonly y: string }
  | { readonly kty: 'OKP'; readonly crv: 'X25519'; readonly x: string }
  | RsaJwk

/**
 * A public key as a JSON Web Key.
 * @throws `unsupported` for X-Wing, for which no such form is standardised
 */
export function publicKeyJwk(key: RecipientPublicKey): PublicJwk {
  if (key.type === 'rsa-oaep') return writeRsaJwk(key.bytes)
  return writeCurveJwk({ curve: curveOfKem(key.kem), raw: key.bytes }) as PublicJwk
}

/**
 * Reads a JSON Web Key. Its `use`, `alg`, `key_ops` and `kid` are ignored: whoever gives it says what it is for.
 * @throws `invalid-argument` if it is none, or has a private half, which nobody else should have seen; `unsupported` for another kind, and for RSA of other
 * than 2048, 3072 or 4096 bits
 */
export async function readPublicJwk(jwk: object): Promise<RecipientPublicKey> {
  const spki = readRsaJwk(jwk)
  if (spki !== undefined) return rsaPublicKey(spki)
  const key = readCurveJwk(jwk)
  const kem = key && kemOfCurve(key.curve)
  if (key === undefined || kem === undefined) {
    throw new KmsError('unsupported', 'The JSON Web Key is none of P-256 (EC), X25519 (OKP) and RSA.')
  }
  return hpkePublicKey(kem, key.raw)
}
