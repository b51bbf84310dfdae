import { invalidArgument, privateHalf } from '../refusals.ts'
import { fromText } from './text.ts'

// What JSON Web Keys of all kinds have in common (RFC 7517 §4, RFC 7518 §6).

/** Members that hold private numbers, or all of a symmetric key: RFC 7518 §6.2.2, §6.3.2 and §6.4, RFC 8037 §2. */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/** A JSON Web Key of which it is known that it names its type, and that nothing in it is private. */
export interface PublicJwkMembers {
  readonly kty: string
  readonly [member: string]: unknown
}

/**
 * A JSON Web Key as a public key of some kind. Its `use`, `alg`, `key_ops` and `kid` are nobody's concern here: whoever gives it says what it is for.
 * @throws `invalid-argument` if it names no type, or has a private member, even an empty one: what is left of a private key that somebody meant to cut may be
 * enough to compute it
 */
export function publicMembers(jwk: object): PublicJwkMembers {
  if (privateMembers.some((name) => name in jwk)) throw privateHalf()
  const members = jwk as PublicJwkMembers
  if (typeof members.kty !== 'string') throw invalidArgument('That is no JSON Web Key: it has no kty.')
  return members
}

/** The bytes of a member in base64url (RFC 7518 §2). @throws `invalid-argument` if it is missing or none */
export function memberBytes(jwk: PublicJwkMembers, name: string): Uint8Array {
  const value = jwk[name]
  try {
    if (typeof value === 'string') return fromText(value)
  } catch {
    // Said below, of what is no string too.
  }
  throw invalidArgument(`The JSON Web Key's ${name} is not unpadded base64url.`)
}
