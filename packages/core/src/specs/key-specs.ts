import { KmsError } from '../errors.ts'
import { type KeyPurpose, keyPurposes } from './key-purposes.ts'
import type { SpecStatus } from './status.ts'

/** The name of a key spec. */
export type KeySpecName =
  | 'symmetric-256'
  | 'symmetric-192'
  | 'symmetric-128'
  | 'hmac-256'
  | 'hmac-384'
  | 'hmac-512'
  | 'rsa-2048'
  | 'rsa-3072'
  | 'rsa-4096'
  | 'p-256'
  | 'p-384'
  | 'p-521'
  | 'ed25519'
  | 'x25519'
  | 'x-wing'

/** What there is to know of a key spec before one takes it. */
export interface KeySpecEntry {
  /** What keys of it are for: one purpose each. */
  readonly purposes: readonly KeyPurpose[]
  /** Whether its keys are pairs of a private and a public key; others are secret bytes alone. */
  readonly pair: boolean
  /** Size in bits: of the key, of an RSA modulus, of a curve's field. */
  readonly bits: number
  /** Bits of security against computers as we know them (NIST SP 800-57 part 1 rev. 5, table 2). */
  readonly strength: number
  /** What is as hard to break. */
  readonly comparable: string
  readonly status: SpecStatus
  /** The last year that it is meant to protect in; null: none is named. */
  readonly until: number | null
  /** Why its status is what it is. */
  readonly reason: string
  readonly sources: readonly string[]
}

const sp57 = 'NIST SP 800-57 part 1 rev. 5, tables 2 and 4'
const sp131a = 'NIST SP 800-131A rev. 2'
const fips186 = 'FIPS 186-5'
const bsi = 'BSI TR-02102-1'
const sp56a = 'NIST SP 800-56A rev. 3'

/**
 * The specs of keys, in one table: what the code makes, `kms specs` prints and the guides quote. Strengths are those of NIST SP 800-57 part 1; RSA-4096 is
 * between its rows, about 140 bits.
 */
export const keySpecs: Readonly<Record<KeySpecName, KeySpecEntry>> = {
  'symmetric-256': {
    purposes: ['encrypt', 'derive'],
    pair: false,
    bits: 256,
    strength: 256,
    comparable: 'AES-256',
    status: 'recommended',
    until: null,
    reason: 'Message keys of every suite are derived from it; quantum computers halve its strength at most.',
    sources: [sp57, bsi],
  },
  'symmetric-192': {
    purposes: ['encrypt'],
    pair: false,
    bits: 192,
    strength: 192,
    comparable: 'AES-192',
    status: 'acceptable',
    until: null,
    reason: 'For other systems: it is made and exported, and nothing is sealed with it here.',
    sources: [sp57],
  },
  'symmetric-128': {
    purposes: ['encrypt'],
    pair: false,
    bits: 128,
    strength: 128,
    comparable: 'AES-128',
    status: 'acceptable',
    until: null,
    reason: 'For other systems: it is made and exported, and nothing is sealed with it here.',
    sources: [sp57, bsi],
  },
  'hmac-256': {
    purposes: ['mac'],
    pair: false,
    bits: 256,
    strength: 256,
    comparable: 'AES-256',
    status: 'recommended',
    until: null,
    reason: 'HMAC-SHA-256 with a key as long as the hash.',
    sources: ['FIPS 198-1', 'RFC 2104 §3', sp131a],
  },
  'hmac-384': {
    purposes: ['mac'],
    pair: false,
    bits: 384,
    strength: 256,
    comparable: 'AES-256',
    status: 'recommended',
    until: null,
    reason: 'HMAC-SHA-384 with a key as long as the hash.',
    sources: ['FIPS 198-1', 'RFC 2104 §3', sp131a],
  },
  'hmac-512': {
    purposes: ['mac'],
    pair: false,
    bits: 512,
    strength: 256,
    comparable: 'AES-256',
    status: 'recommended',
    until: null,
    reason: 'HMAC-SHA-512 with a key as long as the hash: the fastest of the three on most machines for long data.',
    sources: ['FIPS 198-1', 'RFC 2104 §3', sp131a],
  },
  'rsa-2048': {
    purposes: ['sign', 'transport'],
    pair: true,
    bits: 2048,
    strength: 112,
    comparable: '3DES',
    status: 'acceptable',
    until: 2030,
    reason: 'The least that may still be used: 112 bits protect nothing new after 2030.',
    sources: [sp57, sp131a, `${bsi}, which asks for 3000 bits`],
  },
  'rsa-3072': {
    purposes: ['sign', 'transport'],
    pair: true,
    bits: 3072,
    strength: 128,
    comparable: 'P-256, AES-128',
    status: 'recommended',
    until: null,
    reason: 'The RSA to take where it must be RSA; elliptic curves are smaller and faster.',
    sources: [sp57, bsi],
  },
  'rsa-4096': {
    purposes: ['sign', 'transport'],
    pair: true,
    bits: 4096,
    strength: 140,
    comparable: 'between P-256 and P-384',
    status: 'acceptable',
    until: null,
    reason: 'Twice as slow as RSA-3072 and more for 12 bits of strength.',
    sources: [sp57, bsi],
  },
  'p-256': {
    purposes: ['sign', 'agree'],
    pair: true,
    bits: 256,
    strength: 128,
    comparable: 'RSA-3072, AES-128',
    status: 'recommended',
    until: null,
    reason: 'In every library, token and browser: the default where others must verify.',
    sources: [fips186, sp56a, 'SEC 2 §2.4.2'],
  },
  'p-384': {
    purposes: ['sign', 'agree'],
    pair: true,
    bits: 384,
    strength: 192,
    comparable: 'RSA-7680, AES-192',
    status: 'recommended',
    until: null,
    reason: 'Where a policy asks for more than 128 bits.',
    sources: [fips186, sp56a, 'SEC 2 §2.5.1'],
  },
  'p-521': {
    purposes: ['sign', 'agree'],
    pair: true,
    bits: 521,
    strength: 256,
    comparable: 'RSA-15360, AES-256',
    status: 'acceptable',
    until: null,
    reason: 'The slowest of the curves, and the one that the fewest systems have.',
    sources: [fips186, sp56a, 'SEC 2 §2.6.1'],
  },
  ed25519: {
    purposes: ['sign'],
    pair: true,
    bits: 256,
    strength: 128,
    comparable: 'P-256, RSA-3072',
    status: 'recommended',
    until: null,
    reason: 'Fast, small, and without a random number that could betray the key: the default.',
    sources: ['RFC 8032', fips186],
  },
  x25519: {
    purposes: ['agree'],
    pair: true,
    bits: 256,
    strength: 128,
    comparable: 'P-256, RSA-3072',
    status: 'recommended',
    until: null,
    reason: 'Fast, small, and hard to use wrongly: the default.',
    sources: ['RFC 7748', 'RFC 9180 §7.1'],
  },
  'x-wing': {
    purposes: ['agree'],
    pair: true,
    bits: 256,
    strength: 128,
    comparable: 'X25519, and ML-KEM-768 against quantum computers',
    status: 'acceptable',
    until: null,
    reason:
      'X25519 and ML-KEM-768 together: what is recorded today stays shut to quantum computers. Its specification is a draft.',
    sources: ['draft-connolly-cfrg-xwing-kem', 'FIPS 203'],
  },
}

