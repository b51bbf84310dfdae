import { type CurveName, curveOfJwk, curveSpki, curves, rawOfSpki } from '../crypto/curves.ts'
import { concat } from '../encoding/bytes.ts'
import { isPem } from '../encoding/pem.ts'
import { fromText, toText } from '../encoding/text.ts'
import { KmsError } from '../errors.ts'
import { privateHalf } from '../public-keys/jwk.ts'
import { decodeRsaSpki, encodeRsaSpki, type SpecifiedPublicKey, specOfSpki } from '../public-keys/spki.ts'
import { spkiOfPem, spkiPem } from '../public-keys/spki-pem.ts'
import { invalidArgument } from '../refusals.ts'
import { openSshLine, readOpenSshLine } from './openssh.ts'

/** A public key as a JSON Web Key: RFC 7518 §6, RFC 8037 §2. */
export interface PublicKeyJwk {
  readonly kty: string
  readonly crv?: string
  readonly x?: string
  readonly y?: string
  readonly n?: string
  readonly e?: string
}

/** A public key in a form that people pass on: PEM, JWK or OpenSSH as text, SubjectPublicKeyInfo in DER as bytes, JWK as an object. */
export type PublicKeyForm = string | Uint8Array | PublicKeyJwk

/** A managed key's public half in all its forms. Those that no standard has for it are null. */
export interface PublicKeyForms {
  readonly spec: string
  /** SubjectPublicKeyInfo (RFC 5280 §4.1.2.7) in DER; of X-Wing its 1,216 bytes. */
  readonly bytes: Uint8Array
  /** RFC 7468 §13; null of X-Wing. */
  readonly pem: string | null
  /** Null of X-Wing. */
  readonly jwk: PublicKeyJwk | null
  /** A line for `authorized_keys` or `allowed_signers`; null of keys that do not sign. */
  readonly openSsh: string | null
}

/** A public key in all its forms. @param comment at the end of the OpenSSH line */
export function publicKeyForms({ spec, spki }: SpecifiedPublicKey, comment: string): PublicKeyForms {
  if (spec === 'x-wing') return { spec, bytes: spki, pem: null, jwk: null, openSsh: null }
  return { spec, bytes: spki, pem: spkiPem(spki), jwk: jwkOf(spec, spki), openSsh: openSshLine(spec, spki, comment) }
}

function jwkOf(spec: string, spki: Uint8Array): PublicKeyJwk {
  const raw = rawOfSpki(spki, spec)
  if (raw === undefined) {
    const { modulus, exponent } = decodeRsaSpki(spki)
    return { kty: 'RSA', n: toText(modulus), e: toText(exponent) }
  }
  const { jwk } = curves[spec as CurveName]
  if (jwk.kty === 'OKP') return { ...jwk, x: toText(raw) }
  const half = (raw.length - 1) / 2
  return { ...jwk, x: toText(raw.subarray(1, 1 + half)), y: toText(raw.subarray(1 + half)) }
}

/**
 * Reads a public key in any form. That a point is on its curve is checked when the key is used.
 * @throws `invalid-argument` for what is none, or a private key; `unsupported` for a length of RSA that is not used here, and for
 * a JWK or a line of OpenSSH of another kind
 */
export function readPublicKeyForm(form: PublicKeyForm): SpecifiedPublicKey {
  if (form instanceof Uint8Array) return { spec: specOfSpki(form), spki: form.slice() }
  if (typeof form === 'object' && form !== null) return fromJwk(form)
  if (typeof form !== 'string') throw unreadable()
  const text = form.trim()
  if (isPem(text)) return readPublicKeyForm(spkiOfPem(text))
  if (!text.startsWith('{')) return readOpenSshLine(text)
  try {
    return fromJwk(JSON.parse(text) as PublicKeyJwk)
  } catch (error) {
    throw error instanceof KmsError ? error : unreadable()
  }
}

function fromJwk(jwk: PublicKeyJwk): SpecifiedPublicKey {
  if ('d' in jwk) throw privateHalf()
  if (jwk.kty === 'RSA') {
    const spki = encodeRsaSpki(integer(jwk.n, 512), integer(jwk.e, 8))
    return { spec: specOfSpki(spki), spki }
  }
  const spec = curveOfJwk(jwk)
  if (spec === undefined) throw new KmsError('unsupported', 'The JSON Web Key is of a kind that is not used here.')
  const { length, jwk: of } = curves[spec]
  if (of.kty === 'OKP') return { spec, spki: curveSpki(spec, exactly(jwk.x, length)) }
  return { spec, spki: curveSpki(spec, concat(Uint8Array.of(4), exactly(jwk.x, length), exactly(jwk.y, length))) }
}

function exactly(text: unknown, length: number): Uint8Array {
  const bytes = decoded(text)
  if (bytes.length !== length) throw invalidArgument(`A coordinate of that curve has ${length} bytes.`)
  return bytes
}

/** RFC 7518 §6.3.1.1: integers have no zero bytes before them. */
function integer(text: unknown, longest: number): Uint8Array {
  const bytes = decoded(text)
  if (bytes.length === 0 || bytes.length > longest || bytes[0] === 0) throw unreadable()
  return bytes
}

function decoded(text: unknown): Uint8Array {
  if (typeof text !== 'string') throw unreadable()
  try {
    return fromText(text)
  } catch {
    throw unreadable()
  }
}

const unreadable = (): KmsError =>
  new KmsError(
    'invalid-argument',
    'That is no public key: a PEM block “PUBLIC KEY”, a JSON Web Key, or a line of OpenSSH.',
  )
