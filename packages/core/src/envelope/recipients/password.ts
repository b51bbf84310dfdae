import type { DerivationOptions, Primitives } from '../../crypto/primitives.ts'
import { Secret } from '../../secret.ts'
import { concat, u32 } from '../bytes.ts'
import { expand } from '../expand.ts'
import { passwordInfo } from '../labels.ts'
import { openLimits } from '../limits.ts'
import type { Opener, Recipient, Stanza } from '../recipient.ts'
import { readRecipient } from '../recipient-layouts.ts'
import { authenticationFailed, invalidArgument } from '../refusals.ts'

// Recipient kind 2: the content key wrapped under a password. Layout: salt 16 ‖ kdf u8 ‖ parameters ‖ AES-256-KW of the content
// key 40; 61 bytes with kdf 1, PBKDF2-HMAC-SHA-256 (RFC 8018 §5.2), whose parameter is iterations u32. Envelope v1 §Mode 2.

/** What writers use unless told otherwise, and no less: OWASP's figure for PBKDF2-HMAC-SHA-256. */
export const pbkdf2Iterations = 600_000

const pbkdf2 = 1

async function kek(
  primitives: Primitives,
  password: Secret,
  salt: Uint8Array,
  iterations: number,
  bound: Uint8Array,
  options: DerivationOptions,
): Promise<Uint8Array> {
  const stretched = await primitives.pbkdf2('SHA-256', password.reveal(), salt, iterations, 32, options)
  const kdfBytes = concat(Uint8Array.of(pbkdf2), u32(iterations))
  try {
    return expand(primitives, stretched, passwordInfo(salt, kdfBytes, bound), 32)
  } finally {
    stretched.fill(0)
  }
}

export interface PasswordRecipientOptions extends DerivationOptions {
  readonly primitives: Primitives
  /** PBKDF2 iterations, 600,000 (the default) to 10,000,000, which is what openers accept by default. */
  readonly iterations?: number
}

/**
 * Seals to a password, with a fresh salt of 16 bytes for each envelope.
 * @param password from `Secret.fromPassword`; stays the caller's, who wipes it
 * @throws `invalid-argument` for iterations out of range or an empty password
 */
export function passwordRecipient(password: Secret, options: PasswordRecipientOptions): Recipient {
  const { primitives, iterations = pbkdf2Iterations } = options
  requirePassword(password)
  if (!Number.isInteger(iterations) || iterations < pbkdf2Iterations || iterations > openLimits.pbkdf2Iterations) {
    throw invalidArgument(`PBKDF2 takes ${pbkdf2Iterations} to ${openLimits.pbkdf2Iterations} iterations.`)
  }
  return {
    kind: 2,
    async wrap(contentKey: Secret, bound: Uint8Array): Promise<Uint8Array> {
      const salt = crypto.getRandomValues(new Uint8Array(16))
      const key = await kek(primitives, password, salt, iterations, bound, options)
      try {
        const wrapped = primitives.keyWrap(key, contentKey.reveal())
        return concat(salt, Uint8Array.of(pbkdf2), u32(iterations), wrapped)
      } finally {
        key.fill(0)
      }
    },
  }
}

export interface PasswordOpenerOptions extends DerivationOptions {
  readonly primitives: Primitives
}

/**
 * Opens what was sealed to a password. Of the kdfs, it runs PBKDF2; how much of it is limited by `OpenLimits`, which the
 * caller of `unwrap` has checked.
 * @param password from `Secret.fromPassword`; stays the caller's, who wipes it
 * @throws `invalid-argument` for an empty password
 */
export function passwordOpener(password: Secret, options: PasswordOpenerOptions): Opener {
  const { primitives } = options
  requirePassword(password)
  return {
    kind: 2,
    /** A password names nobody: any stanza whose kdf it can run may be its own. */
    holds(stanza: Stanza): boolean {
      const fields = readRecipient(stanza)
      return typeof fields !== 'string' && fields.name === 'password' && fields.kdf.kdf === pbkdf2
    },
    async unwrap(stanza: Stanza, bound: Uint8Array): Promise<Secret> {
      const fields = readRecipient(stanza)
      if (typeof fields === 'string' || fields.name !== 'password' || fields.kdf.name !== 'PBKDF2-HMAC-SHA-256') {
        throw authenticationFailed()
      }
      const key = await kek(primitives, password, fields.salt, fields.kdf.iterations, bound, options)
      try {
        return Secret.take(primitives.keyUnwrap(key, fields.wrapped))
      } finally {
        key.fill(0)
      }
    },
  }
}

function requirePassword(password: Secret): void {
  if (!(password instanceof Secret) || password.length === 0) {
    throw invalidArgument('The password is a Secret that was not wiped; Secret.fromPassword makes one.')
  }
}
