import type { DerivationOptions, Primitives } from '../crypto/primitives.ts'
import { concat, u32 } from '../encoding/bytes.ts'
import { KmsError } from '../errors.ts'
import { invalidArgument } from '../refusals.ts'
import { Secret } from '../secret.ts'
import { kdfCosts } from '../specs/kdf-specs.ts'
import { openLimits, work } from './limits.ts'
import type { Kdf } from './recipient-layouts.ts'

// How a password is stretched (envelope v1 §Mode 2): kdf 1 PBKDF2-HMAC-SHA-256 (RFC 8018 §5.2), 2 scrypt (RFC 7914), 3 Argon2id (RFC 9106).

/** A kdf that this release can run. */
export type KnownKdf = Exclude<Kdf, { readonly name: 'unknown' }>

export type PasswordKdfName = 'argon2id' | 'scrypt' | 'pbkdf2'

/**
 * A kdf with its cost, for writing. What is not given is the default. The least that is written is 19 MiB and 2 passes, 2¹⁷·8·1, or
 * 600,000 iterations; the most is what openers accept unless told otherwise.
 */
export type PasswordKdf =
  | {
      readonly name: 'argon2id'
      /** 19,456 (19 MiB) to 1,048,576 (1 GiB), and times passes 4,194,304 at most; 65,536 (64 MiB) unless given. */
      readonly memoryKiB?: number
      /** 2 or more; 3 unless given. */
      readonly passes?: number
      /** 1 to 16; 4 unless given. */
      readonly lanes?: number
    }
  | {
      readonly name: 'scrypt'
      /** 17 or more; 17 unless given. 128·N·r is 1 GiB at most, and N·r·p 2²⁴. */
      readonly log2N?: number
      /** 8 or more; 8 unless given. */
      readonly r?: number
      /** 1 to 16; 1 unless given. */
      readonly p?: number
    }
  | {
      readonly name: 'pbkdf2'
      /** 600,000 (which it is unless given) to 10,000,000. */
      readonly iterations?: number
    }

const { argon2id, scrypt, 'pbkdf2-hmac-sha256': pbkdf2 } = kdfCosts
const least = { ...argon2id.least, ...scrypt.least, ...pbkdf2.least }

/**
 * A kdf with all its parameters.
 * @throws `invalid-argument` for one out of range, or an unknown name
 */
export function chooseKdf(choice: PasswordKdfName | PasswordKdf): KnownKdf {
  const kdf = withDefaults(typeof choice === 'string' ? { name: choice } : choice)
  for (const [parameter, value] of Object.entries(kdf)) {
    if (parameter === 'name' || parameter === 'kdf') continue
    const from = least[parameter as keyof typeof least]
    if (!Number.isInteger(value) || (value as number) < from) {
      throw invalidArgument(`${kdf.name}: ${parameter} is a whole number of ${from} or more.`)
    }
  }
  for (const [limit, asked] of work(kdf)) {
    if (asked > openLimits[limit]) {
      throw invalidArgument(`${kdf.name}: ${limit} is ${openLimits[limit]} at most, or openers refuse it.`)
    }
  }
  return kdf
}

function withDefaults(choice: PasswordKdf): KnownKdf {
  switch (choice.name) {
    case 'argon2id': {
      const { memory, passes, lanes } = argon2id.keys
      const { memoryKiB = memory } = choice
      return {
        kdf: 3,
        name: 'Argon2id',
        memory: memoryKiB,
        passes: choice.passes ?? passes,
        lanes: choice.lanes ?? lanes,
      }
    }
    case 'scrypt': {
      const { log2N, r, p } = scrypt.keys
      return { kdf: 2, name: 'scrypt', log2N: choice.log2N ?? log2N, r: choice.r ?? r, p: choice.p ?? p }
    }
    case 'pbkdf2':
      return { kdf: 1, name: 'PBKDF2-HMAC-SHA-256', iterations: choice.iterations ?? pbkdf2.keys.iterations }
    default:
      throw invalidArgument('A password is stretched with argon2id, scrypt or pbkdf2.')
  }
}

/** The kdf's number and parameters as a recipient holds them. */
export function encodeKdf(kdf: KnownKdf): Uint8Array {
  switch (kdf.name) {
    case 'PBKDF2-HMAC-SHA-256':
      return concat(Uint8Array.of(kdf.kdf), u32(kdf.iterations))
    case 'scrypt':
      return Uint8Array.of(kdf.kdf, kdf.log2N, kdf.r, kdf.p)
    case 'Argon2id':
      return concat(Uint8Array.of(kdf.kdf), u32(kdf.memory), u32(kdf.passes), Uint8Array.of(kdf.lanes))
  }
}

/**
 * Runs the kdf, whose parameters are within the opener's limits.
 * @returns 32 bytes, which the caller wipes
 * @throws `aborted`; `limit-exceeded` where there is not so much memory, or limits were raised over what `primitives` can do
 */
export async function stretch(
  primitives: Primitives,
  kdf: KnownKdf,
  password: Uint8Array,
  salt: Uint8Array,
  options: DerivationOptions,
): Promise<Uint8Array> {
  try {
    return await derive(primitives, kdf, password, salt, options)
  } catch (error) {
    if (!(error instanceof KmsError) || error.code !== 'invalid-argument') throw error
    throw new KmsError('limit-exceeded', `The envelope asks for more work than can be done here: ${error.message}`, {
      cause: error,
    })
  }
}

function derive(
  primitives: Primitives,
  kdf: KnownKdf,
  password: Uint8Array,
  salt: Uint8Array,
  options: DerivationOptions,
): Promise<Uint8Array> {
  switch (kdf.name) {
    case 'PBKDF2-HMAC-SHA-256':
      return primitives.pbkdf2('SHA-256', password, salt, kdf.iterations, 32, options)
    case 'scrypt':
      return primitives.scrypt(password, salt, kdf, 32, options)
    case 'Argon2id': {
      const { memory: memoryKiB, passes, lanes } = kdf
      return primitives.argon2id(password, salt, { memoryKiB, passes, lanes }, 32, options)
    }
  }
}

/** @throws `invalid-argument` unless it is a `Secret` that was not wiped */
export function requirePassword(password: Secret): void {
  if (!(password instanceof Secret) || password.length === 0) {
    throw invalidArgument('The password is a Secret that was not wiped; Secret.fromPassword makes one.')
  }
}
