import type { Hash } from '../crypto/primitives.ts'
import { KmsError } from '../errors.ts'
import type { KeySpecName } from '../specs/key-specs.ts'

/** Specs whose keys are pairs that a WebCrypto object makes and uses. */
export type PairSpec = Exclude<KeySpecName, `symmetric-${string}` | `hmac-${string}` | 'x-wing'>

/** What pairs are used for through a WebCrypto object. */
export type PairPurpose = 'sign' | 'agree' | 'transport'

/** What WebCrypto calls the uses of the halves. */
type PairUsage = 'sign' | 'verify' | 'encrypt' | 'decrypt' | 'deriveBits'

/** How a WebCrypto object is told of a sort of key pair. */
export interface PairAlgorithm {
  /** The key's algorithm, as `importKey` wants it. */
  readonly key: { readonly name: string; readonly namedCurve?: string; readonly hash?: Hash }
  /** What `generateKey` wants to know beside. */
  readonly generation?: { readonly modulusLength: number; readonly publicExponent: Uint8Array<ArrayBuffer> }
  /** The operation, as `sign`, `verify`, `encrypt` and `decrypt` want it. */
  readonly operation: { readonly name: string; readonly hash?: Hash; readonly saltLength?: number }
  readonly usages: { readonly private: readonly PairUsage[]; readonly public: readonly PairUsage[] }
  /** What other libraries and people call it. */
  readonly name: string
}

/** RSA's public exponent is 65537 (FIPS 186-5 §5.1). */
const publicExponent = Uint8Array.of(1, 0, 1)

const signs = { private: ['sign'], public: ['verify'] } as const
const agrees = { private: ['deriveBits'], public: [] } as const
const transports = { private: ['decrypt'], public: ['encrypt'] } as const

/** ECDSA with the hash of the curve's strength (FIPS 186-5 §6.1.1, RFC 7518 §3.4). */
const ecdsa = (namedCurve: string, hash: Hash): PairAlgorithm => ({
  key: { name: 'ECDSA', namedCurve },
  operation: { name: 'ECDSA', hash },
  usages: signs,
  name: `ECDSA on ${namedCurve} with ${hash}`,
})

/** RSA-PSS (RFC 8017 §8.1), the salt as long as the hash. */
const rsaPss = (modulusLength: number, hash: Hash, saltLength: number): PairAlgorithm => ({
  key: { name: 'RSA-PSS', hash },
  generation: { modulusLength, publicExponent },
  operation: { name: 'RSA-PSS', hash, saltLength },
  usages: signs,
  name: `RSA-PSS with ${hash}`,
})

/** RSA-OAEP (RFC 8017 §7.1) with SHA-256, for old systems. */
const rsaOaep = (modulusLength: number): PairAlgorithm => ({
  key: { name: 'RSA-OAEP', hash: 'SHA-256' },
  generation: { modulusLength, publicExponent },
  operation: { name: 'RSA-OAEP' },
  usages: transports,
  name: 'RSA-OAEP with SHA-256',
})

/** ECDH (SP 800-56A rev. 3 §5.7.1.2). */
const ecdh = (namedCurve: string): PairAlgorithm => ({
  key: { name: 'ECDH', namedCurve },
  operation: { name: 'ECDH' },
  usages: agrees,
  name: `ECDH on ${namedCurve}`,
})

const algorithms: Readonly<Record<PairPurpose, Readonly<Partial<Record<PairSpec, PairAlgorithm>>>>> = {
  sign: {
    ed25519: { key: { name: 'Ed25519' }, operation: { name: 'Ed25519' }, usages: signs, name: 'Ed25519' },
    'p-256': ecdsa('P-256', 'SHA-256'),
    'p-384': ecdsa('P-384', 'SHA-384'),
    'p-521': ecdsa('P-521', 'SHA-512'),
    'rsa-2048': rsaPss(2048, 'SHA-256', 32),
    'rsa-3072': rsaPss(3072, 'SHA-256', 32),
    'rsa-4096': rsaPss(4096, 'SHA-512', 64),
  },
  agree: {
    x25519: { key: { name: 'X25519' }, operation: { name: 'X25519' }, usages: agrees, name: 'X25519' },
    'p-256': ecdh('P-256'),
    'p-384': ecdh('P-384'),
    'p-521': ecdh('P-521'),
  },
  transport: {
    'rsa-2048': rsaOaep(2048),
    'rsa-3072': rsaOaep(3072),
    'rsa-4096': rsaOaep(4096),
  },
}

/** The algorithm of pairs of a purpose and spec. @throws `unsupported` where there is none */
export function pairAlgorithm(purpose: PairPurpose, spec: string): PairAlgorithm {
  const found = Object.entries(algorithms[purpose]).find(([name]) => name === spec)
  if (found !== undefined) return found[1]
  throw new KmsError('unsupported', `This release has no algorithm to ${purpose} with keys of spec ${spec}.`)
}
