import { memberBytes, type PublicJwkMembers, publicMembers } from '../encoding/public-jwk.ts'
import { toText } from '../encoding/text.ts'
import { KmsError } from '../errors.ts'
import { invalidArgument } from '../refusals.ts'
import { decodeRsaSpki, encodeRsaSpki, longestExponent } from './spki.ts'

/** An RSA public key as a JSON Web Key: RFC 7518 §6.3.1. */
export interface RsaJwk {
  readonly kty: 'RSA'
  readonly n: string
  readonly e: string
}

/** Bytes of the longest modulus that is used here, RSA-4096's. */
const longestModulus = 512

/**
 * Reads a JSON Web Key of RSA. Which lengths of modulus are used is for who takes it to check (`specOfSpki`).
 * @returns its SubjectPublicKeyInfo in DER; undefined where it is of another type
 * @throws `invalid-argument` as `publicMembers`, and for numbers that are none or an exponent of more than 64 bits; `unsupported` for a modulus of more than
 * 4,096 bits
 */
export function readRsaJwk(jwk: object): Uint8Array | undefined {
  const members = publicMembers(jwk)
  if (members.kty !== 'RSA') return undefined
  const modulus = positive(members, 'n')
  const exponent = positive(members, 'e')
  if (modulus.length > longestModulus) {
    throw new KmsError('unsupported', 'An RSA key of more than 4096 bits is not used here: 2048, 3072 or 4096.')
  }
  if (exponent.length > longestExponent) {
    throw invalidArgument('The RSA public key is none that is in use: its exponent has over 64 bits.')
  }
  return encodeRsaSpki(modulus, exponent)
}

/** Writes an RSA public key as a JSON Web Key. @param spki DER. @throws `invalid-argument` if it is none */
export function writeRsaJwk(spki: Uint8Array): RsaJwk {
  const { modulus, exponent } = decodeRsaSpki(spki)
  return { kty: 'RSA', n: toText(modulus), e: toText(exponent) }
}

/** RFC 7518 §6.3.1.1: integers have no zero bytes before them. */
function positive(jwk: PublicJwkMembers, name: 'n' | 'e'): Uint8Array {
  const bytes = memberBytes(jwk, name)
  if (bytes.length === 0 || bytes[0] === 0) {
    throw invalidArgument(`The JSON Web Key's ${name} is no positive number without zeros before it.`)
  }
  return bytes
}
