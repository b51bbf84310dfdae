import { readCurveJwk, writeCurveJwk } from '../crypto/curve-jwk.ts'
import { type CurveName, curveSpki, rawOfSpki } from '../crypto/curves.ts'
import { isPem } from '../encoding/pem.ts'
import { KmsError } from '../errors.ts'
import { readRsaJwk, writeRsaJwk } from '../public-keys/rsa-jwk.ts'
import { type SpecifiedPublicKey, specOfSpki } from '../public-keys/spki.ts'
import { spkiOfPem, spkiPem } from '../public-keys/spki-pem.ts'
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
  return raw === undefined ? writeRsaJwk(spki) : writeCurveJwk({ curve: spec as CurveName, raw })
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
  const spki = readRsaJwk(jwk)
  if (spki !== undefined) return { spec: specOfSpki(spki), spki }
  const key = readCurveJwk(jwk)
  if (key === undefined) throw new KmsError('unsupported', 'The JSON Web Key is of a kind that is not used here.')
  return { spec: key.curve, spki: curveSpki(key.curve, key.raw) }
}

const unreadable = (): KmsError =>
  new KmsError(
    'invalid-argument',
    'That is no public key: a PEM block “PUBLIC KEY”, a JSON Web Key, or a line of OpenSSH.',
  )
