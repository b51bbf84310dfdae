import { readCurveJwk, writeCurveJwk } from '../crypto/curve-jwk.ts'
import { rawOfSpki } from '../crypto/curves.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { type SignatureAlgorithm, signatureAlgorithm, signatureAlgorithms } from '../crypto/signature-algorithms.ts'
import { checkVerificationKey, spkiOf, type VerificationKey } from '../crypto/verification-key.ts'
import { concat, readU16, sameBytes, u16 } from '../encoding/bytes.ts'
import { isPem } from '../encoding/pem.ts'
import { fromText, toText } from '../encoding/text.ts'
import { KmsError } from '../errors.ts'
import { spkiOfPem, spkiPem } from './spki-pem.ts'

// A verification key in the forms that people pass on: our own text, PEM, JWK.

/** The fields of a public JWK that say which key it is (RFC 7518 §6.2, RFC 8037 §2). */
export interface VerificationJwk {
  readonly kty: string
  readonly crv: string
  readonly x: string
  readonly y?: string
}

/** A verification key as it is, or in a form: `kmsvk1…`, SubjectPublicKeyInfo in PEM (text) or DER (bytes), JWK (object or text). */
export type VerificationKeyForm = VerificationKey | VerificationJwk | Uint8Array | string

type Hashing = { readonly primitives: Pick<Primitives, 'hash'> }

const textStart = 'kmsvk1'
const checksumLength = 4

const algorithms = Object.keys(signatureAlgorithms) as readonly SignatureAlgorithm[]

/**
 * `kmsvk1` ‖ base64url(algorithm u16 ‖ raw public key ‖ checksum): 57 characters for Ed25519, 101 for P-256. The checksum, the
 * first 4 bytes of SHA-256 over what is before it, catches a slip of the hand; that it is the right person's key, it does not say.
 */
export function verificationKeyText(key: VerificationKey, { primitives }: Hashing): string {
  const { algorithm, publicKey } = checkVerificationKey(key)
  const named = concat(u16(signatureAlgorithms[algorithm].number), publicKey)
  return textStart + toText(concat(named, checksum(named, primitives)))
}

/** SubjectPublicKeyInfo in PEM (RFC 7468 §13), as OpenSSL writes it. */
export function verificationKeyPem(key: VerificationKey): string {
  return spkiPem(spkiOf(key))
}

/** JSON Web Key: OKP (RFC 8037 §2) for Ed25519, EC (RFC 7518 §6.2) for P-256. */
export function verificationKeyJwk(key: VerificationKey): VerificationJwk {
  const { algorithm, publicKey } = checkVerificationKey(key)
  return writeCurveJwk({ curve: signatureAlgorithms[algorithm].curve, raw: publicKey })
}

/**
 * Reads a verification key in any form.
 * @throws `invalid-argument` for what is none, a checksum that does not fit, or a private key; `unsupported` for an algorithm
 * other than Ed25519 and P-256
 */
export function readVerificationKey(form: VerificationKeyForm, hashing: Hashing): VerificationKey {
  if (form instanceof Uint8Array) return fromSpki(form)
  if (typeof form === 'object' && form !== null) return 'kty' in form ? fromJwk(form) : checkVerificationKey(form)
  if (typeof form !== 'string') throw unreadable()
  const text = form.trim()
  if (text.startsWith(textStart)) return fromOwnText(text, hashing)
  if (text.startsWith('{')) return fromJwk(parsedJwk(text))
  if (isPem(text)) return fromSpki(spkiOfPem(text))
  throw unreadable()
}

function parsedJwk(text: string): VerificationJwk {
  try {
    return JSON.parse(text) as VerificationJwk
  } catch {
    throw unreadable()
  }
}

function fromOwnText(text: string, { primitives }: Hashing): VerificationKey {
  const bytes = decoded(text.slice(textStart.length))
  const named = bytes.subarray(0, -checksumLength)
  if (named.length < 2 || !sameBytes(checksum(named, primitives), bytes.subarray(-checksumLength))) {
    throw new KmsError('invalid-argument', 'The verification key has a slip in it: its checksum does not fit.')
  }
  const algorithm = signatureAlgorithm(readU16(named, 0))
  if (algorithm === undefined) throw unknownAlgorithm(`algorithm ${readU16(named, 0)}`)
  return checkVerificationKey({ algorithm, publicKey: named.slice(2) })
}

function fromSpki(der: Uint8Array): VerificationKey {
  for (const algorithm of algorithms) {
    const publicKey = rawOfSpki(der, signatureAlgorithms[algorithm].curve)
    if (publicKey !== undefined) return checkVerificationKey({ algorithm, publicKey: publicKey.slice() })
  }
  throw unknownAlgorithm('of another kind')
}

function fromJwk(jwk: VerificationJwk): VerificationKey {
  const key = readCurveJwk(jwk)
  const algorithm = algorithms.find((name) => signatureAlgorithms[name].curve === key?.curve)
  if (key === undefined || algorithm === undefined) throw unknownAlgorithm('of another type')
  return checkVerificationKey({ algorithm, publicKey: key.raw })
}

function decoded(text: string): Uint8Array {
  try {
    return fromText(text)
  } catch {
    throw new KmsError('invalid-argument', 'The verification key is no unpadded base64url.')
  }
}

function checksum(named: Uint8Array, primitives: Pick<Primitives, 'hash'>): Uint8Array {
  return primitives.hash('SHA-256', named).subarray(0, checksumLength)
}

function unknownAlgorithm(which: string): KmsError {
  return new KmsError('unsupported', `The verification key is ${which}; those of Ed25519 and P-256 are read.`)
}

function unreadable(): KmsError {
  return new KmsError(
    'invalid-argument',
    'That is no verification key: kmsvk1…, a PEM block "PUBLIC KEY", or a JWK of Ed25519 or P-256.',
  )
}
