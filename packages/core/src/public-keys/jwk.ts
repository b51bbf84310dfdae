import { concat } from '../encoding/bytes.ts'
import { fromText, toText } from '../encoding/text.ts'
import { invalidArgument } from '../refusals.ts'
import type { RecipientPublicKey } from './public-key.ts'
import { hpkePublicKey, rsaPublicKey } from './public-key.ts'
import { decodeRsaSpki, encodeRsaSpki, noStandardForm } from './spki.ts'

/** A public key as a JSON Web Key: RFC 7518 §6 for P-256 and RSA, RFC 8037 §2 for X25519. */
export type PublicJwk =
  | { readonly kty: 'EC'; readonly crv: 'P-256'; readonly x: string; readonly y: string }
  | { readonly kty: 'OKP'; readonly crv: 'X25519'; readonly x: string }
  | { readonly kty: 'RSA'; readonly n: string; readonly e: string }

/**
 * A public key as a JSON Web Key.
 * @throws `unsupported` for X-Wing, for which no such form is standardised
 */
export function publicKeyJwk(key: RecipientPublicKey): PublicJwk {
  if (key.type === 'rsa-oaep') {
    const { modulus, exponent } = decodeRsaSpki(key.bytes)
    return { kty: 'RSA', n: toText(modulus), e: toText(exponent) }
  }
  const { kem, bytes } = key
  switch (kem) {
    case 'P-256':
      return { kty: 'EC', crv: kem, x: toText(bytes.subarray(1, 33)), y: toText(bytes.subarray(33)) }
    case 'X25519':
      return { kty: 'OKP', crv: kem, x: toText(bytes) }
    case 'X-Wing':
      throw noStandardForm(kem)
  }
}

/**
 * Reads a JSON Web Key. Its `use`, `alg`, `key_ops` and `kid` are ignored: whoever gives it says what it is for.
 * @throws `invalid-argument` if it is none, of another kind, or has a private half, which nobody else should have seen;
 * `unsupported` for RSA of other than 2048, 3072 or 4096 bits
 */
export async function readPublicJwk(jwk: object): Promise<RecipientPublicKey> {
  const { kty, crv, d, ...members } = jwk as Readonly<Record<string, unknown>>
  if (d !== undefined) throw privateHalf()
  const member = (name: string, length?: number): Uint8Array => decode(members[name], name, length)
  if (kty === 'EC' && crv === 'P-256') {
    return hpkePublicKey('P-256', concat(Uint8Array.of(4), member('x', 32), member('y', 32)))
  }
  if (kty === 'OKP' && crv === 'X25519') return hpkePublicKey('X25519', member('x', 32))
  if (kty === 'RSA') return rsaPublicKey(encodeRsaSpki(member('n'), member('e')))
  throw invalidArgument('The JSON Web Key is none of P-256 (EC), X25519 (OKP) and RSA.')
}

/** A key whose private half was given where a public key belongs. */
export function privateHalf(): Error {
  return invalidArgument(
    'That is a private key. Give the public key; and if others saw the private one, make a new pair.',
  )
}

function decode(value: unknown, name: string, length: number | undefined): Uint8Array {
  const wrong = invalidArgument(`The JSON Web Key's ${name} is not base64url of the length its kind has.`)
  if (typeof value !== 'string') throw wrong
  let bytes: Uint8Array
  try {
    bytes = fromText(value)
  } catch {
    throw wrong
  }
  // RFC 7518 §6.3.1.1: integers have no zero bytes before them; and no RSA modulus here has over 512 bytes.
  const fits =
    length === undefined ? bytes.length <= 512 && bytes.length > 0 && bytes[0] !== 0 : bytes.length === length
  if (!fits) throw wrong
  return bytes
}
