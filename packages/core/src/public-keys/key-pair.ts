import { sameBytes } from '../encoding/bytes.ts'
import { KmsError } from '../errors.ts'
import { invalidArgument } from '../refusals.ts'
import { Secret } from '../secret.ts'
import { loadHpke } from './hpke.ts'
import { type KemName, kems } from './kems.ts'
import {
  type HpkePublicKey,
  hpkePublicKey,
  type RecipientPublicKey,
  type RsaBits,
  type RsaPublicKey,
  rsaPublicKey,
} from './public-key.ts'

const nothing = new Uint8Array(0)

/** A key pair that opens what was sealed to its public half. */
export interface RecipientKeyPair {
  readonly publicKey: RecipientPublicKey
  /**
   * As HPKE serialises it (RFC 9180 §7.1.2): 32 bytes, of X-Wing its seed; of RSA, PKCS#8 (RFC 5958) in DER. Whoever holds the pair
   * wipes it. Never write it down in plain: a key package keeps it.
   */
  readonly privateKey: Secret
}

/** What sort of key pair: a kem of HPKE, or an RSA modulus for old systems. */
export type KeyPairType = { readonly kem: KemName } | { readonly rsa: RsaBits }

/**
 * Makes a key pair, from the platform's random numbers.
 * @param type `{ kem: 'X25519' }` unless given; `{ kem: 'X-Wing' }` withstands quantum computers, with keys of 1,216 bytes
 * @throws `invalid-argument` for another type
 */
export async function generateRecipientKeyPair(type: KeyPairType = { kem: 'X25519' }): Promise<RecipientKeyPair> {
  return 'kem' in type ? generateHpke(type.kem) : generateRsa(type.rsa)
}

async function generateHpke(kem: KemName): Promise<RecipientKeyPair> {
  if (!Object.hasOwn(kems, kem)) throw invalidArgument(`There is no kem ${String(kem)}: P-256, X25519 or X-Wing.`)
  const { publicKey, privateKey } = await (await loadHpke(kem)).generate()
  return { publicKey: await hpkePublicKey(kem, publicKey), privateKey: Secret.take(privateKey) }
}

async function generateRsa(bits: RsaBits): Promise<RecipientKeyPair> {
  if (![2048, 3072, 4096].includes(bits)) throw invalidArgument('An RSA key has 2048, 3072 or 4096 bits.')
  const algorithm = { name: 'RSA-OAEP', hash: 'SHA-256', modulusLength: bits, publicExponent: Uint8Array.of(1, 0, 1) }
  const pair = await crypto.subtle.generateKey(algorithm, true, ['encrypt', 'decrypt'])
  const spki = new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey))
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey))
  return { publicKey: await rsaPublicKey(spki), privateKey: Secret.take(pkcs8) }
}

/**
 * A key pair from its two halves, as a key package keeps them, checked to belong together by sealing to one and opening with the other.
 * @param privateKey as `RecipientKeyPair.privateKey`; the pair takes it over
 * @throws `invalid-argument` if the private key is none of that kind, or of another pair
 */
export async function recipientKeyPair(publicKey: RecipientPublicKey, privateKey: Secret): Promise<RecipientKeyPair> {
  const matches = publicKey.type === 'hpke' ? hpkeMatches : rsaMatches
  try {
    if (await matches(publicKey as never, privateKey)) return { publicKey, privateKey }
  } catch (error) {
    if (error instanceof KmsError && error.code !== 'authentication-failed') throw error
  }
  throw invalidArgument('The private key does not belong to the public key.')
}

/**
 * A key pair of HPKE from its private half alone, such as one that was put together from shares.
 * @param privateKey as `RecipientKeyPair.privateKey`; the pair takes it over
 * @throws `invalid-argument` if it is none of that kem
 */
export async function hpkeKeyPair(kem: KemName, privateKey: Secret): Promise<RecipientKeyPair> {
  if (!Object.hasOwn(kems, kem) || privateKey.length !== kems[kem].privateKeyLength) {
    throw invalidArgument(`A private key of ${String(kem)} has ${kems[kem]?.privateKeyLength ?? 'no'} bytes.`)
  }
  const { publicKeyOf } = await import('./noble-kems.ts')
  let bytes: Uint8Array
  try {
    bytes = publicKeyOf(kem, privateKey.reveal())
  } catch {
    throw invalidArgument(`That is no private key of ${kem}.`)
  }
  return { publicKey: await hpkePublicKey(kem, bytes), privateKey }
}

async function hpkeMatches({ kem, bytes }: HpkePublicKey, privateKey: Secret): Promise<boolean> {
  if (privateKey.length !== kems[kem].privateKeyLength) return false
  const hpke = await loadHpke(kem)
  const { encapsulated, ciphertext } = await hpke.seal(bytes, nothing, nothing)
  await hpke.open({ publicKey: bytes, privateKey: privateKey.reveal() }, encapsulated, nothing, ciphertext)
  return true
}

async function rsaMatches({ bytes }: RsaPublicKey, privateKey: Secret): Promise<boolean> {
  const algorithm = { name: 'RSA-OAEP', hash: 'SHA-256' }
  const opens = await crypto.subtle.importKey('pkcs8', privateKey.reveal() as BufferSource, algorithm, false, [
    'decrypt',
  ])
  const seals = await crypto.subtle.importKey('spki', bytes as BufferSource, algorithm, false, ['encrypt'])
  const probe = Uint8Array.of(1)
  const opened = await crypto.subtle.decrypt(algorithm, opens, await crypto.subtle.encrypt(algorithm, seals, probe))
  return sameBytes(new Uint8Array(opened), probe)
}
