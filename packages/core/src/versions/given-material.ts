import type { Environment } from '../access/environment.ts'
import { refuseGuessable } from '../crypto/weak/guessable.ts'
import { refuseWeakRsa } from '../crypto/weak/rsa-primes.ts'
import { fromText } from '../encoding/text.ts'
import { KmsError } from '../errors.ts'
import type { PairPurpose } from '../key-pairs/pair-algorithms.ts'
import { halvesFit } from '../key-pairs/pair-test.ts'
import { rawPrivateKey } from '../key-pairs/pkcs8.ts'
import { type PrivateKeyForm, type PrivateKeyJwk, readPrivateKey } from '../key-pairs/private-key-forms.ts'
import { hpkeKeyPair } from '../public-keys/key-pair.ts'
import { decodeRsaSpki } from '../public-keys/spki.ts'
import { Secret } from '../secret.ts'
import { isPair, keySpecEntry, type PurposeAndSpec } from '../specs/key-specs.ts'
import type { Material } from './material.ts'

/**
 * Material that was made elsewhere: of symmetric keys and `x-wing` raw bytes, or a JWK of `oct`; of pairs the private half as PKCS#8 in DER or PEM,
 * also under a password, or JWK.
 */
export type GivenMaterial = PrivateKeyForm

/** How given material is read. */
export interface ReadGivenOptions {
  /** Of a private key under a password (PKCS#8, PBES2); stays the caller's. */
  readonly password?: Secret
}

/**
 * Reads material that was made elsewhere, and refuses what others can guess or compute (requirement G4). Of a pair the halves are tested together, which proves
 * that the private half is there.
 * @throws `invalid-argument` for what is none of that spec, `weak-key` with the reason, `authentication-failed` for a wrong password, `unsupported`
 */
export async function readGiven(
  environment: Environment,
  of: PurposeAndSpec,
  given: GivenMaterial,
  { password }: ReadGivenOptions,
): Promise<Material> {
  if (of.spec === 'x-wing') return readSeed(environment, rawBytes(given, 32))
  return isPair(of.spec) ? readPair(environment, of, given, password) : readSymmetric(environment, of, given)
}

/** The spec of a private key, where nobody says it. @throws as `readGiven` */
export async function specOfGiven(
  environment: Environment,
  given: GivenMaterial,
  { password }: ReadGivenOptions,
): Promise<string> {
  const { spec, material } = await readPrivateKey(given, {
    ...environment,
    ...(password !== undefined && { password }),
  })
  material.wipe()
  return spec
}

const what = 'the material'
const nothing = new Uint8Array(0)

async function readSymmetric(
  environment: Environment,
  { spec }: PurposeAndSpec,
  given: GivenMaterial,
): Promise<Material> {
  const secret = Secret.take(rawBytes(given, keySpecEntry(spec).bits / 8))
  try {
    await refuseGuessable(environment.primitives, secret.reveal(), what)
    return { secret, publicKey: nothing }
  } catch (error) {
    secret.wipe()
    throw error
  }
}

/** A copy of the raw bytes. */
function rawBytes(given: GivenMaterial, length: number): Uint8Array {
  const bytes = given instanceof Uint8Array ? given.slice() : octets(given)
  if (bytes?.length === length) return bytes
  bytes?.fill(0)
  throw new KmsError('invalid-argument', `The material of such a version has ${length} bytes.`)
}

/** A symmetric JSON Web Key (RFC 7518 §6.4). */
function octets(given: string | PrivateKeyJwk): Uint8Array | undefined {
  try {
    const { kty, k } = (typeof given === 'string' ? JSON.parse(given) : given) as PrivateKeyJwk
    return kty === 'oct' && typeof k === 'string' ? fromText(k) : undefined
  } catch {
    return undefined
  }
}

async function readSeed(environment: Environment, seed: Uint8Array): Promise<Material> {
  const secret = Secret.take(seed)
  await refuseGuessable(environment.primitives, secret.reveal(), what)
  const { publicKey } = await hpkeKeyPair('X-Wing', secret)
  return { secret, publicKey: publicKey.bytes }
}

async function readPair(
  environment: Environment,
  { purpose, spec }: PurposeAndSpec,
  given: GivenMaterial,
  password: Secret | undefined,
): Promise<Material> {
  const read = await readPrivateKey(given, { ...environment, ...(password !== undefined && { password }) })
  const { material, publicKey } = read
  try {
    if (read.spec !== spec) {
      throw new KmsError('invalid-argument', `The private key is of spec ${read.spec}, not of ${spec}.`)
    }
    await refuseGuessablePair(environment, spec, material, publicKey)
    const of = { purpose: purpose as PairPurpose, spec, material, publicKey }
    if (await halvesFit(of, environment)) return { secret: material, publicKey }
    throw new KmsError('invalid-argument', 'The numbers of the private key do not belong together.')
  } catch (error) {
    material.wipe()
    throw error
  }
}

async function refuseGuessablePair(
  { primitives }: Environment,
  spec: string,
  material: Secret,
  publicKey: Uint8Array,
): Promise<void> {
  if (spec.startsWith('rsa-')) {
    const { modulus, exponent } = decodeRsaSpki(publicKey)
    refuseWeakRsa(modulus, exponent, 'The RSA key')
    return refuseGuessable(primitives, modulus, 'the modulus of the RSA key')
  }
  const key = rawPrivateKey(material)
  try {
    await refuseGuessable(primitives, key.reveal(), 'the private key')
  } finally {
    key.wipe()
  }
}
