import { concat, sameBytes } from '../encoding/bytes.ts'
import { der, tags } from '../encoding/der.ts'

/** Curves that keys are on here, by the names of their key specs. */
export type CurveName = 'ed25519' | 'x25519' | NistCurveName
/** The curves of SP 800-186 §3.2.1. */
export type NistCurveName = 'p-256' | 'p-384' | 'p-521'

/** How keys on a curve are written. */
export interface Curve {
  /** Bytes of a private key, and of a coordinate. */
  readonly length: number
  /** Bytes of a raw public key: RFC 7748's and RFC 8032's strings, or an uncompressed point `04 ‖ x ‖ y` (SEC 1 §2.3.3). */
  readonly publicKeyLength: number
  /** The AlgorithmIdentifier in DER: RFC 8410 §3, RFC 5480 §2.1. */
  readonly algorithm: Uint8Array
  /** In a JSON Web Key: RFC 7518 §6.2, RFC 8037 §2. */
  readonly jwk: { readonly kty: 'EC' | 'OKP'; readonly crv: string }
  /** In OpenSSH: RFC 5656 §3.1, RFC 8709 §4; none for keys that do not sign. */
  readonly ssh?: { readonly type: string; readonly curve?: string }
}

/** Contents of an AlgorithmIdentifier's object identifiers. */
const algorithm = (...objectIds: readonly (readonly number[])[]): Uint8Array =>
  der(tags.sequence, ...objectIds.map((id) => der(tags.objectId, Uint8Array.from(id))))

/** 1.2.840.10045.2.1, id-ecPublicKey. */
const ecPublicKey = [0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1]

const nist = (bits: 256 | 384 | 521, objectId: readonly number[]): Curve => ({
  length: Math.ceil(bits / 8),
  publicKeyLength: 1 + 2 * Math.ceil(bits / 8),
  algorithm: algorithm(ecPublicKey, objectId),
  jwk: { kty: 'EC', crv: `P-${bits}` },
  ssh: { type: `ecdsa-sha2-nistp${bits}`, curve: `nistp${bits}` },
})

export const curves: Readonly<Record<CurveName, Curve>> = {
  ed25519: {
    length: 32,
    publicKeyLength: 32,
    algorithm: algorithm([0x2b, 0x65, 0x70]),
    jwk: { kty: 'OKP', crv: 'Ed25519' },
    ssh: { type: 'ssh-ed25519' },
  },
  x25519: {
    length: 32,
    publicKeyLength: 32,
    algorithm: algorithm([0x2b, 0x65, 0x6e]),
    jwk: { kty: 'OKP', crv: 'X25519' },
  },
  'p-256': nist(256, [0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]),
  'p-384': nist(384, [0x2b, 0x81, 4, 0, 0x22]),
  'p-521': nist(521, [0x2b, 0x81, 4, 0, 0x23]),
}

export const curveNames = Object.keys(curves) as readonly CurveName[]

export const isCurve = (spec: string): spec is CurveName => Object.hasOwn(curves, spec)

/** The curve that a JSON Web Key names; undefined where it is none that is used here. */
export const curveOfJwk = (of: { readonly kty: string; readonly crv?: unknown }): CurveName | undefined =>
  curveNames.find((name) => curves[name].jwk.kty === of.kty && curves[name].jwk.crv === of.crv)

/** The SubjectPublicKeyInfo (RFC 5280 §4.1.2.7) of a raw public key: RFC 8410 §4, RFC 5480 §2. */
export const curveSpki = (name: CurveName, raw: Uint8Array): Uint8Array =>
  der(tags.sequence, curves[name].algorithm, der(tags.bitString, Uint8Array.of(0), raw))

/** The raw public key of a SubjectPublicKeyInfo in DER; undefined where `spec` is no curve, or it holds no key on that. */
export function rawOfSpki(spki: Uint8Array, spec: string): Uint8Array | undefined {
  if (!isCurve(spec)) return undefined
  const { publicKeyLength, jwk } = curves[spec]
  const raw = spki.subarray(Math.max(0, spki.length - publicKeyLength))
  if (raw.length !== publicKeyLength || !sameBytes(curveSpki(spec, raw), spki)) return undefined
  return jwk.kty === 'EC' && raw[0] !== 4 ? undefined : raw
}

/**
 * A private key as PKCS#8 in the one form that is written here, version 0 of RFC 5958: RFC 8410 §7, and for the NIST curves RFC 5915 §3 with the public
 * key in it, as WebCrypto wants it.
 * @returns the caller's to wipe
 */
export function curvePkcs8(name: CurveName, privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  const isNist = curves[name].jwk.kty === 'EC'
  // Written around zeros, so that the key is copied once, to where it is wiped.
  const room = der(tags.octetString, new Uint8Array(privateKey.length))
  const after = isNist ? der(0xa1, der(tags.bitString, Uint8Array.of(0), publicKey)) : nothing
  const content = isNist ? der(tags.sequence, version(1), room, after) : room
  const pkcs8 = der(tags.sequence, version(0), curves[name].algorithm, der(tags.octetString, content))
  pkcs8.set(privateKey, pkcs8.length - after.length - privateKey.length)
  return pkcs8
}

const version = (number: number): Uint8Array => der(tags.integer, Uint8Array.of(number))
const nothing = concat()
