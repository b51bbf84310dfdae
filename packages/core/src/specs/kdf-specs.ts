import type { SpecStatus } from './status.ts'

export interface KdfSpec {
  readonly name: string
  /** What goes in: a password, which can be guessed, or a key, which cannot. */
  readonly from: 'password' | 'key'
  /** What it is for. */
  readonly use: string
  /** Where it is weaker than what else there is, or can be used wrongly. */
  readonly weakness: string
  readonly status: SpecStatus
  readonly reason: string
  /** Documents, with their sections. */
  readonly sources: readonly string[]
  /** What new keys and hashes are made with unless told otherwise, and the least that is written. None where nothing can be chosen. */
  readonly cost?: { readonly keys: Cost; readonly logins?: Cost; readonly least: Cost }
}

/** Parameters by name, as PHC strings and envelopes have them. */
type Cost = Readonly<Record<string, number>>

/** What is written; `memory` in KiB. The code takes it from here, as the table does. */
export const kdfCosts = {
  argon2id: {
    keys: { memory: 65_536, passes: 3, lanes: 4 },
    logins: { memory: 19_456, passes: 2, lanes: 1 },
    least: { memory: 19_456, passes: 2, lanes: 1 },
  },
  scrypt: { keys: { log2N: 17, r: 8, p: 1 }, least: { log2N: 17, r: 8, p: 1 } },
  'pbkdf2-hmac-sha256': { keys: { iterations: 600_000 }, least: { iterations: 600_000 } },
  'pbkdf2-hmac-sha512': { keys: { iterations: 210_000 }, least: { iterations: 210_000 } },
} as const

/** Every key derivation function there is here. `kms specs --kdf` prints it. */
export const kdfSpecs: Readonly<Record<'hkdf' | keyof typeof kdfCosts, KdfSpec>> = {
  argon2id: {
    name: 'Argon2id',
    from: 'password',
    use: 'login passwords, and keys from passwords: files, roots, key pairs',
    weakness:
      'takes its memory for each login at once; which of it is touched depends on the password, from half of the first pass on',
    status: 'recommended',
    reason: 'guessing takes memory as well as time, so that special hardware gains little',
    sources: [
      'RFC 9106 §4 (64 MiB, 3 passes, 4 lanes where memory is limited)',
      'OWASP Password Storage Cheat Sheet §Argon2id (19 MiB, 2 passes, 1 lane at least)',
      'BSI TR-02102-1 appendix B, password-based key derivation',
    ],
    cost: kdfCosts.argon2id,
  },
  scrypt: {
    name: 'scrypt',
    from: 'password',
    use: 'the same, where Argon2id is not to be had',
    weakness: 'one number for memory and time together; which memory is touched depends on the password',
    status: 'acceptable',
    reason: 'as hard on memory, but older, and attackers can trade memory for time more cheaply than with Argon2id',
    sources: ['RFC 7914 §2', 'OWASP Password Storage Cheat Sheet §scrypt (N = 2¹⁷, r = 8, p = 1)'],
    cost: kdfCosts.scrypt,
  },
  'pbkdf2-hmac-sha256': {
    name: 'PBKDF2-HMAC-SHA-256',
    from: 'password',
    use: 'the same, where rules ask for an algorithm of NIST, and for exchange with others (Fernet key files)',
    weakness:
      'takes no memory: graphics cards guess thousands of times faster than whoever has the password verifies it',
    status: 'acceptable',
    reason: 'approved by NIST, and there is nothing wrong with it but that guessing is cheap: take a long password',
    sources: [
      'SP 800-132 §5.1 to §5.3',
      'RFC 8018 §5.2',
      'OWASP Password Storage Cheat Sheet §PBKDF2 (600,000 iterations)',
    ],
    cost: kdfCosts['pbkdf2-hmac-sha256'],
  },
  'pbkdf2-hmac-sha512': {
    name: 'PBKDF2-HMAC-SHA-512',
    from: 'password',
    use: 'login passwords that others hashed with it: verified, not made',
    weakness: 'as PBKDF2-HMAC-SHA-256',
    status: 'acceptable',
    reason: 'as good as PBKDF2-HMAC-SHA-256 of three times the iterations; one of the two is enough to write',
    sources: ['SP 800-132 §5.3', 'OWASP Password Storage Cheat Sheet §PBKDF2 (210,000 iterations)'],
    cost: kdfCosts['pbkdf2-hmac-sha512'],
  },
  hkdf: {
    name: 'HKDF-SHA-256, -384, -512',
    from: 'key',
    use: 'several keys from one, by purpose, and keys from a shared secret',
    weakness: 'fast, so no protection at all for a password: refused here',
    status: 'recommended',
    reason: 'proven for inputs with enough randomness; labels keep purposes apart',
    sources: ['RFC 5869 §2', 'SP 800-56C rev. 2 §5'],
  },
}
