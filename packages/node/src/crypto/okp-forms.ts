import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, type webcrypto } from 'node:crypto'

// Keys of RFC 8410 as WebCrypto imports and exports them, over node:crypto: its own WebCrypto calls them experimental up to Node 22.

type Usage = webcrypto.KeyUsage

/** An algorithm of RFC 8410, and what its keys may be used for. */
export interface OkpAlgorithm {
  readonly name: 'Ed25519' | 'X25519'
  readonly type: 'ed25519' | 'x25519'
  /** The DER before a raw public key in a SubjectPublicKeyInfo: RFC 8410 §4. */
  readonly spkiPrefix: Buffer
  readonly usages: { readonly private: Usage; readonly public: Usage | undefined }
}

export const ed25519: OkpAlgorithm = {
  name: 'Ed25519',
  type: 'ed25519',
  spkiPrefix: Buffer.from('302a300506032b6570032100', 'hex'),
  usages: { private: 'sign', public: 'verify' },
}

export const x25519: OkpAlgorithm = {
  name: 'X25519',
  type: 'x25519',
  spkiPrefix: Buffer.from('302a300506032b656e032100', 'hex'),
  usages: { private: 'deriveBits', public: undefined },
}

/** What a key is made with, as WebCrypto's callers give it. */
export interface OkpRights {
  readonly extractable: boolean
  readonly usages: readonly Usage[]
}

/** A new pair. @param usages of both halves together @throws DOMException as `generateKey` */
export function generateOkp(
  { name, type, usages }: OkpAlgorithm,
  { extractable, usages: asked }: OkpRights,
): { readonly privateKey: readonly [KeyObject, OkpRights]; readonly publicKey: readonly [KeyObject, OkpRights] } {
  const of = (usage: Usage | undefined): Usage[] => asked.filter((one) => one === usage)
  const [private_, public_] = [of(usages.private), of(usages.public)]
  checkUsages(name, asked, [usages.private, usages.public])
  if (private_.length === 0) throw uselessPrivateKey(name)
  // Typed once for each name.
  const { privateKey, publicKey } = generateKeyPairSync(type as 'ed25519')
  return {
    privateKey: [privateKey, { extractable, usages: private_ }],
    publicKey: [publicKey, { extractable: true, usages: public_ }],
  }
}

/**
 * Reads a key, at once.
 * @param data 32 bytes (`raw`), a SubjectPublicKeyInfo (`spki`) or a PrivateKeyInfo (`pkcs8`) in DER
 * @throws DOMException as `importKey`; `NotSupportedError` for JWK, too
 */
export function importOkp(
  algorithm: OkpAlgorithm,
  format: string,
  data: Uint8Array,
  usages: readonly Usage[],
): KeyObject {
  const { name, spkiPrefix, usages: allowed } = algorithm
  switch (format) {
    case 'raw':
      checkUsages(name, usages, [allowed.public])
      return publicKeyOf(algorithm, data)
    case 'spki':
      checkUsages(name, usages, [allowed.public])
      if (!spkiPrefix.equals(data.subarray(0, spkiPrefix.length))) throw otherAlgorithm()
      return publicKeyOf(algorithm, data.subarray(spkiPrefix.length))
    case 'pkcs8':
      checkUsages(name, usages, [allowed.private])
      if (usages.length === 0) throw uselessPrivateKey(name)
      return privateKeyOf(algorithm, data)
    default:
      throw otherForm(name)
  }
}

/** A public key's 32 bytes or SubjectPublicKeyInfo, or an extractable private key's PKCS#8 DER. @throws DOMException as `exportKey` */
export function exportOkp(algorithm: OkpAlgorithm, key: KeyObject, extractable: boolean, format: string): ArrayBuffer {
  if (!['raw', 'spki', 'pkcs8'].includes(format)) throw otherForm(algorithm.name)
  if (format !== 'pkcs8' && key.type === 'public') {
    const der = key.export({ format: 'der', type: 'spki' })
    return new Uint8Array(format === 'raw' ? der.subarray(algorithm.spkiPrefix.length) : der).buffer
  }
  if (format === 'pkcs8' && key.type === 'private' && extractable) {
    return takenFrom(key.export({ format: 'der', type: 'pkcs8' }))
  }
  throw new DOMException('This key is not given out in that form.', 'InvalidAccessError')
}

/** A secret that node:crypto made, in an array of its own; the first is wiped. */
export function takenFrom(made: Buffer): ArrayBuffer {
  const copy = new Uint8Array(made).buffer
  made.fill(0)
  return copy
}

/** @throws DOMException if a key was not made for that */
export function checkUsage(key: webcrypto.CryptoKey, usage: Usage): void {
  if (key.usages.includes(usage)) return
  throw new DOMException(`The key was not made for ${usage}.`, 'InvalidAccessError')
}

function publicKeyOf({ name, spkiPrefix }: OkpAlgorithm, raw: Uint8Array): KeyObject {
  if (raw.length !== 32) throw new DOMException(`A public key of ${name} has 32 bytes.`, 'DataError')
  return createPublicKey({ key: Buffer.concat([spkiPrefix, raw]), format: 'der', type: 'spki' })
}

function privateKeyOf({ name, type }: OkpAlgorithm, pkcs8: Uint8Array): KeyObject {
  const der = Buffer.from(pkcs8.buffer, pkcs8.byteOffset, pkcs8.length)
  let key: KeyObject
  try {
    key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  } catch {
    // Without the cause: a parser's message may quote what it could not read.
    throw new DOMException(`That is no PKCS#8 of ${name}.`, 'DataError')
  }
  if (key.asymmetricKeyType === type) return key
  throw otherAlgorithm()
}

function checkUsages(name: string, usages: readonly Usage[], allowed: readonly (Usage | undefined)[]): void {
  if (usages.every((usage) => allowed.includes(usage))) return
  throw new DOMException(`A key of ${name} is not used for ${usages.join(', ')}.`, 'SyntaxError')
}

const otherAlgorithm = (): DOMException => new DOMException('That is a key of another algorithm.', 'DataError')

const otherForm = (name: string): DOMException =>
  new DOMException(`Keys of ${name} come and go as raw, spki and pkcs8 here.`, 'NotSupportedError')

const uselessPrivateKey = (name: string): DOMException =>
  new DOMException(`A private key of ${name} is made for some use.`, 'SyntaxError')
