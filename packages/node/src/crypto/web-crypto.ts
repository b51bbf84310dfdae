import type { webcrypto } from 'node:crypto'
import type { VerifiesNow } from '@kms/core'
import { Ed25519Key } from './ed25519-key.ts'

type Crypto = typeof globalThis.crypto
type Subtle = webcrypto.SubtleCrypto
type CryptoKey = webcrypto.CryptoKey
type BufferSource = webcrypto.BufferSource
type AlgorithmIdentifier = webcrypto.AlgorithmIdentifier

/** What @peculiar/webcrypto does alone. */
const delegated = ['encrypt', 'decrypt', 'digest', 'deriveBits', 'deriveKey', 'wrapKey', 'unwrapKey'] as const

/**
 * @peculiar/webcrypto, loaded when it is first needed, and node:crypto for Ed25519. With the keys that sign records that takes a tenth of the time:
 * @peculiar/webcrypto parses a key with each signature, from text in which private keys stay behind.
 */
export function createNodeWebCrypto(): Crypto & Required<VerifiesNow> {
  let loading: Promise<Subtle> | undefined
  const theirs = (): Promise<Subtle> => {
    // Typed against its own copy of the DOM's types.
    loading ??= import('@peculiar/webcrypto').then(({ Crypto }) => new Crypto().subtle as unknown as Subtle)
    return loading
  }
  const own = {
    async generateKey(algorithm: AlgorithmIdentifier, extractable: boolean, usages: webcrypto.KeyUsage[]) {
      return isEd25519(algorithm)
        ? Ed25519Key.generate(extractable)
        : (await theirs()).generateKey(algorithm, extractable, usages)
    },
    async importKey(
      format: 'raw' | 'pkcs8',
      data: BufferSource,
      algorithm: AlgorithmIdentifier,
      extractable: boolean,
      usages: webcrypto.KeyUsage[],
    ): Promise<CryptoKey> {
      if (isEd25519(algorithm)) {
        if (format === 'raw') return Ed25519Key.fromRaw(view(data), extractable, usages)
        if (format === 'pkcs8') return Ed25519Key.fromPkcs8(view(data), extractable, usages)
      }
      return (await theirs()).importKey(format, data, algorithm, extractable, usages)
    },
    async exportKey(format: 'raw' | 'pkcs8', key: CryptoKey): Promise<ArrayBuffer> {
      return key instanceof Ed25519Key ? key.export(format) : (await theirs()).exportKey(format, key)
    },
    async sign(algorithm: AlgorithmIdentifier, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer> {
      return key instanceof Ed25519Key ? key.sign(view(data)) : (await theirs()).sign(algorithm, key, data)
    },
    async verify(
      algorithm: AlgorithmIdentifier,
      key: CryptoKey,
      signature: BufferSource,
      data: BufferSource,
    ): Promise<boolean> {
      return key instanceof Ed25519Key
        ? key.verify(view(signature), view(data))
        : (await theirs()).verify(algorithm, key, signature, data)
    },
  }
  const rest = delegated.map((name) => {
    const call = async (...of: unknown[]): Promise<unknown> => Reflect.apply((await theirs())[name], await theirs(), of)
    return [name, call] as const
  })
  const subtle = { ...Object.fromEntries(rest), ...own } as unknown as Subtle
  return {
    subtle,
    getRandomValues: (array) => globalThis.crypto.getRandomValues(array),
    randomUUID: () => globalThis.crypto.randomUUID(),
    verifyNow(key, signature, data) {
      if (key instanceof Ed25519Key) return key.verifyNow(signature, data)
      throw new DOMException('Only Ed25519 signatures are checked without waiting.', 'NotSupportedError')
    },
  } as Crypto & Required<VerifiesNow>
}

const isEd25519 = (algorithm: AlgorithmIdentifier): boolean =>
  (typeof algorithm === 'string' ? algorithm : algorithm.name) === 'Ed25519'

const view = (data: BufferSource): Uint8Array =>
  ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data as ArrayBuffer)
