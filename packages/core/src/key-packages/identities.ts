import type { SignatureAlgorithm } from '../crypto/signature-algorithms.ts'
import { generateSigningKey, type Signer, SigningKey, VerifyingKey } from '../crypto/signing.ts'
import type { WebCrypto } from '../crypto/web-crypto.ts'
import { KmsError } from '../errors.ts'
import {
  generateRecipientKeyPair,
  hpkePublicKey,
  type KemName,
  type RecipientKeyPair,
  type RsaBits,
  recipientKeyPair,
  rsaPublicKey,
} from '../public-keys/index.ts'
import type { Secret } from '../secret.ts'
import { checkName } from '../store/names.ts'
import { type KeyPackage, newestVersion } from './key-package.ts'

// Key pairs that people keep in key packages: to sign as somebody, and to open what is sealed to them.

/** What sort of pair, by the spec that its package names. */
type Pair =
  | { readonly purpose: 'sign'; readonly algorithm: SignatureAlgorithm }
  | { readonly purpose: 'agree'; readonly kem: KemName }
  | { readonly purpose: 'transport'; readonly rsa: RsaBits }

/** The pairs that `generateKeyPackage` makes, by purpose and spec. */
const pairs: Readonly<Record<string, Pair>> = {
  'sign ed25519': { purpose: 'sign', algorithm: 'Ed25519' },
  'sign p-256': { purpose: 'sign', algorithm: 'P-256' },
  'agree x25519': { purpose: 'agree', kem: 'X25519' },
  'agree p-256': { purpose: 'agree', kem: 'P-256' },
  'agree x-wing': { purpose: 'agree', kem: 'X-Wing' },
  'transport rsa-2048': { purpose: 'transport', rsa: 2048 },
  'transport rsa-3072': { purpose: 'transport', rsa: 3072 },
  'transport rsa-4096': { purpose: 'transport', rsa: 4096 },
}

/** What a key pair is for: `sign`; `agree`, which opens what HPKE sealed to it; `transport`, the same with RSA for old systems. */
export type PairPurpose = Pair['purpose']

export interface GenerateOptions {
  /** 1 to 200 bytes: whose pair it is. */
  readonly name: string
  readonly purpose: PairPurpose
  /** `ed25519` or `p-256` to sign; `x25519`, `p-256` or `x-wing` to agree; `rsa-2048`, `rsa-3072` or `rsa-4096` to transport. */
  readonly spec: string
  /** Who makes it, 1 to 200 bytes. */
  readonly by: string
  /** Milliseconds since 1970; the clock's unless given. */
  readonly time?: number
  /** A WebCrypto object; `globalThis.crypto` unless given. */
  readonly crypto?: WebCrypto
}

/**
 * Makes a key pair, as a package; its material is the caller's to wipe once it is sealed.
 * @throws `invalid-argument`; `unsupported` where the platform lacks the algorithm
 */
export async function generateKeyPackage(options: GenerateOptions): Promise<KeyPackage> {
  const { purpose, spec, time = Date.now() } = options
  const pair = pairOf(purpose, spec)
  if (pair === undefined)
    throw new KmsError('invalid-argument', `${unknownPair(purpose, spec)} There are: ${Object.keys(pairs).join(', ')}.`)
  const { publicKey, material } = await generatePair(pair, options.crypto ?? globalThis.crypto)
  return {
    name: checkName(options.name, 'The name of a key pair'),
    description: '',
    key: globalThis.crypto.randomUUID(),
    purpose,
    spec,
    origin: 'generated',
    exportable: true,
    created: time,
    by: checkName(options.by, 'The name of who makes a key pair'),
    store: '',
    ring: '',
    environment: '',
    classification: '',
    versions: [{ number: 1, state: 'active', created: time, publicKey, material }],
  }
}

async function generatePair(
  pair: Pair,
  crypto: WebCrypto,
): Promise<{ readonly publicKey: Uint8Array; readonly material: Secret }> {
  if (pair.purpose === 'sign') {
    const { publicKey, pkcs8 } = await generateSigningKey(pair.algorithm, crypto)
    return { publicKey, material: pkcs8 }
  }
  const made = await generateRecipientKeyPair(pair.purpose === 'agree' ? { kem: pair.kem } : { rsa: pair.rsa })
  return { publicKey: made.publicKey.bytes, material: made.privateKey }
}

/**
 * Signs as whom a package of purpose `sign` says, with its newest version.
 * @throws `invalid-argument` for a package of another purpose, or whose halves do not belong together; `unsupported`
 */
export async function packagedSigner(
  of: KeyPackage,
  { crypto = globalThis.crypto }: { readonly crypto?: WebCrypto },
): Promise<Signer> {
  const pair = knownPair(of)
  if (pair.purpose !== 'sign') throw otherPurpose(of, 'to sign')
  const { publicKey, material } = newestVersion(of)
  const verificationKey = { algorithm: pair.algorithm, publicKey }
  const signer = await SigningKey.fromPkcs8(material, verificationKey, crypto)
  const probe = Uint8Array.of(0)
  const verifying = await VerifyingKey.from(verificationKey, crypto)
  if (!(await verifying.verify(await signer.sign(probe), probe))) throw halves()
  return signer
}

/**
 * The key pairs of a package of purpose `agree` or `transport`, one a version, which open what was sealed to them.
 * @throws `invalid-argument` for a package of another purpose, or whose halves do not belong together; `unsupported`
 */
export async function packagedKeyPairs(of: KeyPackage): Promise<readonly RecipientKeyPair[]> {
  const pair = knownPair(of)
  if (pair.purpose === 'sign') throw otherPurpose(of, 'to open')
  return Promise.all(
    of.versions.map(async ({ publicKey, material }) => {
      const key = pair.purpose === 'agree' ? await hpkePublicKey(pair.kem, publicKey) : await rsaPublicKey(publicKey)
      return recipientKeyPair(key, material)
    }),
  )
}

function pairOf(purpose: string, spec: string): Pair | undefined {
  const name = `${purpose} ${spec}`
  return Object.hasOwn(pairs, name) ? pairs[name] : undefined
}

function knownPair({ purpose, spec }: KeyPackage): Pair {
  const pair = pairOf(purpose, spec)
  if (pair === undefined)
    throw new KmsError('unsupported', `${unknownPair(purpose, spec)} Upgrade, or ask for another.`)
  return pair
}

const unknownPair = (purpose: string, spec: string): string =>
  `There is no key pair ${spec} with the purpose ${purpose}.`

function otherPurpose({ purpose, spec }: KeyPackage, asked: string): KmsError {
  return new KmsError(
    'invalid-argument',
    `The key pair is one ${asked === 'to sign' ? 'to open' : 'to sign'} (${purpose}, ${spec}), not ${asked}.`,
  )
}

function halves(): KmsError {
  return new KmsError('invalid-argument', 'The private half in the package does not belong to its public half.')
}
