import type { webcrypto } from 'node:crypto'
import type { VerifiesNow } from '@kms/core'
import { OkpKey, okpCurve } from './okp-key.ts'

type Crypto = typeof globalThis.crypto
type Subtle = webcrypto.SubtleCrypto
type CryptoKey = webcrypto.CryptoKey
type BufferSource = webcrypto.BufferSource
type Algorithm = webcrypto.AlgorithmIdentifier
type Usages = webcrypto.KeyUsage[]
type Format = 'raw' | 'pkcs8' | 'spki'

/** What Node's own WebCrypto makes: a global that @types/node does not have. */
const NodeKey = (globalThis as unknown as { readonly CryptoKey: new () => CryptoKey }).CryptoKey

/** What only @peculiar/webcrypto is asked for, or Node's own for its own keys. */
const delegated = ['encrypt', 'decrypt', 'deriveKey', 'wrapKey', 'unwrapKey', 'digest'] as const

/** What Node's WebCrypto has under every release from 20 on without calling it experimental. */
const settled: ReadonlySet<string> = new Set(['ECDSA', 'ECDH', 'RSA-PSS', 'RSA-OAEP', 'RSASSA-PKCS1-V1_5'])

/**
 * A WebCrypto object of three: node:crypto for Ed25519 and X25519, Node's own WebCrypto for ECDSA, ECDH and RSA, @peculiar/webcrypto, loaded when it is first
 * needed, for all else. @peculiar/webcrypto makes key pairs on the main thread and parses a key with each use, from text in which private keys stay behind; Node
 * 20's own still calls Ed25519 and X25519 experimental.
 */
export function createNodeWebCrypto(): Crypto & Required<VerifiesNow> {
  let loading: Promise<Subtle> | undefined
  const theirs = (): Promise<Subtle> => {
    // Typed against its own copy of the DOM's types.
    loading ??= import('@peculiar/webcrypto').then(({ Crypto }) => new Crypto().subtle as unknown as Subtle)
    return loading
  }
  const nodes = globalThis.crypto.subtle as unknown as Subtle
  const byAlgorithm = async (algorithm: Algorithm): Promise<Subtle> =>
    settled.has(nameOf(algorithm).toUpperCase()) ? nodes : theirs()
  const byKey = async (key: CryptoKey | undefined): Promise<Subtle> => (key instanceof NodeKey ? nodes : theirs())
  const own = {
    async generateKey(algorithm: Algorithm, extractable: boolean, usages: Usages) {
      const curve = okpCurve(nameOf(algorithm))
      return curve !== undefined
        ? OkpKey.generate(curve, extractable)
        : (await byAlgorithm(algorithm)).generateKey(algorithm, extractable, usages)
    },
    async importKey(format: Format, data: BufferSource, algorithm: Algorithm, extractable: boolean, usages: Usages) {
      const curve = okpCurve(nameOf(algorithm))
      return curve !== undefined
        ? OkpKey.from(curve, format, view(data), extractable, usages)
        : (await byAlgorithm(algorithm)).importKey(format, data, algorithm, extractable, usages)
    },
    async exportKey(format: Format, key: CryptoKey): Promise<ArrayBuffer> {
      return key instanceof OkpKey ? key.export(format) : (await byKey(key)).exportKey(format, key)
    },
    async sign(algorithm: Algorithm, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer> {
      return key instanceof OkpKey ? key.sign(view(data)) : (await byKey(key)).sign(algorithm, key, data)
    },
    async verify(algorithm: Algorithm, key: CryptoKey, signature: BufferSource, data: BufferSource): Promise<boolean> {
      return key instanceof OkpKey
        ? key.verify(view(signature), view(data))
        : (await byKey(key)).verify(algorithm, key, signature, data)
    },
    async deriveBits(algorithm: Algorithm, key: CryptoKey, bits: number): Promise<ArrayBuffer> {
      return key instanceof OkpKey
        ? key.deriveBits((algorithm as { readonly public?: unknown }).public, bits)
        : (await byKey(key)).deriveBits(algorithm as Parameters<Subtle['deriveBits']>[0], key, bits)
    },
  }
  const rest = delegated.map((name) => {
    const call = async (...of: unknown[]): Promise<unknown> => {
      const subtle = await byKey(of.find((one) => one instanceof NodeKey) as CryptoKey | undefined)
      return Reflect.apply(subtle[name], subtle, of)
    }
    return [name, call] as const
  })
  const subtle = { ...Object.fromEntries(rest), ...own } as unknown as Subtle
  return {
    subtle,
    getRandomValues: (array) => globalThis.crypto.getRandomValues(array),
    randomUUID: () => globalThis.crypto.randomUUID(),
    verifyNow(key, signature, data) {
      if (key instanceof OkpKey) return key.verifyNow(signature, data)
      throw new DOMException('Only Ed25519 signatures are checked without waiting.', 'NotSupportedError')
    },
  } as Crypto & Required<VerifiesNow>
}

const nameOf = (algorithm: Algorithm): string => (typeof algorithm === 'string' ? algorithm : algorithm.name)

const view = (data: BufferSource): Uint8Array =>
  ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data as ArrayBuffer)
