import type { DerivationOptions, Primitives } from '../../crypto/primitives.ts'
import { concat } from '../../encoding/bytes.ts'
import { authenticationFailed } from '../../refusals.ts'
import { Secret } from '../../secret.ts'
import { expand } from '../expand.ts'
import { passwordInfo } from '../labels.ts'
import {
  chooseKdf,
  encodeKdf,
  type KnownKdf,
  type PasswordKdf,
  type PasswordKdfName,
  requirePassword,
  stretch,
} from '../password-kdfs.ts'
import type { Opener, Recipient, Stanza } from '../recipient.ts'
import { readRecipient } from '../recipient-layouts.ts'

// Recipient kind 2: the content key wrapped under a password. Layout: salt 16 ‖ kdf u8 ‖ parameters ‖ AES-256-KW of the content
// key 40; 61, 60 or 66 bytes with kdf 1, 2 or 3. Envelope v1 §Mode 2.

async function withKek<T>(
  { primitives, ...options }: PasswordOpenerOptions,
  password: Secret,
  salt: Uint8Array,
  kdf: KnownKdf,
  bound: Uint8Array,
  use: (kek: Uint8Array) => T,
): Promise<T> {
  const stretched = await stretch(primitives, kdf, password.reveal(), salt, options)
  try {
    const kek = expand(primitives, stretched, passwordInfo(salt, encodeKdf(kdf), bound), 32)
    try {
      return use(kek)
    } finally {
      kek.fill(0)
    }
  } finally {
    stretched.fill(0)
  }
}

export interface PasswordOpenerOptions extends DerivationOptions {
  readonly primitives: Primitives
}

export interface PasswordRecipientOptions extends PasswordOpenerOptions {
  /** Argon2id with 64 MiB, 3 passes and 4 lanes unless given. A name stands for its defaults. */
  readonly kdf?: PasswordKdfName | PasswordKdf
}

/**
 * Seals to a password, with a fresh salt of 16 bytes for each envelope.
 * @param password from `Secret.fromPassword`; stays the caller's, who wipes it
 * @throws `invalid-argument` for parameters out of range or an empty password. `wrap` throws `aborted`, and `limit-exceeded` where there
 * is not so much memory.
 */
export function passwordRecipient(password: Secret, { kdf, ...options }: PasswordRecipientOptions): Recipient {
  requirePassword(password)
  const chosen = chooseKdf(kdf ?? 'argon2id')
  return {
    kind: 2,
    async wrap(contentKey: Secret, bound: Uint8Array): Promise<Uint8Array> {
      const salt = crypto.getRandomValues(new Uint8Array(16))
      const wrapped = await withKek(options, password, salt, chosen, bound, (kek) =>
        options.primitives.keyWrap(kek, contentKey.reveal()),
      )
      return concat(salt, encodeKdf(chosen), wrapped)
    },
  }
}

/**
 * Opens what was sealed to a password, with any of the kdfs. How much work that may be is limited by `OpenLimits`, which the
 * caller of `unwrap` has checked.
 * @param password from `Secret.fromPassword`; stays the caller's, who wipes it
 * @throws `invalid-argument` for an empty password
 */
export function passwordOpener(password: Secret, options: PasswordOpenerOptions): Opener {
  requirePassword(password)
  return {
    kind: 2,
    /** A password names nobody: any stanza whose kdf is known may be its own. */
    holds(stanza: Stanza): boolean {
      const fields = readRecipient(stanza)
      return typeof fields !== 'string' && fields.name === 'password' && fields.kdf.name !== 'unknown'
    },
    async unwrap(stanza: Stanza, bound: Uint8Array): Promise<Secret> {
      const fields = readRecipient(stanza)
      if (typeof fields === 'string' || fields.name !== 'password' || fields.kdf.name === 'unknown') {
        throw authenticationFailed()
      }
      const { salt, kdf, wrapped } = fields
      return withKek(options, password, salt, kdf, bound, (kek) =>
        Secret.take(options.primitives.keyUnwrap(kek, wrapped)),
      )
    },
  }
}
