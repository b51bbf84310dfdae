import type { Primitives } from '../crypto/primitives.ts'
import { refuseWeak } from '../crypto/weak-material.ts'
import { ascii, concat } from '../encoding/bytes.ts'
import { invalidArgument } from '../refusals.ts'
import { Secret } from '../secret.ts'
import { hkdf } from './hkdf.ts'

/** What a derived key is for. One key is never used for two. */
export type DerivedPurpose = 'encryption' | 'authentication' | 'signing'

const purposes: ReadonlySet<string> = new Set<DerivedPurpose>(['encryption', 'authentication', 'signing'])

export interface DeriveKeysOptions {
  readonly primitives: Primitives
  /** Not secret, up to 1,024 bytes: keys of one master secret with different salts are independent (RFC 5869 §3.1). Empty unless given. */
  readonly salt?: Uint8Array
}

const label = ascii('kms1/derive-keys\0')
const leastMaster = 32
const saltLimit = 1_024

/**
 * Several keys of 32 bytes from one master secret, one for each purpose: `HKDF-SHA-512(salt, master, "kms1/derive-keys" ‖ 00 ‖ purpose, 32)` (RFC 5869,
 * SP 800-56C §5). No purpose's key tells anything of another's or of the master, and a purpose's key is the same whichever others are asked for.
 * @param master 32 bytes or more that are random, such as the output of a kdf; a password goes through `deriveKey` first. Stays the caller's, who wipes it
 * @param list one purpose or more, none of them twice
 * @returns a key for each purpose, which the caller wipes
 * @throws `invalid-argument` for a master that is no `Secret`, unknown purposes, or one that is named twice; `weak-key` for a master that is too short, all the
 *   same byte, a repeated pattern, or text
 */
export function deriveKeys<P extends DerivedPurpose>(
  master: Secret,
  list: readonly P[],
  { primitives, salt = new Uint8Array(0) }: DeriveKeysOptions,
): Readonly<Record<P, Secret>> {
  if (!(master instanceof Secret) || master.length === 0) {
    throw invalidArgument(
      'The master is a Secret of random bytes that was not wiped. A password is none: deriveKey makes a key of it.',
    )
  }
  refuseWeak(master.reveal(), 'the master secret', leastMaster)
  if (!Array.isArray(list) || list.length === 0 || !list.every((purpose) => purposes.has(purpose))) {
    throw invalidArgument(`Keys are derived for the purposes ${[...purposes].join(', ')}.`)
  }
  if (new Set(list).size !== list.length) throw invalidArgument('A purpose is named twice: it has one key.')
  if (!(salt instanceof Uint8Array) || salt.length > saltLimit) {
    throw invalidArgument(`The salt is a Uint8Array of ${saltLimit} bytes at most.`)
  }
  const derive = (purpose: P): Secret =>
    Secret.take(
      hkdf('SHA-512', master.reveal(), { primitives, salt, info: concat(label, ascii(purpose)), length: leastMaster }),
    )
  return Object.fromEntries(list.map((purpose) => [purpose, derive(purpose)])) as Record<P, Secret>
}
