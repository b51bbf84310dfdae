import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'

type WebCrypto = typeof globalThis.crypto
type Key = Awaited<ReturnType<WebCrypto['subtle']['importKey']>>

/** How WebCrypto is told of a spec: the key, and the operation. */
interface Algorithm {
  readonly name: string
  readonly namedCurve?: string
  readonly hash?: string
  readonly saltLength?: number
}

/** Specs that sign: WebCrypto's key and operation, and node:crypto's hash. */
export const signing: Readonly<Record<string, readonly [Algorithm, Algorithm, string | null]>> = {
  ed25519: [{ name: 'Ed25519' }, { name: 'Ed25519' }, null],
  'p-256': [{ name: 'ECDSA', namedCurve: 'P-256' }, { name: 'ECDSA', hash: 'SHA-256' }, 'sha256'],
  'p-384': [{ name: 'ECDSA', namedCurve: 'P-384' }, { name: 'ECDSA', hash: 'SHA-384' }, 'sha384'],
  'p-521': [{ name: 'ECDSA', namedCurve: 'P-521' }, { name: 'ECDSA', hash: 'SHA-512' }, 'sha512'],
  'rsa-2048': [{ name: 'RSA-PSS', hash: 'SHA-256' }, { name: 'RSA-PSS', saltLength: 32 }, 'sha256'],
  'rsa-3072': [{ name: 'RSA-PSS', hash: 'SHA-256' }, { name: 'RSA-PSS', saltLength: 32 }, 'sha256'],
  'rsa-4096': [{ name: 'RSA-PSS', hash: 'SHA-512' }, { name: 'RSA-PSS', saltLength: 64 }, 'sha512'],
}

/** Specs that agree. */
export const agreeing: Readonly<Record<string, readonly [Algorithm, number]>> = {
  x25519: [{ name: 'X25519' }, 256],
  'p-256': [{ name: 'ECDH', namedCurve: 'P-256' }, 256],
  'p-384': [{ name: 'ECDH', namedCurve: 'P-384' }, 384],
  'p-521': [{ name: 'ECDH', namedCurve: 'P-521' }, 528],
}

/** A key pair by WebCrypto alone, in two of its objects, and in node:crypto. */
export interface BarePair {
  readonly halves: (crypto: WebCrypto) => Promise<{ readonly privateKey: Key; readonly publicKey: Key }>
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

/** Makes a pair. @param spec names the length of RSA */
export async function barePair(spec: string, algorithm: Algorithm, crypto: WebCrypto): Promise<BarePair> {
  const signs = signing[spec]?.[0] === algorithm
  const usages: ('sign' | 'verify' | 'deriveBits')[] = signs ? ['sign', 'verify'] : ['deriveBits']
  const length = { modulusLength: Number(spec.slice('rsa-'.length)), publicExponent: Uint8Array.of(1, 0, 1) }
  const generation = spec.startsWith('rsa-') ? { ...algorithm, ...length } : algorithm
  const made = (await crypto.subtle.generateKey(generation, true, usages)) as { privateKey: Key; publicKey: Key }
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', made.privateKey)
  const spki = await crypto.subtle.exportKey('spki', made.publicKey)
  return {
    halves: async ({ subtle }) => ({
      privateKey: await subtle.importKey('pkcs8', pkcs8, algorithm, false, [signs ? 'sign' : 'deriveBits']),
      publicKey: await subtle.importKey('spki', spki, algorithm, true, signs ? ['verify'] : []),
    }),
    privateKey: createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' }),
    publicKey: createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }),
  }
}
