import type { DerivationOptions, Primitives } from '../crypto/primitives.ts'
import type { WebCrypto } from '../crypto/web-crypto.ts'
import { sameBytes } from '../encoding/bytes.ts'
import { DerReader, der, derInteger, tags } from '../encoding/der.ts'
import { KmsError } from '../errors.ts'
import { invalidArgument } from '../refusals.ts'
import { Secret } from '../secret.ts'

// EncryptedPrivateKeyInfo (RFC 5958 §3) with PBES2 (RFC 8018 §6.2): PBKDF2 and AES-256-CBC, what OpenSSL and Java read. Its encryption authenticates nothing: that a
// file opened says nothing until the key in it was tested.

const oid = (...bytes: readonly number[]): Uint8Array => der(tags.objectId, Uint8Array.from(bytes))
const pbes2 = oid(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 13)
const pbkdf2 = oid(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 12)
const aes256Cbc = oid(0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 42)
const hmacs = {
  'SHA-256': oid(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 9),
  'SHA-384': oid(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 10),
  'SHA-512': oid(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 11),
} as const

const iterations = 600_000
/** What a file of somebody else's may ask for. */
const iterationLimit = 10_000_000
const keyLength = 32

interface Parts {
  readonly primitives: Primitives
  readonly crypto: WebCrypto
}

/**
 * A private key under a password.
 * @param pkcs8 DER; stays the caller's @param password stays the caller's
 * @returns EncryptedPrivateKeyInfo in DER: PBKDF2-HMAC-SHA-256 with 600,000 iterations, AES-256-CBC
 */
export async function encryptPkcs8(
  pkcs8: Secret,
  password: Secret,
  { primitives, crypto }: Parts,
  options: DerivationOptions = {},
): Promise<Uint8Array> {
  const salt = globalThis.crypto.getRandomValues(new Uint8Array(16))
  const iv = globalThis.crypto.getRandomValues(new Uint8Array(16))
  const key = await primitives.pbkdf2('SHA-256', password.reveal(), salt, iterations, keyLength, options)
  try {
    const imported = await crypto.subtle.importKey('raw', key as BufferSource, 'AES-CBC', false, ['encrypt'])
    const sealed = await crypto.subtle.encrypt({ name: 'AES-CBC', iv }, imported, pkcs8.reveal() as BufferSource)
    const kdf = der(
      tags.sequence,
      der(tags.octetString, salt),
      derInteger(Uint8Array.of(9, 0x27, 0xc0)),
      der(tags.sequence, hmacs['SHA-256'], der(tags.null)),
    )
    const scheme = der(tags.sequence, aes256Cbc, der(tags.octetString, iv))
    const parameters = der(tags.sequence, der(tags.sequence, pbkdf2, kdf), scheme)
    return der(tags.sequence, der(tags.sequence, pbes2, parameters), der(tags.octetString, new Uint8Array(sealed)))
  } finally {
    key.fill(0)
  }
}

/**
 * Opens a private key under a password.
 * @returns PKCS#8 in DER, which nothing has authenticated: the caller tests it, and wipes it
 * @throws `invalid-argument` for no EncryptedPrivateKeyInfo, `unsupported` for another encryption than PBES2 with PBKDF2 and AES-256-CBC,
 * `limit-exceeded` for more than 10,000,000 iterations, `authentication-failed` for a wrong password or a damaged file; `aborted`
 */
export async function decryptPkcs8(
  encrypted: Uint8Array,
  password: Secret,
  { primitives, crypto }: Parts,
  options: DerivationOptions = {},
): Promise<Secret> {
  const { salt, count, hash, iv, sealed } = parse(encrypted)
  const key = await primitives.pbkdf2(hash, password.reveal(), salt, count, keyLength, options)
  try {
    const imported = await crypto.subtle.importKey('raw', key as BufferSource, 'AES-CBC', false, ['decrypt'])
    const opened = await crypto.subtle.decrypt(
      { name: 'AES-CBC', iv: iv as BufferSource },
      imported,
      sealed as BufferSource,
    )
    return Secret.take(new Uint8Array(opened))
  } catch {
    throw new KmsError('authentication-failed', 'The password is wrong, or the file is damaged.')
  } finally {
    key.fill(0)
  }
}

function parse(encrypted: Uint8Array): {
  readonly salt: Uint8Array
  readonly count: number
  readonly hash: keyof typeof hmacs
  readonly iv: Uint8Array
  readonly sealed: Uint8Array
} {
  const outer = new DerReader(encrypted)
  const info = new DerReader(outer.read(tags.sequence))
  outer.end()
  const algorithm = new DerReader(info.read(tags.sequence))
  const sealed = info.read(tags.octetString)
  info.end()
  if (!named(algorithm, pbes2)) throw otherEncryption()
  const parameters = new DerReader(algorithm.read(tags.sequence))
  const kdf = new DerReader(parameters.read(tags.sequence))
  const scheme = new DerReader(parameters.read(tags.sequence))
  if (!named(kdf, pbkdf2) || !named(scheme, aes256Cbc)) throw otherEncryption()
  const iv = scheme.read(tags.octetString)
  const pbkdf = new DerReader(kdf.read(tags.sequence))
  const salt = pbkdf.read(tags.octetString)
  const count = pbkdf.read(tags.integer).reduce((sum, byte) => sum * 256 + byte, 0)
  if (iv.length !== 16 || salt.length === 0 || salt.length > 1_024 || count < 1)
    throw invalidArgument('The encrypted private key is damaged.')
  if (count > iterationLimit) {
    throw new KmsError('limit-exceeded', `The private key asks for ${count} iterations; 10,000,000 are made at most.`)
  }
  return { salt, count, hash: hashIn(pbkdf), iv, sealed }
}

/** The pseudorandom function, after a length of the key that may be there. */
function hashIn(pbkdf: DerReader): keyof typeof hmacs {
  if (pbkdf.next === tags.integer) pbkdf.read(tags.integer)
  // Where none is named it is HMAC-SHA-1, which nobody should write any more.
  if (pbkdf.next !== tags.sequence) throw otherEncryption()
  const prf = der(tags.objectId, new DerReader(pbkdf.read(tags.sequence)).read(tags.objectId))
  const hash = (Object.keys(hmacs) as (keyof typeof hmacs)[]).find((name) => sameBytes(hmacs[name], prf))
  if (hash === undefined) throw otherEncryption()
  return hash
}

const named = (reader: DerReader, algorithm: Uint8Array): boolean =>
  sameBytes(der(tags.objectId, reader.read(tags.objectId)), algorithm)

const otherEncryption = (): KmsError =>
  new KmsError(
    'unsupported',
    'The private key is encrypted otherwise than with PBES2, PBKDF2 and AES-256-CBC. openssl pkcs8 -topk8 -v2 aes256 writes it so.',
  )