/** The spec of keys of a purpose, where none is asked for. */
const standardSpecs: Readonly<Record<KeyPurpose, KeySpecName>> = {
  encrypt: 'symmetric-256',
  mac: 'hmac-256',
  sign: 'ed25519',
  agree: 'x25519',
  transport: 'rsa-3072',
  derive: 'symmetric-256',
}

/** What the table says of a spec. @throws `unsupported` for one of a newer release */
export function keySpecEntry(spec: string): KeySpecEntry {
  if (Object.hasOwn(keySpecs, spec)) return keySpecs[spec as KeySpecName]
  throw new KmsError(
    'unsupported',
    `This release knows no keys of spec ${spec}. Upgrade; kms specs shows those it knows.`,
  )
}

/** Whether keys of a spec are pairs. @throws as `keySpecEntry` */
export const isPair = (spec: string): boolean => keySpecEntry(spec).pair

/** What a key is for, and what sort of key it is. */
export interface PurposeAndSpec {
  readonly purpose: KeyPurpose
  readonly spec: KeySpecName
}

/**
 * Purpose and spec of a new key, each completed by the other where one is not given.
 * @throws `invalid-argument` for those there are not, or that do not go together
 */
export function purposeAndSpec(purpose: string = 'encrypt', spec?: string): PurposeAndSpec {
  if (!(keyPurposes as readonly string[]).includes(purpose)) {
    throw new KmsError('invalid-argument', `There is no purpose "${purpose}": ${keyPurposes.join(', ')}.`)
  }
  const of = purpose as KeyPurpose
  if (spec === undefined) return { purpose: of, spec: standardSpecs[of] }
  const fits = Object.entries(keySpecs).filter(([, { purposes }]) => purposes.includes(of))
  if (fits.some(([name]) => name === spec)) return { purpose: of, spec: spec as KeySpecName }
  throw new KmsError('invalid-argument', `Keys to ${purposeVerbs[of]} are of ${fits.map(([name]) => name).join(', ')}.`)
}

/** Purposes that nothing new should have, and why. */
export const deprecatedPurposes: Readonly<Partial<Record<KeyPurpose, string>>> = {
  transport:
    'no forward secrecy: whoever gets the private key later opens all that was ever sent to it. For old systems; take agree',
}

/** What one does with a key of a purpose. */
export const purposeVerbs: Readonly<Record<KeyPurpose, string>> = {
  encrypt: 'encrypt',
  mac: 'authenticate messages',
  sign: 'sign',
  agree: 'agree on keys',
  transport: 'transport keys',
  derive: 'derive keys',
}
