import type { DerivationOptions, Primitives } from '../crypto/primitives.ts'
import { type OpenLimits, openLimits } from '../envelope/limits.ts'
import { chooseKdf, type PasswordKdf, type PasswordKdfName, requirePassword } from '../envelope/password-kdfs.ts'
import { KmsError } from '../errors.ts'
import type { Secret } from '../secret.ts'
import { kdfCosts } from '../specs/kdf-specs.ts'
import { checkPhcWork, formatPhc, type Phc, type PhcKdf, parsePhc, phcKdf, phcLimits, runPhc } from './phc.ts'

export interface HashPasswordOptions extends DerivationOptions {
  readonly primitives: Primitives
  /**
   * What new hashes are made with: Argon2id with 19 MiB, 2 passes and 1 lane unless given (OWASP Password Storage Cheat Sheet
   * §Argon2id). The name `argon2id` alone is that too; scrypt and PBKDF2-HMAC-SHA-256 by name have the defaults of `PasswordKdf`.
   */
  readonly kdf?: PasswordKdfName | PasswordKdf
}

export interface VerifyPasswordOptions extends HashPasswordOptions {
  /** How much work a stored hash may ask for, where that is not `loginLimits`. */
  readonly limits?: Partial<OpenLimits>
}

/** What became of a password that was verified. */
export interface VerifiedPassword {
  readonly ok: boolean
  /** Whether to make a new hash of the password now, since it is here, and to store it. Never where `ok` is false. */
  readonly rehash: boolean
  /** Why `rehash`, for the log. */
  readonly reason?: string
}

/**
 * How much work a stored hash may ask for: 256 MiB of memory, four times that in passes, or 2,000,000 iterations. Less than
 * `openLimits`, since a server verifies many at once.
 */
export const loginLimits: OpenLimits = {
  ...openLimits,
  pbkdf2Iterations: 2_000_000,
  scryptMemory: 2 ** 28,
  scryptWork: 2 ** 22,
  argon2Memory: 2 ** 18,
  argon2Work: 2 ** 20,
}

// Less memory than keys take: many log in at the same time.
const { memory: memoryKiB, ...passesAndLanes } = kdfCosts.argon2id.logins
const loginDefault = { name: 'argon2id', memoryKiB, ...passesAndLanes } as const

const { iterations: sha512Iterations } = kdfCosts['pbkdf2-hmac-sha512'].least

const [saltLength, hashLength] = [16, 32]

/**
 * The hash of a login password, as a PHC string with its own random salt of 16 bytes: what a table of users stores. Keys do not come from it: `deriveKey`
 * makes those.
 * @param password from `Secret.fromPassword`; stays the caller's, who wipes it
 * @returns such as `$argon2id$v=19$m=19456,t=2,p=1$…$…`, up to 120 characters of ASCII
 * @throws `invalid-argument` for a cost out of range or an empty password; `aborted`; `limit-exceeded` where there is not so much memory
 */
export async function hashPassword(password: Secret, options: HashPasswordOptions): Promise<string> {
  requirePassword(password)
  const kdf = wanted(options)
  const salt = crypto.getRandomValues(new Uint8Array(saltLength))
  return formatPhc(kdf, salt, await runPhc(options.primitives, kdf, password.reveal(), salt, hashLength, options))
}

/**
 * Whether a login password is the one that was hashed. Reads the PHC strings of others too: Argon2id, scrypt, PBKDF2-HMAC-SHA-256 and
 * PBKDF2-HMAC-SHA-512. Hashes are compared in constant time.
 * @param password from `Secret.fromPassword`; stays the caller's, who wipes it
 * @param hash up to 512 characters, with a salt of 8 to 64 and a hash of 16 to 64 bytes
 * @throws `malformed` or `unsupported` for what is no such string; `limit-exceeded` if it asks for more work than `limits`; `aborted`; `invalid-argument`
 *   for an empty password
 */
export async function verifyPassword(
  password: Secret,
  hash: string,
  options: VerifyPasswordOptions,
): Promise<VerifiedPassword> {
  requirePassword(password)
  const target = wanted(options)
  const stored = parsePhc(hash)
  const { kdf, salt, hash: expected } = stored
  if (expected === undefined) {
    throw new KmsError('malformed', 'The string ends with its salt: it holds a key derivation (deriveKey), not a hash.')
  }
  checkPhcWork(kdf, { ...loginLimits, ...options.limits })
  const { primitives } = options
  const computed = await runPhc(primitives, kdf, password.reveal(), salt, expected.length, options)
  const ok = primitives.equal(computed, expected)
  computed.fill(0)
  const reason = ok ? weakness(stored, target) : undefined
  return { ok, rehash: reason !== undefined, ...(reason !== undefined && { reason }) }
}

function wanted({ kdf }: HashPasswordOptions): PhcKdf {
  return phcKdf(chooseKdf(kdf === undefined || kdf === 'argon2id' ? loginDefault : kdf))
}

/** What a stored hash falls short of, if anything. More work than is wanted is no shortcoming. */
function weakness({ kdf, salt, hash }: Phc, target: PhcKdf): string | undefined {
  if (kdf.name !== target.name) return `it is made with ${kdf.name}, and new ones with ${target.name}`
  if (costsLess(kdf, target)) return `its cost is less than that of new ones`
  if (salt.length < saltLength) return `its salt has fewer than ${saltLength} bytes`
  if ((hash?.length ?? phcLimits.hash[0]) < hashLength) return `its hash has fewer than ${hashLength} bytes`
  return undefined
}

function costsLess(kdf: PhcKdf, target: PhcKdf): boolean {
  if (kdf.name === 'argon2id' && target.name === 'argon2id') {
    // Memory first, then the whole work (RFC 9106 §4). Lanes are how it is spread.
    return kdf.memoryKiB < target.memoryKiB || kdf.memoryKiB * kdf.passes < target.memoryKiB * target.passes
  }
  if (kdf.name === 'scrypt' && target.name === 'scrypt') {
    const memory = ({ log2N, r }: typeof kdf): number => 2 ** log2N * r
    return memory(kdf) < memory(target) || memory(kdf) * kdf.p < memory(target) * target.p
  }
  if (kdf.name === 'pbkdf2' && target.name === 'pbkdf2') {
    return kdf.iterations < (kdf.hash === 'SHA-512' ? sha512Iterations : target.iterations)
  }
  return true
}
