import { curveOfJwk, curves } from '../crypto/curves.ts'
import type { DerivationOptions, Primitives } from '../crypto/primitives.ts'
import type { WebCrypto } from '../crypto/web-crypto.ts'
import { fromBase64 } from '../encoding/base64.ts'
import { pemBlock } from '../encoding/pem.ts'
import { fromText } from '../encoding/text.ts'
import { KmsError } from '../errors.ts'
import { encodeRsaSpki, specOfSpki } from '../public-keys/spki.ts'
import { invalidArgument } from '../refusals.ts'
import { Secret } from '../secret.ts'
import { decryptPkcs8 } from './encrypted-pkcs8.ts'
import { type PrivateNumbers, publicHalfOf, readPkcs8, rsaPrivateKey, writePkcs8 } from './pkcs8.ts'

/** A private key as a JSON Web Key: RFC 7518 §6, RFC 8037 §2. It is text, which cannot be wiped: take PKCS#8 where there is a choice. */
export interface PrivateKeyJwk {
  readonly kty: string
  readonly crv?: string
  /** Of RSA n, e, d, p, q, dp, dq, qi; of curves d; of symmetric keys k. All base64url. */
  readonly [member: string]: unknown
}

/** A private key in a form that people pass on: PKCS#8 in DER (bytes) or PEM, also under a password; a JSON Web Key as text or object. */
export type PrivateKeyForm = Uint8Array | string | PrivateKeyJwk

/** A private key that was read: its spec, PKCS#8 in one form, and its public half, computed. */
export interface ReadPrivateKey {
  readonly spec: string
  /** The caller's to wipe. */
  readonly material: Secret
  readonly publicKey: Uint8Array
}

export interface ReadPrivateOptions extends DerivationOptions {
  readonly primitives: Primitives
  readonly crypto: WebCrypto
  /** Of an encrypted PKCS#8; stays the caller's. */
  readonly password?: Secret
}

/** Characters of a private key as text: RSA-4096 has 3,300 in PEM. */
const textLimit = 16_384

/**
 * Reads a private key in any form. That its halves fit is computed, not tested: whoever takes it tests it.
 * @throws `invalid-argument` for what is none of an algorithm that is used here, a public key, or an encrypted one without a password; as `decryptPkcs8`
 */
export async function readPrivateKey(form: PrivateKeyForm, options: ReadPrivateOptions): Promise<ReadPrivateKey> {
  const numbers = await numbersOf(form, options)
  try {
    const publicKey = await publicHalfOf(numbers)
    return { spec: specOfSpki(publicKey), material: writePkcs8(numbers, publicKey), publicKey }
  } finally {
    if (numbers.family === 'rsa') numbers.rsaPrivateKey.wipe()
    else numbers.key.wipe()
  }
}

async function numbersOf(form: PrivateKeyForm, options: ReadPrivateOptions): Promise<PrivateNumbers> {
  if (form instanceof Uint8Array) return readPkcs8(form)
  if (typeof form === 'object' && form !== null) return fromJwk(form)
  if (typeof form !== 'string' || form.length > textLimit) throw unreadable()
  const text = form.trim()
  if (text.startsWith('{')) return fromJwk(parsed(text))
  const [, label, body = ''] = pemBlock.exec(text) ?? []
  const der = Secret.take(decodedPem(body))
  try {
    if (label === 'PRIVATE KEY') return readPkcs8(der.reveal())
    if (label === 'ENCRYPTED PRIVATE KEY') return await decrypted(der.reveal(), options)
  } finally {
    der.wipe()
  }
  if (label?.endsWith('PUBLIC KEY') === true)
    throw invalidArgument('That is a public key. A key is imported by its private half.')
  throw label?.endsWith('PRIVATE KEY') === true
    ? invalidArgument(
        `A PEM block “${label}” is not read: openssl pkcs8 -topk8 -nocrypt -in FILE makes a “PRIVATE KEY” of it.`,
      )
    : unreadable()
}

async function decrypted(der: Uint8Array, { password, ...options }: ReadPrivateOptions): Promise<PrivateNumbers> {
  if (password === undefined) throw invalidArgument('The private key is encrypted: give its password.')
  const opened = await decryptPkcs8(der, password, options, options)
  try {
    return readPkcs8(opened.reveal())
  } catch (error) {
    // What a wrong password makes of it is no PKCS#8 either.
    if (!(error instanceof KmsError)) throw error
    throw new KmsError('authentication-failed', 'The password is wrong, or the file is damaged.')
  } finally {
    opened.wipe()
  }
}

function fromJwk(jwk: PrivateKeyJwk): PrivateNumbers {
  if (jwk.d === undefined) throw invalidArgument('The JSON Web Key has no private half.')
  if (jwk.kty === 'RSA') {
    const numbers = ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'].map((name) => member(jwk, name, 512))
    const [modulus, exponent] = numbers as [Uint8Array, Uint8Array]
    return { family: 'rsa', rsaPrivateKey: rsaPrivateKey(numbers), publicKey: encodeRsaSpki(modulus, exponent) }
  }
  const spec = curveOfJwk(jwk)
  if (spec === undefined) throw new KmsError('unsupported', 'The JSON Web Key is of a kind that is not used here.')
  const key = Secret.take(member(jwk, 'd', 66))
  if (key.length === curves[spec].length) return { family: 'curve', spec, key }
  key.wipe()
  throw unreadable()
}

/** @returns without zeros before it where it is a number of RSA; as it is otherwise */
function member(jwk: PrivateKeyJwk, name: string, longest: number): Uint8Array {
  const text = jwk[name]
  if (typeof text !== 'string' || text.length > 1_024) throw unreadable()
  try {
    const bytes = fromText(text)
    if (bytes.length === 0 || bytes.length > longest || (jwk.kty === 'RSA' && bytes[0] === 0)) throw unreadable()
    return bytes
  } catch {
    throw unreadable()
  }
}

function parsed(text: string): PrivateKeyJwk {
  try {
    return JSON.parse(text) as PrivateKeyJwk
  } catch {
    throw unreadable()
  }
}

function decodedPem(body: string): Uint8Array {
  try {
    return fromBase64(body.replace(/\s+/g, ''))
  } catch {
    throw unreadable()
  }
}

// Without a cause: a parser's message may quote what it could not read.
const unreadable = (): KmsError =>
  new KmsError(
    'invalid-argument',
    'That is no private key: PKCS#8 in DER or PEM (“PRIVATE KEY”, “ENCRYPTED PRIVATE KEY”), or a JSON Web Key.',
  )
