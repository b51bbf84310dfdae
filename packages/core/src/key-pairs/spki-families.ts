import { concat, sameBytes } from '../envelope/bytes.ts'
import { KmsError } from '../errors.ts'
import { rsaModulusBits } from '../public-keys/spki.ts'

// What sort of key a SubjectPublicKeyInfo holds (RFC 5280 §4.1.2.7). What stands before the key's own bytes is fixed for each curve: RFC 8410 §4, and RFC
// 5480 §2 with an uncompressed point (SEC 1 §2.3.3).

/** A curve's public keys in their standard forms. */
export interface CurveFamily {
  /** Before the raw key in a SubjectPublicKeyInfo. */
  readonly prefix: Uint8Array
  /** Bytes of a raw key: the point with its 4 in front, or RFC 7748's and RFC 8032's strings. */
  readonly length: number
  /** In a JSON Web Key: RFC 7518 §6.2, RFC 8037 §2. */
  readonly jwk: { readonly kty: 'EC' | 'OKP'; readonly crv: string }
  /** In OpenSSH: RFC 5656 §3.1, RFC 8709 §4; none for keys that do not sign. */
  readonly ssh?: { readonly type: string; readonly curve?: string }
}

const hex = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/../g) as string[], (pair) => Number.parseInt(pair, 16))

/** Public keys of curves, by spec. */
export const curveFamilies: Readonly<Record<string, CurveFamily>> = {
  ed25519: {
    prefix: hex('302a300506032b6570032100'),
    length: 32,
    jwk: { kty: 'OKP', crv: 'Ed25519' },
    ssh: { type: 'ssh-ed25519' },
  },
  x25519: { prefix: hex('302a300506032b656e032100'), length: 32, jwk: { kty: 'OKP', crv: 'X25519' } },
  'p-256': {
    prefix: hex('3059301306072a8648ce3d020106082a8648ce3d030107034200'),
    length: 65,
    jwk: { kty: 'EC', crv: 'P-256' },
    ssh: { type: 'ecdsa-sha2-nistp256', curve: 'nistp256' },
  },
  'p-384': {
    prefix: hex('3076301006072a8648ce3d020106052b81040022036200'),
    length: 97,
    jwk: { kty: 'EC', crv: 'P-384' },
    ssh: { type: 'ecdsa-sha2-nistp384', curve: 'nistp384' },
  },
  'p-521': {
    prefix: hex('30819b301006072a8648ce3d020106052b8104002303818600'),
    length: 133,
    jwk: { kty: 'EC', crv: 'P-521' },
    ssh: { type: 'ecdsa-sha2-nistp521', curve: 'nistp521' },
  },
}

/** A public key as its spec and SubjectPublicKeyInfo. */
export interface SpecifiedPublicKey {
  readonly spec: string
  /** SubjectPublicKeyInfo in DER; of X-Wing as HPKE serialises it. */
  readonly spki: Uint8Array
}

/** The SubjectPublicKeyInfo of a curve's raw public key. */
export const curveSpki = (spec: string, raw: Uint8Array): Uint8Array =>
  concat((curveFamilies[spec] as CurveFamily).prefix, raw)

/** A curve's raw public key; undefined where the SubjectPublicKeyInfo holds another. */
export function rawOfSpki(spki: Uint8Array, spec: string): Uint8Array | undefined {
  const family = Object.hasOwn(curveFamilies, spec) ? (curveFamilies[spec] as CurveFamily) : undefined
  if (family === undefined || spki.length !== family.prefix.length + family.length) return undefined
  const raw = spki.subarray(family.prefix.length)
  if (!sameBytes(spki.subarray(0, family.prefix.length), family.prefix)) return undefined
  return family.jwk.kty === 'EC' && raw[0] !== 4 ? undefined : raw
}

/** The spec of a SubjectPublicKeyInfo's key. @throws `invalid-argument` for another algorithm, or no DER; `unsupported` for another length of RSA */
export function specOfSpki(spki: Uint8Array): string {
  const curve = Object.keys(curveFamilies).find((spec) => rawOfSpki(spki, spec) !== undefined)
  if (curve !== undefined) return curve
  const bits = rsaModulusBits(spki)
  if (bits === 2048 || bits === 3072 || bits === 4096) return `rsa-${bits}`
  throw new KmsError('unsupported', `An RSA key of ${bits} bits is not used here: 2048, 3072 or 4096.`)
}
