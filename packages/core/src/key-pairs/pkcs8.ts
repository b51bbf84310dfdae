import { type CurveName, curveNames, curvePkcs8, curveSpki, curves, rawOfSpki } from '../crypto/curves.ts'
import { concat, sameBytes } from '../encoding/bytes.ts'
import { DerReader, der, derInteger, tags } from '../encoding/der.ts'
import { encodeRsaSpki, rsaEncryption, specOfSpki } from '../public-keys/spki.ts'
import { invalidArgument } from '../refusals.ts'
import { Secret } from '../secret.ts'

// Private keys as PKCS#8 PrivateKeyInfo (RFC 5958 §2): of curves RFC 8410 §7 and RFC 5915 §3, of RSA RFC 8017 appendix A.1.2.

/** A private key, as its spec and the number that it is. */
export type PrivateNumbers =
  | { readonly family: 'curve'; readonly spec: CurveName; readonly key: Secret }
  | { readonly family: 'rsa'; readonly rsaPrivateKey: Secret; readonly publicKey: Uint8Array }

const version0 = der(tags.integer, Uint8Array.of(0))

/**
 * Reads a PrivateKeyInfo of a key that is used here.
 * @param pkcs8 DER; stays the caller's
 * @returns the numbers in it, copies that the caller wipes
 * @throws `invalid-argument` for another algorithm, or no DER
 */
export function readPkcs8(pkcs8: Uint8Array): PrivateNumbers {
  const outer = new DerReader(pkcs8)
  const info = new DerReader(outer.read(tags.sequence))
  outer.end()
  // RFC 5958: version 1 has the public key behind; attributes and it are not needed.
  const version = info.read(tags.integer)
  if (version.length !== 1 || (version[0] as number) > 1) throw notPkcs8()
  const algorithm = der(tags.sequence, info.read(tags.sequence))
  const content = info.read(tags.octetString)
  if (sameBytes(algorithm, rsaEncryption)) return { family: 'rsa', ...readRsa(content) }
  const spec = curveNames.find((one) => sameBytes(curves[one].algorithm, algorithm))
  if (spec === undefined) throw notPkcs8()
  return { family: 'curve', spec, key: readCurveKey(content, spec) }
}

function readCurveKey(content: Uint8Array, curve: CurveName): Secret {
  const inner = new DerReader(content)
  const { length, jwk } = curves[curve]
  if (jwk.kty === 'OKP') {
    const bytes = inner.read(tags.octetString)
    inner.end()
    if (bytes.length !== length) throw notPkcs8()
    return Secret.copy(bytes)
  }
  const key = new DerReader(inner.read(tags.sequence))
  inner.end()
  key.read(tags.integer)
  const bytes = key.read(tags.octetString)
  // SEC 1 §C.4 has it at full length; some older writers leave zeros away.
  if (bytes.length > length) throw notPkcs8()
  return Secret.take(concat(new Uint8Array(length - bytes.length), bytes))
}

function readRsa(content: Uint8Array): { readonly rsaPrivateKey: Secret; readonly publicKey: Uint8Array } {
  const outer = new DerReader(content)
  const key = new DerReader(outer.read(tags.sequence))
  outer.end()
  const version = key.read(tags.integer)
  const numbers = Array.from({ length: 8 }, () => key.read(tags.integer))
  key.end()
  if (!sameBytes(version, Uint8Array.of(0)) || numbers.some((one) => one.length === 0 || (one[0] as number) >= 0x80)) {
    throw notPkcs8()
  }
  const [modulus, exponent] = numbers.map(withoutZero) as [Uint8Array, Uint8Array]
  const publicKey = encodeRsaSpki(modulus, exponent)
  specOfSpki(publicKey)
  return { rsaPrivateKey: Secret.copy(content), publicKey }
}

const withoutZero = (integer: Uint8Array): Uint8Array =>
  integer.length > 1 && integer[0] === 0 ? integer.subarray(1) : integer

/**
 * A PrivateKeyInfo in the one form that this system keeps: version 0, of curves as `curvePkcs8` writes it.
 * @param spki the public half; @param numbers stay the caller's
 */
export function writePkcs8(numbers: PrivateNumbers, spki: Uint8Array): Secret {
  if (numbers.family === 'rsa') {
    return Secret.take(
      der(tags.sequence, version0, rsaEncryption, der(tags.octetString, numbers.rsaPrivateKey.reveal())),
    )
  }
  const { spec, key } = numbers
  return Secret.take(curvePkcs8(spec, key.reveal(), rawOfSpki(spki, spec) as Uint8Array))
}

/** The numbers of a private JSON Web Key of RSA as an RSAPrivateKey. @param numbers n, e, d, p, q, dp, dq, qi, big-endian, without zeros before them */
export function rsaPrivateKey(numbers: readonly Uint8Array[]): Secret {
  return Secret.take(der(tags.sequence, version0, ...numbers.map(derInteger)))
}

/** The public half of a private key: of curves computed by @noble/curves, since WebCrypto gives it only together with the private half as text. */
export async function publicHalfOf(numbers: PrivateNumbers): Promise<Uint8Array> {
  if (numbers.family === 'rsa') return numbers.publicKey
  const { spec, key } = numbers
  try {
    return curveSpki(spec, await rawPublic(spec, key.reveal()))
  } catch {
    // Without the cause, which may name the number.
    throw invalidArgument(`That is no private key of ${spec}.`)
  }
}

async function rawPublic(spec: CurveName, key: Uint8Array): Promise<Uint8Array> {
  const { ed25519, x25519 } = await import('@noble/curves/ed25519.js')
  const { p256, p384, p521 } = await import('@noble/curves/nist.js')
  switch (spec) {
    case 'ed25519':
      return ed25519.getPublicKey(key)
    case 'x25519':
      return x25519.getPublicKey(key)
    case 'p-256':
      return p256.getPublicKey(key, false)
    case 'p-384':
      return p384.getPublicKey(key, false)
    case 'p-521':
      return p521.getPublicKey(key, false)
  }
}

/** The private key itself, as HPKE serialises it. A copy, the caller's to wipe. @throws `invalid-argument` */
export function rawPrivateKey(pkcs8: Secret): Secret {
  const numbers = readPkcs8(pkcs8.reveal())
  if (numbers.family === 'curve') return numbers.key
  numbers.rsaPrivateKey.wipe()
  throw notPkcs8()
}

const notPkcs8 = (): Error =>
  invalidArgument(
    'That is no private key in PKCS#8 of an algorithm that is used here: openssl pkcs8 -topk8 -nocrypt writes one.',
  )
