import type { webcrypto } from 'node:crypto'
import type { SignsMany, VerifiesNow } from '@kms/core'
import { Ed25519Key } from './ed25519-key.ts'
import { OkpKey } from './okp-key.ts'
import { X25519Key } from './x25519-key.ts'

type Crypto = typeof globalThis.crypto
type Subtle = webcrypto.SubtleCrypto
type CryptoKey = webcrypto.CryptoKey
type BufferSource = webcrypto.BufferSource
type Algorithm = webcrypto.AlgorithmIdentifier
type Usages = webcrypto.KeyUsage[]
type Format = 'raw' | 'pkcs8' | 'spki'
type Agreement = webcrypto.EcdhKeyDeriveParams

/** What Node's own WebCrypto alone is asked for. */
const nodesOnly = ['encrypt', 'decrypt', 'deriveKey', 'wrapKey', 'unwrapKey', 'digest'] as const

/**
 * A WebCrypto object of two: node:crypto for Ed25519 and X25519, which Node's own WebCrypto calls experimental up to Node 22, and that for all else. All that
 * is given is read at the call, so that a caller may wipe it then.
 */
export function createNodeWebCrypto(): Crypto & Required<VerifiesNow & SignsMany> {
  const nodes = globalThis.crypto.subtle as unknown as Subtle
  // Nothing is waited for before what is given was read.
  const own = {
    async generateKey(algorithm: Algorithm, extractable: boolean, usages: Usages) {
      const Key = ownKeys[nameOf(algorithm).toUpperCase()]
      return Key?.generate({ extractable, usages }) ?? nodes.generateKey(algorithm, extractable, usages)
    },
    async importKey(format: Format, data: BufferSource, algorithm: Algorithm, extractable: boolean, usages: Usages) {
      const Key = ownKeys[nameOf(algorithm).toUpperCase()]
      if (Key === undefined) return nodes.importKey(format, data, algorithm, extractable, usages)
      return Key.from(format, bytesOf(data), { extractable, usages })
    },
    async exportKey(format: Format, key: CryptoKey): Promise<ArrayBuffer> {
      return isOwn(key) ? key.export(format) : nodes.exportKey(format, key)
    },
    async sign(algorithm: Algorithm, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer> {
      if (!isOwn(key)) return nodes.sign(algorithm, key, data)
      if (key instanceof Ed25519Key && isFor(algorithm, key)) return key.sign(bytesOf(data))
      throw otherKey()
    },
    async verify(algorithm: Algorithm, key: CryptoKey, signature: BufferSource, data: BufferSource): Promise<boolean> {
      if (!isOwn(key)) return nodes.verify(algorithm, key, signature, data)
      if (key instanceof Ed25519Key && isFor(algorithm, key)) return key.verify(bytesOf(signature), bytesOf(data))
      throw otherKey()
    },
    async deriveBits(algorithm: Agreement, key: CryptoKey, length: number | null): Promise<ArrayBuffer> {
      if (!isOwn(key)) return nodes.deriveBits(algorithm, key, length as number)
      if (key instanceof X25519Key && isFor(algorithm, key)) return key.deriveBits(algorithm.public, length)
      throw otherKey()
    },
  }
  const rest = nodesOnly.map((name) => [name, (nodes[name] as (...of: never[]) => unknown).bind(nodes)] as const)
  const subtle = { ...Object.fromEntries(rest), ...own } as unknown as Subtle
  return {
    subtle,
    getRandomValues: (array) => globalThis.crypto.getRandomValues(array),
    randomUUID: () => globalThis.crypto.randomUUID(),
    verifyNow(key, signature, data) {
      if (key instanceof Ed25519Key) return key.verifyNow(signature, data)
      throw new DOMException('Only Ed25519 signatures are checked without waiting.', 'NotSupportedError')
    },
    async signMany(key, data) {
      if (key instanceof Ed25519Key) return key.signMany(data)
      throw new DOMException('Only Ed25519 signs many at once.', 'NotSupportedError')
    },
  } as Crypto & Required<VerifiesNow & SignsMany>
}

const ownKeys: Readonly<Record<string, typeof Ed25519Key | typeof X25519Key>> = {
  ED25519: Ed25519Key,
  X25519: X25519Key,
}

const isOwn = (key: CryptoKey): key is OkpKey => key instanceof OkpKey

const nameOf = (algorithm: Algorithm): string => (typeof algorithm === 'string' ? algorithm : algorithm.name)

const isFor = (algorithm: Algorithm, key: OkpKey): boolean =>
  nameOf(algorithm).toUpperCase() === key.algorithm.name.toUpperCase()

const otherKey = (): DOMException => new DOMException('The key is of another algorithm.', 'InvalidAccessError')

const bytesOf = (data: BufferSource): Uint8Array =>
  ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data as ArrayBuffer)
