import type { DerivationOptions, Primitives } from '../crypto/primitives.ts'
import { type OpenLimits, openLimits } from '../envelope/limits.ts'
import { chooseKdf, type PasswordKdf, type PasswordKdfName, requirePassword } from '../envelope/password-kdfs.ts'
import { KmsError } from '../errors.ts'
import { Secret } from '../secret.ts'
import { checkPhcWork, formatPhc, parsePhc, phcKdf, runPhc } from './phc.ts'

export interface DeriveKeyOptions extends DerivationOptions {
  readonly primitives: Primitives
  /** How much work the parameters may ask for, where that is not `openLimits`. */
  readonly limits?: Partial<OpenLimits>
}

/**
 * How a key is derived from a password, to be stored beside what the key protects: a PHC string that ends with its salt, such as
 * `$pbkdf2-sha256$i=600000$…`. It holds kdf, cost and 16 random bytes of salt, and nothing that was derived, not even a check value: whether
 * the password was right is told by the authenticated encryption that the key is for.
 * @param kdf Argon2id with 64 MiB, 3 passes and 4 lanes unless given (RFC 9106 §4, the second recommended option); `pbkdf2` is
 *   PBKDF2-HMAC-SHA-256 of 600,000 iterations (SP 800-132; OWASP Password Storage Cheat Sheet §PBKDF2)
 * @throws `invalid-argument` for a cost out of range
 */
export function newKeyParams(kdf: PasswordKdfName | PasswordKdf = 'argon2id'): string {
  return formatPhc(phcKdf(chooseKdf(kdf)), crypto.getRandomValues(new Uint8Array(16)))
}

/**
 * A key of 32 bytes from a password: the same from the same password and parameters. It is for one purpose; `deriveKeys` makes keys for several from it.
 * @param password from `Secret.fromPassword`; stays the caller's, who wipes it
 * @param params from `newKeyParams`, stored since
 * @returns the key, which the caller wipes
 * @throws `malformed` or `unsupported` for other parameters, and for the hash of a login password; `limit-exceeded` if they ask for more
 *   work than `limits`, or there is not so much memory; `aborted`; `invalid-argument` for an empty password
 */
export async function deriveKey(password: Secret, params: string, options: DeriveKeyOptions): Promise<Secret> {
  requirePassword(password)
  const { kdf, salt, hash } = parsePhc(params)
  if (hash !== undefined) {
    throw new KmsError(
      'malformed',
      'The string holds the hash of a login password, and the key would be that hash. newKeyParams makes parameters of a key.',
    )
  }
  checkPhcWork(kdf, { ...openLimits, ...options.limits })
  return Secret.take(await runPhc(options.primitives, kdf, password.reveal(), salt, 32, options))
}
